//! What each request writes, decided on the writer's thread, where nothing else changes meanwhile.
//!
//! A plan is made of what sled and the writer's memory say and changes neither: it is carried out when its
//! record is durable.

use super::prepare::Prepared;
use crate::model::{ItemNumber, Key, SourceId, Timestamp};
use crate::store::coding::{self, Numbers};
use crate::store::journal::{Old, Op, Record, Tally};
use crate::store::naming::{Enrolled, Roll};
use crate::store::placing;
use crate::store::sled::Generation;
use crate::store::{Channel, Error, Receipt, Registered, SourceClaim, Target};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// What a plan is made of.
pub(super) struct Ground<'a> {
    pub(super) generation: &'a Generation,
    pub(super) roll: &'a Roll,
    /// How many active sources list each item.
    pub(super) holders: &'a HashMap<ItemNumber, u32>,
    /// Item numbers given so far, those of earlier plans of the group included.
    pub(super) allocated: u64,
}

/// What one request writes and changes.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) record: Record,
    /// Items that one more active source lists, or one fewer.
    pub(super) gained: Vec<ItemNumber>,
    pub(super) lost: Vec<ItemNumber>,
    /// Item numbers given, this plan's included.
    pub(super) allocated: u64,
    /// What there is more of.
    pub(super) gain: Gain,
    /// The source whose turn is over.
    pub(super) released: Option<SourceId>,
    /// The new roll.
    pub(super) roll: Option<Roll>,
}

/// By how much the counts change.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gain {
    items: i64,
    live_bytes: i64,
    lines: i64,
}

impl Gain {
    fn count(&mut self, bytes: usize, lines: usize) {
        self.live_bytes += i64::try_from(bytes).unwrap_or_default();
        self.lines += i64::try_from(lines).unwrap_or_default();
    }

    fn discount(&mut self, bytes: u64, lines: usize) {
        self.live_bytes -= i64::try_from(bytes).unwrap_or_default();
        self.lines -= i64::try_from(lines).unwrap_or_default();
    }

    /// The counts after this.
    pub(super) fn apply(self, tally: Tally) -> Tally {
        Tally {
            items: tally.items.saturating_add_signed(self.items),
            live_bytes: tally.live_bytes.saturating_add_signed(self.live_bytes),
            lines: tally.lines.saturating_add_signed(self.lines),
        }
    }
}

/// What a plan rests on or changes: two plans of one group must not share any of it.
#[derive(Debug, Default)]
pub(super) struct Touched {
    keys: HashSet<Key>,
    items: HashSet<ItemNumber>,
    sources: HashSet<SourceId>,
}

impl Touched {
    /// Another request that shares something must wait for the next group.
    pub(super) fn meets(&self, prepared: &Prepared, plan: &Plan) -> bool {
        self.sources.contains(&prepared.source)
            || keys_of(prepared).any(|key| self.keys.contains(&key))
            || items_of(prepared, plan).any(|item| self.items.contains(&item))
    }

    /// Adds what a plan touches.
    pub(super) fn add(&mut self, prepared: &Prepared, plan: &Plan) {
        self.sources.insert(prepared.source);
        self.keys.extend(keys_of(prepared));
        self.items.extend(items_of(prepared, plan));
    }
}

fn keys_of(prepared: &Prepared) -> impl Iterator<Item = Key> {
    let rests = prepared.rests_on.iter().map(|(key, _)| *key);
    rests.chain(prepared.links.iter().map(|change| change.key))
}

fn items_of(prepared: &Prepared, plan: &Plan) -> impl Iterator<Item = ItemNumber> {
    let edited = prepared.versions.iter().map(|(number, _)| *number);
    edited
        .chain(plan.gained.iter().copied())
        .chain(plan.lost.iter().copied())
}

/// Plans a commit. `Error::Conflict` when something it rests on is not so any more.
pub(super) fn commit(prepared: &Prepared, ground: &Ground) -> Result<(Plan, Receipt), Error> {
    check(prepared, ground.generation)?;
    let mut plan = Plan {
        allocated: ground.allocated,
        released: Some(prepared.source),
        ..Plan::default()
    };
    let mut receipt = Receipt::default();
    let mut touched = BTreeSet::new();
    for item in &prepared.new_items {
        plan.allocated += 1;
        let number = ItemNumber(plan.allocated);
        receipt.numbers.push(number);
        touched.extend(item.placed.channels.iter().cloned());
        plan.record.push_item(number, 1, &item.blob, None);
        plan.record.placed.push(Arc::clone(&item.placed));
        plan.gain.items += 1;
        plan.gain.count(item.blob.len(), item.placed.channels.len());
    }
    for edit in &prepared.edits {
        touched.extend(edit.placed.channels.iter().cloned());
        touched.extend(edit.old.left.iter().cloned());
        let old = Some(edit.old.clone());
        plan.record
            .push_item(edit.number, edit.version + 1, &edit.blob, old);
        plan.record.placed.push(Arc::clone(&edit.placed));
        plan.gain.count(edit.blob.len(), edit.placed.channels.len());
        plan.gain.discount(edit.old.length, edit.lines_before);
    }
    receipt.touched = touched.into_iter().collect();
    plan_links(prepared, &receipt.numbers, ground, &mut plan)?;
    plan_list(prepared, &receipt.numbers, ground, &mut plan)?;
    if let Some(state) = &prepared.state {
        plan.record.ops.push(Op::State(prepared.source, state.clone()));
    }
    Ok((plan, receipt))
}

fn check(prepared: &Prepared, generation: &Generation) -> Result<(), Error> {
    for (key, expected) in &prepared.rests_on {
        if generation.known(*key)? != *expected {
            return Err(Error::Conflict);
        }
    }
    for (number, expected) in &prepared.versions {
        if generation.version(*number)? != Some(*expected) {
            return Err(Error::Conflict);
        }
    }
    let is_current =
        |edit: &super::prepare::PreparedEdit| prepared.versions.contains(&(edit.number, edit.version));
    if prepared.edits.iter().all(is_current) {
        Ok(())
    } else {
        Err(Error::Conflict)
    }
}

fn number_of(target: Target, new: &[ItemNumber]) -> Option<ItemNumber> {
    match target {
        Target::Known(number) => Some(number),
        Target::New(index) => new.get(index).copied(),
    }
}

/// Links that say what is already known are not written again.
fn plan_links(
    prepared: &Prepared,
    new: &[ItemNumber],
    ground: &Ground,
    plan: &mut Plan,
) -> Result<(), Error> {
    let read: HashMap<Key, &Option<_>> = prepared.rests_on.iter().map(|(key, link)| (*key, link)).collect();
    let mut links = BTreeMap::new();
    for change in &prepared.links {
        if let Some(item) = number_of(change.target, new) {
            let mut link = change.link.clone();
            link.item = item;
            links.insert(change.key, link);
        }
    }
    for (key, link) in links {
        let is_known = match read.get(&key) {
            Some(known) => known.as_ref() == Some(&link),
            None => ground.generation.known(key)?.as_ref() == Some(&link),
        };
        if !is_known {
            plan.record.push_link(key, coding::link_bytes(&link));
        }
    }
    Ok(())
}

/// What the source lists now, and which items that makes age or stop ageing. A list that is as it was is not
/// written again.
fn plan_list(prepared: &Prepared, new: &[ItemNumber], ground: &Ground, plan: &mut Plan) -> Result<(), Error> {
    let mut list = None;
    if let Some(targets) = &prepared.listed {
        let mut seen = HashSet::new();
        let numbers = targets.iter().filter_map(|target| number_of(*target, new));
        let numbers: Vec<ItemNumber> = numbers.filter(|number| seen.insert(*number)).collect();
        let before = ground.generation.listed(prepared.source)?;
        if numbers != before {
            if ground.roll.is_active(prepared.source) {
                let old: HashSet<ItemNumber> = before.iter().copied().collect();
                plan.gained = numbers
                    .iter()
                    .filter(|number| !old.contains(number))
                    .copied()
                    .collect();
                plan.lost = before
                    .iter()
                    .filter(|number| !seen.contains(number))
                    .copied()
                    .collect();
            }
            list = Some(numbers);
        }
    }
    let is_held = |number: &ItemNumber| ground.holders.contains_key(number);
    let first_new = ground.allocated;
    let held = plan
        .gained
        .iter()
        .filter(|number| number.0 <= first_new && !is_held(number))
        .copied()
        .collect();
    let mut left = Vec::new();
    for number in &plan.lost {
        let was_alone = ground.holders.get(number).is_none_or(|count| *count <= 1);
        if was_alone && (new.contains(number) || ground.generation.version(*number)?.is_some()) {
            left.push(*number);
        }
    }
    let gained: HashSet<ItemNumber> = plan.gained.iter().copied().collect();
    left.extend(
        new.iter()
            .filter(|number| !gained.contains(number) && !is_held(number)),
    );
    if let Some(numbers) = list {
        plan.record
            .ops
            .push(Op::Listed(prepared.source, Numbers(numbers)));
    }
    push_ageing(&mut plan.record, prepared.at, left, held);
    Ok(())
}

fn push_ageing(record: &mut Record, at: Timestamp, left: Vec<ItemNumber>, held: Vec<ItemNumber>) {
    if !left.is_empty() {
        record.ops.push(Op::Left(at, Numbers(left)));
    }
    if !held.is_empty() {
        record.ops.push(Op::Held(Numbers(held)));
    }
}

/// Plans a registration.
pub(super) fn register(
    claims: &[SourceClaim],
    now: Timestamp,
    ground: &Ground,
) -> Result<(Plan, Vec<Registered>), Error> {
    let mut roll = ground.roll.clone();
    let registered = roll.register(claims);
    let mut plan = Plan {
        allocated: ground.allocated,
        ..Plan::default()
    };
    let before: HashMap<SourceId, &Enrolled> = ground
        .roll
        .iter()
        .map(|enrolled| (enrolled.registered.id, enrolled))
        .collect();
    for enrolled in roll.iter() {
        let id = enrolled.registered.id;
        if before.get(&id) == Some(&enrolled) {
            continue;
        }
        plan.record.ops.push(Op::Source(enrolled.clone()));
        match (ground.roll.is_active(id), enrolled.registered.is_active) {
            (false, true) => plan.gained.extend(ground.generation.listed(id)?),
            (true, false) => plan.lost.extend(ground.generation.listed(id)?),
            _ => {}
        }
    }
    let mut change: BTreeMap<ItemNumber, i64> = BTreeMap::new();
    for number in &plan.gained {
        *change.entry(*number).or_default() += 1;
    }
    for number in &plan.lost {
        *change.entry(*number).or_default() -= 1;
    }
    let (mut left, mut held) = (Vec::new(), Vec::new());
    for (number, change) in change {
        let holders = i64::from(ground.holders.get(&number).copied().unwrap_or_default());
        if holders > 0 && holders + change <= 0 && ground.generation.version(number)?.is_some() {
            left.push(number);
        } else if holders == 0 && change > 0 {
            held.push(number);
        }
    }
    push_ageing(&mut plan.record, now, left, held);
    plan.roll = Some(roll);
    Ok((plan, registered))
}

/// Plans the leaving of items: those of `numbers` that are there and, when there is a deadline, have been listed
/// by nobody since then. Answers how many, and the channels they leave.
pub(super) fn purge(
    numbers: &[ItemNumber],
    deadline: Option<Timestamp>,
    ground: &Ground,
) -> Result<(Plan, usize, BTreeSet<Channel>), Error> {
    let mut plan = Plan {
        allocated: ground.allocated,
        ..Plan::default()
    };
    let mut touched = BTreeSet::new();
    for number in numbers {
        if let Some(deadline) = deadline {
            let left = ground.generation.left(*number)?;
            if left.is_none_or(|left| left > deadline) {
                continue;
            }
        }
        if let Some((stored, length)) = ground.generation.sized_item(*number)? {
            let left: Vec<Channel> = placing::channels(&stored.item).into_iter().collect();
            touched.extend(left.iter().cloned());
            plan.gain.items -= 1;
            plan.gain.discount(length, left.len());
            plan.record.ops.push(Op::Gone {
                number: *number,
                surfaced: stored.item.surfaced,
                old: Old {
                    version: stored.version,
                    length,
                    left,
                },
            });
        }
    }
    let purged = plan.record.ops.len();
    Ok((plan, purged, touched))
}
