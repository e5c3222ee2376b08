//! From the store's lists to drafts of documents.
//!
//! Reading the store is asynchronous; all work on text is done by [`compose`], which belongs on a thread for
//! such work. Entries are made once for each version of an item and shared by the channels that hold it.

use super::archive::{Chain, MOST_TEXT_BYTES};
use super::channel::{Form, Subject};
use super::document::Draft;
use super::edition::Edition;
use super::entry::Entry;
use super::error::Error;
use super::render;
use super::selection::{self, Bounds};
use super::standing::Standing;
use super::view::View;
use crate::model::{FeedHead, ItemNumber, SourceId};
use crate::store::{self, Listing, Store, StoreIdentity, StoredItem};
use std::collections::HashMap;
use std::sync::Arc;

/// Entries at hand, by number, each with its version.
pub(crate) type Entries = HashMap<ItemNumber, (u64, Arc<Entry>)>;

/// The leading sources of items, as far as they were asked for.
pub(crate) type Leads = HashMap<ItemNumber, SourceId>;

/// The lines of the list that stand in the subject's documents now.
pub(crate) async fn choose(
    store: &dyn Store,
    subject: &Subject,
    view: &View,
    leads: &mut Leads,
) -> Result<Vec<Listing>, store::Error> {
    let bounds = bounds(subject, view);
    let lines = read_list(store, subject, bounds).await?;
    loop {
        let wanted = match selection::choose(&lines, bounds, leads) {
            Ok(chosen) => return Ok(chosen),
            Err(wanted) => wanted.0,
        };
        let items = store.items(&wanted).await?;
        for (number, item) in wanted.into_iter().zip(items) {
            // One that was purged in between, or that nobody carried, counts for no source in particular.
            let lead = item.and_then(|stored| stored.item.carriers.first().map(|carrier| carrier.source));
            leads.insert(number, lead.unwrap_or(SourceId(u32::MAX)));
        }
    }
}

fn bounds(subject: &Subject, view: &View) -> Bounds {
    let per_source = match subject {
        Subject::River => view.per_source,
        Subject::Category(name) => match view.category(name).map(|category| category.per_source) {
            None | Some(0) => view.per_source,
            Some(own) => own,
        },
        Subject::Source(..) | Subject::Hot(_) => 0,
    };
    Bounds {
        items: view.items,
        window: view.window,
        per_source,
    }
}

async fn read_list(
    store: &dyn Store,
    subject: &Subject,
    bounds: Bounds,
) -> Result<Vec<Listing>, store::Error> {
    let channel = subject.channel();
    let mut page = bounds.first_page();
    let mut lines: Vec<Listing> = Vec::new();
    loop {
        let before = lines.last().map(Listing::cursor);
        let read = store.list(&channel, before, page).await?;
        let is_end = read.len() < page;
        lines.extend(read);
        if is_end || !bounds.wants_more(&lines) {
            return Ok(lines);
        }
        page = 500;
    }
}

/// An entry that is at hand, or what it is to be made of.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    /// Made before from this version.
    Known(ItemNumber, u64, Arc<Entry>),
    /// To be made.
    Fresh(StoredItem),
}

/// The pieces of these lines; those purged in between are left out.
pub(crate) async fn gather(
    store: &dyn Store,
    lines: &[Listing],
    known: &Entries,
) -> Result<Vec<Piece>, store::Error> {
    let at_hand = |line: &Listing| match known.get(&line.number) {
        Some((version, entry)) if *version == line.version => Some(Arc::clone(entry)),
        _ => None,
    };
    let missing: Vec<ItemNumber> = lines
        .iter()
        .filter(|line| at_hand(line).is_none())
        .map(|line| line.number)
        .collect();
    let mut read = store.items(&missing).await?.into_iter();
    let mut pieces = Vec::with_capacity(lines.len());
    for line in lines {
        match at_hand(line) {
            Some(entry) => pieces.push(Piece::Known(line.number, line.version, entry)),
            None => pieces.extend(read.next().flatten().map(Piece::Fresh)),
        }
    }
    Ok(pieces)
}

/// What an edition is made of.
#[derive(Clone, Debug)]
pub(crate) struct Copy {
    pub(crate) subject: Subject,
    pub(crate) view: Arc<View>,
    pub(crate) identity: StoreIdentity,
    pub(crate) head: Option<FeedHead>,
    pub(crate) chain: Chain,
    pub(crate) pieces: Vec<Piece>,
    /// Where the stories of a ranking's items stand.
    pub(crate) standings: HashMap<ItemNumber, Standing>,
}

/// Makes the entries that are missing and writes the documents of these forms.
///
/// A channel's own documents carry [`MOST_TEXT_BYTES`] of text whole; what stands further down is shown in short, so
/// that a source with endless articles fills neither the memory nor a reader's line. It stands whole in the archive,
/// which is cut by the same measure.
pub(crate) fn compose(copy: Copy, forms: &[Form]) -> Result<(Entries, Vec<Draft>), Error> {
    let Copy {
        subject,
        view,
        identity,
        head,
        chain,
        pieces,
        standings,
    } = copy;
    let mut made = Entries::with_capacity(pieces.len());
    let mut entries = Vec::with_capacity(pieces.len());
    let mut text_bytes = 0;
    for piece in pieces {
        let (number, version, entry) = match piece {
            Piece::Known(number, version, entry) => (number, version, entry),
            Piece::Fresh(stored) => {
                let entry = Arc::new(Entry::new(&stored, &view, &identity));
                (stored.number, stored.version, entry)
            }
        };
        text_bytes += entry.text_bytes();
        let shown = if text_bytes > MOST_TEXT_BYTES && chain.volume.is_none() {
            Arc::new(entry.in_short())
        } else {
            made.insert(number, (version, Arc::clone(&entry)));
            entry
        };
        entries.push(match standings.get(&number) {
            Some(standing) => Arc::new(shown.ranked(*standing, &view.language)),
            None => shown,
        });
    }
    let edition = Edition::new(subject, view, head.as_ref(), &identity, chain, entries);
    let drafts = forms
        .iter()
        .map(|form| render::draft(&edition, *form))
        .collect::<Result<_, _>>()?;
    Ok((made, drafts))
}
