//! What a commit's caller can do before the writer takes it: packing texts, finding out what an edit moves.

use crate::model::{Item, ItemNumber, Key, KnownLink, SourceId, SourceState, Timestamp};
use crate::store::journal::Old;
use crate::store::placing::{self, Placement};
use crate::store::sled::Generation;
use crate::store::{Changes, Error, LinkChange, Target};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A commit, ready for the writer.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) source: SourceId,
    pub(super) at: Timestamp,
    pub(super) state: Option<Box<SourceState>>,
    pub(super) listed: Option<Vec<Target>>,
    pub(super) new_items: Vec<PreparedItem>,
    pub(super) edits: Vec<PreparedEdit>,
    pub(super) links: Vec<LinkChange>,
    pub(super) rests_on: Vec<(Key, Option<KnownLink>)>,
    /// The items edited, each of the version that was read.
    pub(super) versions: Vec<(ItemNumber, u64)>,
}

/// A new item, packed.
#[derive(Debug)]
pub(super) struct PreparedItem {
    pub(super) blob: Vec<u8>,
    pub(super) placed: Arc<Placement>,
}

/// An edit that changes something, packed.
#[derive(Debug)]
pub(super) struct PreparedEdit {
    pub(super) number: ItemNumber,
    pub(super) version: u64,
    pub(super) blob: Vec<u8>,
    pub(super) placed: Arc<Placement>,
    /// What it replaces.
    pub(super) old: Old,
    /// How many lists it was in before.
    pub(super) lines_before: usize,
}

/// The packed texts of a commit.
#[derive(Debug, Default)]
pub(super) struct Texts {
    new_items: Vec<PreparedItem>,
    edits: Vec<PreparedEdit>,
}

/// Packs what a commit brings. `Error::Conflict` when an edited item is not there any more.
pub(super) fn texts(changes: &Changes, generation: &Generation) -> Result<Texts, Error> {
    let mut texts = Texts::default();
    for item in &changes.new_items {
        texts.new_items.push(PreparedItem {
            blob: generation.packing().pack(item)?,
            placed: Arc::new(Placement::of(item)),
        });
    }
    let latest: BTreeMap<ItemNumber, &Item> = changes
        .edits
        .iter()
        .map(|edit| (edit.number, &edit.item))
        .collect();
    for (number, item) in latest {
        texts.edits.extend(prepare_edit(number, item, generation)?);
    }
    Ok(texts)
}

/// The commit with its texts packed.
pub(super) fn prepare(changes: Changes, texts: Texts) -> Prepared {
    let versions = changes
        .edits
        .iter()
        .map(|edit| (edit.number, edit.version))
        .collect();
    let state = changes.state.map(|state| {
        Box::new(SourceState {
            listed: Vec::new(),
            ..state
        })
    });
    Prepared {
        source: changes.source,
        at: changes.at,
        state,
        listed: changes.listed,
        new_items: texts.new_items,
        edits: texts.edits,
        links: changes.links,
        rests_on: changes.rests_on,
        versions,
    }
}

/// `None` when the item is already so. The version it finds is the one that `versions` must name.
fn prepare_edit(
    number: ItemNumber,
    item: &Item,
    generation: &Generation,
) -> Result<Option<PreparedEdit>, Error> {
    let (stored, length) = generation.sized_item(number)?.ok_or(Error::Conflict)?;
    let item = Item {
        surfaced: stored.item.surfaced,
        ..item.clone()
    };
    if item == *stored.item {
        return Ok(None);
    }
    let placed = Placement::of(&item);
    let before = placing::channels(&stored.item);
    let left = before.difference(&placed.channels).cloned().collect();
    Ok(Some(PreparedEdit {
        number,
        version: stored.version,
        blob: generation.packing().pack(&item)?,
        placed: Arc::new(placed),
        old: Old {
            version: stored.version,
            length,
            left,
        },
        lines_before: before.len(),
    }))
}
