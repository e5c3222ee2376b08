//! The bounded cache of documents made on demand.
//!
//! The least recently asked for leave when the bytes outgrow the bound. Each entry says on what it rests; an
//! entry that rests on something older than what is asked with is not given out, but its document can still be
//! taken up again when the new bytes turn out the same.

use super::document::Document;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// On what a document rests: another value means that it must be looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Basis {
    /// Counts the views.
    pub(crate) view: u64,
    /// Counts the changes of its list.
    pub(crate) list: u64,
    /// Digest of what else it shows: what its source says of itself, the lines of its month.
    pub(crate) head: u64,
}

/// Documents by path.
#[derive(Debug)]
pub(crate) struct Cache {
    bound_bytes: usize,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    by_path: HashMap<String, Kept>,
    /// By the turn at which each was last asked for.
    by_turn: BTreeMap<u64, String>,
    turn: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Kept {
    document: Arc<Document>,
    basis: Basis,
    turn: u64,
}

impl Cache {
    pub(crate) fn new(bound_bytes: usize) -> Self {
        Self {
            bound_bytes,
            inner: Mutex::default(),
        }
    }

    /// The document at this path with what it rests on.
    pub(crate) fn get(&self, path: &str) -> Option<(Arc<Document>, Basis)> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.turn += 1;
        let turn = inner.turn;
        let kept = inner.by_path.get_mut(path)?;
        let earlier = std::mem::replace(&mut kept.turn, turn);
        let answer = (Arc::clone(&kept.document), kept.basis);
        if let Some(path) = inner.by_turn.remove(&earlier) {
            inner.by_turn.insert(turn, path);
        }
        Some(answer)
    }

    /// Keeps a document, in place of any other at its path; one that is larger than the whole bound is not kept.
    pub(crate) fn put(&self, document: Arc<Document>, basis: Basis) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let path = document.path().to_owned();
        inner.remove(&path);
        if document.weight() > self.bound_bytes {
            return;
        }
        inner.turn += 1;
        let turn = inner.turn;
        inner.bytes += document.weight();
        inner.by_turn.insert(turn, path.clone());
        inner.by_path.insert(
            path,
            Kept {
                document,
                basis,
                turn,
            },
        );
        while inner.bytes > self.bound_bytes {
            let Some((_, oldest)) = inner.by_turn.pop_first() else {
                break;
            };
            inner.remove(&oldest);
        }
    }
}

impl Inner {
    fn remove(&mut self, path: &str) {
        if let Some(kept) = self.by_path.remove(path) {
            self.by_turn.remove(&kept.turn);
            self.bytes -= kept.document.weight();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::document::Draft;
    use super::*;
    use crate::model::Timestamp;

    const BASIS: Basis = Basis {
        view: 1,
        list: 1,
        head: 1,
    };

    fn document(path: &str, size: usize) -> Arc<Document> {
        let draft = Draft::new(path.into(), "text/plain", vec![b'x'; size]);
        Arc::new(Document::new(draft, Timestamp::default()))
    }

    #[test]
    fn the_least_recently_asked_for_leaves() {
        let cache = Cache::new(3 * document("/", 1000).weight());
        for path in ["/a", "/b", "/c"] {
            cache.put(document(path, 1000), BASIS);
        }
        assert!(cache.get("/a").is_some());
        cache.put(document("/d", 1000), BASIS);
        assert!(cache.get("/b").is_none());
        for path in ["/a", "/c", "/d"] {
            assert!(cache.get(path).is_some(), "{path}");
        }
    }

    #[test]
    fn what_outgrows_the_bound_is_not_kept() {
        let cache = Cache::new(10_000);
        cache.put(document("/a", 10), BASIS);
        cache.put(document("/big", 50_000), BASIS);
        assert!(cache.get("/big").is_none());
        assert!(cache.get("/a").is_some());
    }

    #[test]
    fn a_document_replaces_the_one_at_its_path() {
        let cache = Cache::new(100_000);
        cache.put(document("/a", 10), BASIS);
        let other = Basis { list: 2, ..BASIS };
        cache.put(document("/a", 20), other);
        let (document, basis) = cache.get("/a").unwrap();
        assert_eq!((document.identity().len(), basis), (20, other));
    }
}
