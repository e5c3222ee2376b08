//! `newsriver dedup --input FILE`: which items of a file repeat an earlier one, and which tell one story.
//!
//! The stations are the daemon's own: [`identify`] by address and words within a source, [`Window`] and
//! [`cluster::decide`] by text and title, [`Stories`] for the story. The file is read once, in its order; an item's
//! earlier words are read again from their place in it, so that memory is bounded by the window and not by the file.
//! A line is written when its story can no longer change its name: up to three days of items wait.

mod known;
mod lines;

use crate::cluster::{self, Article, Read, Stories, Window};
use crate::identify::{self, KnownText, Verdict};
use crate::model::{Entry, ItemNumber, Key, KnownLink, Reason, SourceId, Timestamp, in_words};
use crate::text::date;
use known::KnownLinks;
use lines::{Line, Lines};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// Reads the file and writes a line for each of its items; 1 when it cannot be read.
pub(super) fn run(input: &Path, with_why: bool) -> ExitCode {
    let said = write(input, with_why, &mut BufWriter::new(io::stdout().lock()));
    match said {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            super::terminal::complain(format_args!("{reason}"));
            ExitCode::FAILURE
        }
    }
}

/// Writes to `output` what is found in the file.
fn write(input: &Path, with_why: bool, output: &mut impl Write) -> Result<(), String> {
    let of_file = |error: &dyn std::error::Error| format!("{}: {}", input.display(), in_words(error));
    let mut lines = Lines::open(input).map_err(|error| of_file(&error))?;
    let mut river = River {
        with_why,
        ..River::default()
    };
    while let Some(line) = lines.next_line().map_err(|error| of_file(&error))? {
        river.take(line, &mut lines).map_err(|error| of_file(&error))?;
        river
            .tell(false, &mut lines, output)
            .map_err(|error| of_file(&error))?;
    }
    river
        .tell(true, &mut lines, output)
        .map_err(|error| of_file(&error))?;
    output.flush().map_err(|error| in_words(&error))
}

/// What has been read so far.
#[derive(Default)]
struct River {
    known: KnownLinks,
    window: Window,
    stories: Stories,
    /// The story of each item in the window, in the order of their numbers.
    placed: VecDeque<(ItemNumber, ItemNumber)>,
    waiting: VecDeque<Found>,
    now: Timestamp,
    /// Reasons are told, and so kept until then.
    with_why: bool,
}

/// What was found of one item.
struct Found {
    id: String,
    copy_of: Option<ItemNumber>,
    story: ItemNumber,
    identity: Reason,
    story_reason: Option<Reason>,
}

impl River {
    /// Finds out what the item of a line is. An item's number is its line's place in the file.
    fn take(&mut self, line: Line, lines: &mut Lines) -> io::Result<()> {
        let said = line
            .published
            .as_deref()
            .and_then(|published| date::parse(published, None));
        let time = said.unwrap_or(self.now);
        self.now = self.now.max(time);
        let read = Read::new(line.number, digest(&line.source), time, &line.title, &line.text);
        let (copy_of, identity) = self.recognize(&line, &read, lines)?;
        let (story, story_reason) = match copy_of {
            Some(original) => {
                let story = self.story_of(original);
                self.stories.touch(story, time);
                (story, None)
            }
            None => {
                let placed = self.stories.place(&read);
                self.window.add(&read.article, self.now);
                self.placed.push_back((line.number, placed.story));
                let surplus = self.placed.len().saturating_sub(self.window.len());
                self.placed.drain(..surplus);
                (placed.story, Some(placed.reason))
            }
        };
        lines.remember(read.article);
        self.waiting.push_back(Found {
            id: line.id,
            copy_of,
            story,
            identity: if self.with_why {
                identity
            } else {
                Reason::default()
            },
            story_reason: story_reason.filter(|_| self.with_why),
        });
        Ok(())
    }

    /// The ladder: address and words within the source, the address elsewhere, then text and title.
    fn recognize(
        &mut self,
        line: &Line,
        read: &Read,
        lines: &mut Lines,
    ) -> io::Result<(Option<ItemNumber>, Reason)> {
        let entries = [line.entry()];
        let keys = entries
            .each_ref()
            .map(|entry| identify::keys(SourceId(digest(&line.source)), entry));
        let mut known = identify::Known::default();
        for key in keys.iter().flat_map(identify::Keys::all) {
            let link = match self.known.find(key) {
                Some(known::Found::Link(link)) => Some(link),
                Some(known::Found::Fresh(item)) => fresh_link(key, &lines.line(item)?),
                None => None,
            };
            known.links.extend(link.map(|link| (key, link)));
        }
        let is_fresh = known.links.is_empty();
        for number in identify::questions(&entries, &keys, &known.links) {
            let earlier = lines.line(number)?;
            let text = KnownText {
                title: earlier.title,
                text: earlier.text,
            };
            known.texts.insert(number, text);
        }
        let Some(decision) = identify::decide(&entries, &keys, &known).pop() else {
            return Ok((None, Reason::default()));
        };
        let (copy_of, reason) = match decision.verdict {
            Verdict::Known(item) | Verdict::Update { item, .. } | Verdict::Duplicate(item) => {
                (Some(item), decision.reason)
            }
            Verdict::New | Verdict::SameAs(_) => match self.repeats(&read.article, lines)? {
                Some(copy) => (Some(copy.of), copy.rung.reason()),
                None => (None, decision.reason),
            },
        };
        let item = copy_of.unwrap_or(line.number);
        let is_fresh = is_fresh && copy_of.is_none();
        self.known.remember(decision.links, item, is_fresh, self.now);
        Ok((copy_of, reason))
    }

    fn repeats(&mut self, article: &Article, lines: &mut Lines) -> io::Result<Option<cluster::Copy>> {
        let candidates = self.window.candidates(article, self.now);
        let mut articles: Vec<Arc<Article>> = Vec::with_capacity(candidates.likely.len());
        for number in &candidates.likely {
            articles.push(lines.article(*number)?);
        }
        Ok(cluster::decide(
            article,
            &candidates,
            articles.iter().map(AsRef::as_ref),
        ))
    }

    fn story_of(&self, item: ItemNumber) -> ItemNumber {
        let place = self.placed.binary_search_by_key(&item, |&(item, _)| item);
        let placed = place.ok().and_then(|place| self.placed.get(place));
        placed.map_or(item, |&(_, story)| story)
    }

    /// Writes the lines of the items whose story has its name for good; `all`: of all.
    fn tell(&mut self, all: bool, lines: &mut Lines, output: &mut impl Write) -> io::Result<()> {
        while let Some(found) = self
            .waiting
            .pop_front_if(|found| all || self.stories.is_settled(found.story, self.now))
        {
            let copy_of = found.copy_of.map(|number| lines.id(number)).transpose()?;
            let story = lines.id(self.stories.current(found.story))?;
            let mut told = json!({"id": found.id, "duplicate_of": copy_of, "story": story});
            if let Some(told) = told.as_object_mut().filter(|_| self.with_why) {
                let reasons = [Some(found.identity), found.story_reason];
                let words: Vec<String> = reasons.into_iter().flatten().map(|reason| reason.0).collect();
                told.insert("why".into(), Value::String(words.join("; ")));
            }
            serde_json::to_writer(&mut *output, &told)?;
            output.write_all(b"\n")?;
        }
        Ok(())
    }
}

impl Line {
    fn entry(&self) -> Entry {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Entry {
            link: some(&self.url),
            title: some(&self.title),
            content: some(&self.text),
            ..Entry::default()
        }
    }
}

/// What an item's line, read alone, makes known under a key; none where it makes nothing of that key.
fn fresh_link(key: Key, line: &Line) -> Option<KnownLink> {
    let entries = [line.entry()];
    let keys = entries
        .each_ref()
        .map(|entry| identify::keys(SourceId(digest(&line.source)), entry));
    let decision = identify::decide(&entries, &keys, &identify::Known::default()).pop()?;
    let link = decision.links.into_iter().find(|(known, _)| *known == key)?.1;
    Some(KnownLink {
        item: line.number,
        ..link
    })
}

/// The number of a source known by its name alone.
fn digest(source: &str) -> u32 {
    u32::try_from(xxh3_64(source.as_bytes()) >> 32).unwrap_or_default()
}

/// For [`Lines`].
fn read(line: &Line) -> Article {
    let time = line
        .published
        .as_deref()
        .and_then(|published| date::parse(published, None));
    let time = time.unwrap_or_default();
    Read::new(line.number, digest(&line.source), time, &line.title, &line.text).article
}

#[cfg(test)]
mod tests;
