//! What filters kept out of a source's newest document: a note of the store, for whoever asks why something is no item.

use super::Poller;
use crate::model::{Dropped, Source, SourceId, in_words};
use crate::store::{Error, Note, Store};

/// So many entries are told with their reasons.
const MOST: usize = 20;

fn name(source: SourceId) -> String {
    format!("dropped/{:010}", source.0)
}

/// What filters kept out of a source's newest document, at most twenty entries in its order.
pub async fn dropped(store: &dyn Store, source: SourceId) -> Result<Vec<Dropped>, Error> {
    let notes = store.notes(&name(source)).await?;
    let read = |note: &Note| postcard::from_bytes(&note.bytes).ok();
    Ok(notes.first().and_then(read).unwrap_or_default())
}

impl Poller {
    /// Remembers what was kept out just now, and nothing of what was before.
    pub(super) async fn remember_dropped(&self, source: &Source, kept_out: Vec<(usize, Dropped)>) {
        let now: Vec<Dropped> = kept_out
            .into_iter()
            .take(MOST)
            .map(|(_, dropped)| dropped)
            .collect();
        // The items are safe by now: that the reasons are not kept costs an answer of `why`, and no poll.
        if let Err(error) = self.replace_dropped(source.id, &now).await {
            tracing::warn!(source.name = %source.name, "what was dropped is not remembered: {}", in_words(&error));
        }
    }

    async fn replace_dropped(&self, source: SourceId, now: &[Dropped]) -> Result<(), Error> {
        if dropped(&*self.store, source).await? == now {
            return Ok(());
        }
        let bytes = if now.is_empty() {
            Vec::new()
        } else {
            postcard::to_stdvec(now).unwrap_or_default()
        };
        let name = name(source);
        self.store.note(vec![Note { name, bytes }]).await
    }
}
