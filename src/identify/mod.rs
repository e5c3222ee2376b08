//! New, changed, known, or the same as another source's?
//!
//! An entry is recognized, in this order, by its guid within its source, by its canonical address within its
//! source, and, where neither tells it apart, by its title and text. What is new to its source may be an item that
//! another source brought: the same canonical address, or the same id where that is a URI of the whole world.
//!
//! No key is believed blindly. A guid that comes with another link, another title and another text names another
//! article; a key that has named three titles names none any more; what several entries of one document share
//! tells none of them apart, and an item that stands there unchanged is that entry, whatever others share a key with
//! it: the same document again changes nothing. In doubt an entry is new: an item shown twice is mended, an item lost
//! is not.
//!
//! Nothing is opened or awaited here. The caller computes [`keys`], asks the store what is known under them, asks
//! [`questions`] which items' texts are needed besides, and gets from [`decide`] a verdict for each entry with what
//! is to be remembered. Whether the item's own words or another source's lead is the caller's to know: an update
//! from a source that does not lead an item changes none of its words.

pub mod canonical;
mod change;
mod decide;
mod document;
mod key;
mod likeness;
mod remember;
mod rewrite;

pub use decide::{decide, decide_by, questions};
pub use document::Texts;
pub use key::{Keys, key_of_address, key_of_id, keys, rewritten_keys};
pub use rewrite::{Rewriter, Written};

use crate::model::{ItemNumber, Key, KnownLink, Reason};
use std::collections::HashMap;

/// What the store knows about the entries of one document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// Under each key, where anything is known.
    pub links: HashMap<Key, KnownLink>,
    /// Of the items that [`questions`] asked for; one that was purged is absent.
    pub texts: HashMap<ItemNumber, KnownText>,
}

/// What an item says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownText {
    /// Plain text.
    pub title: String,
    /// Plain text of its content, else of its summary.
    pub text: String,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// An item of its own, not seen before.
    New,
    /// This item, unchanged.
    Known(ItemNumber),
    /// This item, changed.
    Update {
        /// Which.
        item: ItemNumber,
        /// Title or text say something they never said before: `updated` moves.
        is_telling: bool,
    },
    /// Another source's item: this source carries it too.
    Duplicate(ItemNumber),
    /// An earlier entry of this very document, by its place in it.
    SameAs(usize),
}

/// The verdict on one entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// What it is.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// Its own id already names another item: a new item needs one of ours.
    pub own_id_is_taken: bool,
    /// What to remember under which key. `item` is to be filled in for [`Verdict::New`].
    pub links: Vec<(Key, KnownLink)>,
    /// The keys whose being known or unknown the verdict rests on; empty when nothing is to be written.
    pub rests_on: Vec<Key>,
}

#[cfg(test)]
mod tests;
