//! The lines of a file of items, from the first to the last, and any of them again.

use super::read;
use crate::cluster::Article;
use crate::model::ItemNumber;
use serde::Deserialize;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

/// Longer lines are no items.
const MAX_LINE: u64 = 16 << 20;

/// Articles kept ready are forgotten when there are twice so many, the ones that nobody asked for first.
const READY: usize = 2048;

/// One item of the file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Line {
    /// Its place in the file, in bytes.
    #[serde(skip)]
    pub(super) number: ItemNumber,
    pub(super) id: String,
    pub(super) url: String,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) source: String,
    pub(super) published: Option<String>,
}

/// A file of items.
pub(super) struct Lines {
    forward: BufReader<File>,
    place: u64,
    count: u64,
    again: BufReader<File>,
    ready: HashMap<ItemNumber, Arc<Article>>,
    /// The ones used lately, which stay when `ready` is emptied.
    used: HashMap<ItemNumber, Arc<Article>>,
}

impl Lines {
    /// Opens the file.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other(
                "it must be a file: earlier items are read again",
            ));
        }
        Ok(Self {
            forward: BufReader::with_capacity(1 << 18, file),
            place: 0,
            count: 0,
            again: BufReader::with_capacity(1 << 13, File::open(path)?),
            ready: HashMap::new(),
            used: HashMap::new(),
        })
    }

    /// The next item; none at the end. Empty lines are passed over.
    pub(super) fn next_line(&mut self) -> io::Result<Option<Line>> {
        loop {
            let begin = self.place;
            let mut bytes = Vec::new();
            let length = (&mut self.forward).take(MAX_LINE).read_until(b'\n', &mut bytes)?;
            if length == 0 {
                return Ok(None);
            }
            self.count += 1;
            self.place += u64::try_from(length).unwrap_or(u64::MAX);
            if !bytes.trim_ascii().is_empty() {
                let said = |error: serde_json::Error| {
                    io::Error::other(format!("line {} is no item: {error}", self.count))
                };
                return parse(&bytes, begin).map_err(said).map(Some);
            }
        }
    }

    /// An earlier item.
    pub(super) fn line(&mut self, number: ItemNumber) -> io::Result<Line> {
        self.again.seek(SeekFrom::Start(number.0))?;
        let mut bytes = Vec::new();
        (&mut self.again).take(MAX_LINE).read_until(b'\n', &mut bytes)?;
        parse(&bytes, number.0)
            .map_err(|error| io::Error::other(format!("it changed while it was read: {error}")))
    }

    /// The id of an earlier item.
    pub(super) fn id(&mut self, number: ItemNumber) -> io::Result<String> {
        Ok(self.line(number)?.id)
    }

    /// An earlier item, ready to be compared.
    pub(super) fn article(&mut self, number: ItemNumber) -> io::Result<Arc<Article>> {
        if let Some(article) = self.used.get(&number) {
            return Ok(Arc::clone(article));
        }
        let article = match self.ready.get(&number) {
            Some(article) => Arc::clone(article),
            None => Arc::new(read(&self.line(number)?)),
        };
        if self.used.len() >= READY {
            self.used.clear();
        }
        self.used.insert(number, Arc::clone(&article));
        Ok(article)
    }

    /// Keeps an article ready for a while: what is repeated is mostly repeated soon.
    pub(super) fn remember(&mut self, article: Article) {
        if self.ready.len() >= READY {
            self.ready.clear();
        }
        self.ready.insert(article.number, Arc::new(article));
    }
}

fn parse(bytes: &[u8], place: u64) -> serde_json::Result<Line> {
    let line: Line = serde_json::from_slice(bytes)?;
    Ok(Line {
        number: ItemNumber(place),
        ..line
    })
}
