//! What is remembered, over a restart: the file, and the making from stored items.

use super::super::reprints::rewrite;
use super::super::word::{number_of, words};
use super::{Recall, Remembered};
use crate::cluster::{Read, WINDOW};
use crate::html;
use crate::model::word::Verdict;
use crate::model::{Item, ItemNumber, Timestamp, in_words};
use crate::store::{Error, Store};
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// What the file begins with: another form, or other rules of comparing, need another number.
const MARK: &[u8; 16] = b"newsriver recall";
const FORM: u32 = 4;

/// The file is written after so many new articles.
const UNSAVED: usize = 20_000;

/// Bytes that are written at once.
const BUFFER: usize = 256 * 1024;

/// Items read at once.
const BATCH: u64 = 256;

impl Recall {
    /// The file, and what the store has besides.
    pub(super) async fn load(&self, store: &dyn Store) -> Result<(), Error> {
        let read = self.file.as_deref().and_then(read);
        let mut remembered = read.unwrap_or_default();
        let newest = newest(store).await?;
        if remembered.last.0 > newest {
            // Of another store.
            remembered = Remembered::default();
        }
        let (learned, pairs) = remember(&mut remembered, store, newest).await?;
        // What a kill left undone, or was stored before items said so.
        rewrite(store, &pairs, Timestamp::default(), |item| item.is_shared = true).await?;
        obey(&mut remembered, store).await?;
        let mut state = self.state();
        state.remembered = remembered;
        state.unsaved = learned;
        Ok(())
    }

    /// The file is as it was written, or not there.
    pub(in crate::poll) fn check(&self) -> Result<(), String> {
        match &self.file {
            Some(file) if file.exists() && read(file).is_none() => Err(format!(
                "{} is damaged, or of another version; it is made again from the items at the next start",
                file.display()
            )),
            _ => Ok(()),
        }
    }

    /// Makes all of it again from the stored items, and writes the file.
    pub(in crate::poll) async fn remake(&self, store: &dyn Store) -> Result<(), Error> {
        // A first poll that waits for it finds it made.
        self.make(store).await?;
        let mut remembered = Remembered::default();
        let newest = newest(store).await?;
        let (learned, pairs) = remember(&mut remembered, store, newest).await?;
        rewrite(store, &pairs, Timestamp::default(), |item| item.is_shared = true).await?;
        obey(&mut remembered, store).await?;
        {
            let mut state = self.state();
            state.remembered = remembered;
            state.unsaved = learned.max(1);
        }
        self.save();
        Ok(())
    }

    /// Writes the file when enough has come together.
    pub(super) fn save_when_due(&self) {
        if self.state().unsaved >= UNSAVED {
            self.save();
        }
    }

    /// Writes the file, if anything is new. A failure is told and costs nothing but time at the next start.
    pub fn save(&self) {
        let Some(file) = &self.file else { return };
        if self.state().unsaved == 0 {
            return;
        }
        let written = write(file, |out| {
            let mut state = self.state();
            state.unsaved = 0;
            postcard::to_io(&state.remembered, out)
                .map(|_| ())
                .map_err(io::Error::other)
        });
        if let Err(error) = written {
            tracing::warn!(path = %file.display(), error = in_words(&error), "what is remembered of texts is not kept");
        }
    }
}

/// The newest number that an item has been given.
async fn newest(store: &dyn Store) -> Result<u64, Error> {
    let figures = store.figures().await?;
    Ok(figures.items + figures.tombstones)
}

/// Takes in the admin's words, the earliest first. What an item's story is stands with the item: here is only what the
/// machine must not do to it.
async fn obey(remembered: &mut Remembered, store: &dyn Store) -> Result<(), Error> {
    for word in words(store).await? {
        let (one, other) = (
            number_of(store, &word.one).await?,
            number_of(store, &word.other).await?,
        );
        let (Some(one), Some(other)) = (one, other) else {
            continue;
        };
        if word.verdict == Verdict::TwoArticles {
            remembered.keep_apart(&word, one);
            continue;
        }
        let stored = store.items(&[one, other]).await?.into_iter().flatten();
        let stories: Vec<ItemNumber> = stored
            .filter_map(|stored| Some(ItemNumber(stored.item.story.as_ref()?.id.0)))
            .collect();
        if let ([one, other], Verdict::TwoStories) = (stories.as_slice(), word.verdict) {
            remembered.stories.keep_apart(*one, *other);
        }
    }
    Ok(())
}

/// Takes in the stored items that are not remembered yet: how many, and those that share their story unbeknown.
async fn remember(
    remembered: &mut Remembered,
    store: &dyn Store,
    newest: u64,
) -> Result<(usize, Vec<ItemNumber>), Error> {
    let mut begin = window_begin(store, remembered.last.0, newest).await?;
    let (mut learned, mut pairs) = (0, Vec::new());
    while begin < newest {
        let end = begin.saturating_add(BATCH).min(newest);
        let numbers: Vec<ItemNumber> = (begin + 1..=end).map(ItemNumber).collect();
        for stored in store.items(&numbers).await?.into_iter().flatten() {
            remembered.restore(read_item(&stored.item, stored.number), &stored.item);
            if let Some(story) = &stored.item.story {
                pairs.extend(remembered.pair(ItemNumber(story.id.0)));
                let is_one_of_many = !stored.item.is_shared && stored.item.carriers.len() > 1;
                pairs.extend(is_one_of_many.then_some(stored.number));
            }
            learned += 1;
        }
        begin = end;
    }
    Ok((learned, pairs))
}

/// The number after which the items of the window begin: numbers grow with arrival.
async fn window_begin(store: &dyn Store, known: u64, newest: u64) -> Result<u64, Error> {
    let mut latest = None;
    let mut begin = newest;
    while begin > known {
        let probed = store
            .items(&[ItemNumber(begin)])
            .await?
            .into_iter()
            .flatten()
            .next();
        if let Some(stored) = probed {
            let seen = stored.item.first_seen;
            if latest.get_or_insert(seen).since(seen) > WINDOW {
                return Ok(begin);
            }
        }
        begin = begin.saturating_sub(BATCH);
    }
    Ok(known)
}

impl Remembered {
    fn restore(&mut self, mut read: Read, item: &Item) {
        let number = read.article.number;
        let story = item.story.as_ref().map(|story| ItemNumber(story.id.0));
        if let Some(story) = story {
            self.last_name = self.last_name.max(story.0);
            // A story is named by the name of its first item.
            read.article.number = story;
            self.stories.restore(&read, story);
            read.article.number = number;
            self.learn(&read.article, story, item.first_seen);
        } else {
            self.window.add(&read.article, item.first_seen);
            self.last = self.last.max(number);
        }
    }
}

/// A stored item, to be compared.
pub(in crate::poll) fn read_item(item: &Item, number: ItemNumber) -> Read {
    let text = item
        .content
        .as_deref()
        .or(item.summary.as_deref())
        .map(html::plain)
        .unwrap_or_default();
    let source = item.carriers.first().map_or(0, |carrier| carrier.source.0);
    Read::new(
        number,
        source,
        item.published.unwrap_or(item.first_seen),
        &item.title,
        &text,
    )
}

fn read(file: &Path) -> Option<Remembered> {
    let bytes = fs::read(file).ok()?;
    let (mark, rest) = bytes.split_at_checked(MARK.len())?;
    let (form, rest) = rest.split_first_chunk()?;
    let (rest, digest) = rest.split_last_chunk()?;
    let is_whole =
        mark == MARK && u32::from_le_bytes(*form) == FORM && u64::from_le_bytes(*digest) == xxh3_64(rest);
    if !is_whole {
        return None;
    }
    postcard::from_bytes(rest).ok()
}

/// Whole or not at all: written beside, then put in its place. The digest of what `fill` writes stands at the end.
fn write(file: &Path, fill: impl FnOnce(&mut BufWriter<Digested>) -> io::Result<()>) -> io::Result<()> {
    let beside = file.with_extension("new");
    let mut new = fs::File::create(&beside)?;
    new.write_all(MARK)?;
    new.write_all(&FORM.to_le_bytes())?;
    let digested = Digested {
        file: new,
        digest: Xxh3::new(),
    };
    let mut buffer = BufWriter::with_capacity(BUFFER, digested);
    fill(&mut buffer)?;
    let Digested {
        file: mut new,
        digest,
    } = buffer.into_inner().map_err(io::IntoInnerError::into_error)?;
    new.write_all(&digest.digest().to_le_bytes())?;
    new.sync_data()?;
    fs::rename(&beside, file)
}

/// A file that is written, and the digest of what went into it: the whole never lies in memory.
struct Digested {
    file: fs::File,
    digest: Xxh3,
}

impl Write for Digested {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.digest.update(bytes.get(..written).unwrap_or(bytes));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
