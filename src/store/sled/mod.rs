//! The sled store: what everything is read from. Made from the journal, and made anew when it does not match it.
//!
//! sled 0.34 is quick and survives kills, but its `flush` is no fsync, a damaged tail can empty it without a
//! word, and one flipped byte can make an iterator fail for ever. So it is opened on a thread of its own where a
//! panic costs nothing, says in [`Meta`] what it holds, every scan ends at its first error, and nothing here is
//! ever the only copy. Texts lie beside it in a file of their own (`texts`).

mod apply;
mod read;
mod rows;
mod texts;

pub(super) use apply::Applier;
pub(super) use rows::Meta;

use super::journal::Tally;
use super::packing::Packing;
use super::{Channel, Error, StoreIdentity, disk};
use ::sled::{Batch, Db, IVec, Mode};
use rows::ListOf;
use std::any::Any;
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::Duration;
use texts::Texts;

/// How long sled may take to let go.
const LET_GO_ATTEMPTS: usize = 100;
const LET_GO_PAUSE: Duration = Duration::from_millis(20);

/// sled frees a segment when little in it is alive; in larger ones small rows leave fewer gaps.
const SEGMENT_BYTES: usize = 2 << 20;

/// Up to this size all of a file goes into its fingerprint: a moment's reading.
const FINGERPRINT_BYTES: u64 = 512 << 20;

/// One sled folder. Compaction and rebuilding make the next one beside it.
#[derive(Debug)]
pub(super) struct Generation {
    db: Db,
    /// A handle of our own on sled's file, to fsync what `flush` only hands to the system.
    file: File,
    path: PathBuf,
    packing: Arc<Packing>,
    texts: Texts,
    categories: RwLock<HashMap<String, u32>>,
}

impl Generation {
    /// Makes an empty one in `path`.
    pub(super) fn create(
        path: &Path,
        cache_bytes: u64,
        packing: Arc<Packing>,
        uuid: u128,
        identity: StoreIdentity,
    ) -> Result<(Self, Meta), Error> {
        disk::remove(path)?;
        let db = start(path, cache_bytes)?;
        let generation = Self::of(db, path, packing, Texts::create(path)?)?;
        let meta = Meta {
            uuid,
            identity,
            sequence: 0,
            allocated: 0,
            tally: Tally::default(),
        };
        let mut batch = Batch::default();
        batch.insert(rows::META, rows::to_bytes(&meta)?);
        generation.write(batch)?;
        Ok((generation, meta))
    }

    /// Opens the one in `path`, which must be there and the store's own.
    pub(super) fn open(
        path: &Path,
        cache_bytes: u64,
        packing: Arc<Packing>,
        uuid: u128,
    ) -> Result<(Self, Meta), Error> {
        let damaged = |why: &str| Error::Damaged {
            what: format!("{} ({why})", path.display()),
        };
        if !path.join("db").is_file() {
            return Err(damaged("it is not there"));
        }
        let texts = Texts::open(path)?;
        let db = start(path, cache_bytes)?;
        if !db.was_recovered() {
            return Err(damaged("sled found nothing in it"));
        }
        let generation = Self::of(db, path, packing, texts)?;
        let row = generation
            .get(rows::META)?
            .ok_or_else(|| damaged("it is empty"))?;
        let meta: Meta = rows::of_bytes(&row, "what sled says of itself")?;
        if meta.uuid != uuid {
            return Err(damaged("it belongs to another store"));
        }
        generation.read_dictionary()?;
        generation.read_categories()?;
        Ok((generation, meta))
    }

    fn of(db: Db, path: &Path, packing: Arc<Packing>, texts: Texts) -> Result<Self, Error> {
        let file = path.join("db");
        let file = File::open(&file).map_err(|source| disk::error("cannot open", &file, source))?;
        Ok(Self {
            db,
            file,
            path: path.to_owned(),
            packing,
            texts,
            categories: RwLock::default(),
        })
    }

    /// Makes everything written so far durable.
    pub(super) fn flush(&self) -> Result<(), Error> {
        // First what rows point at.
        self.texts.sync()?;
        self.db.flush().map_err(|source| self.refused(source))?;
        self.file
            .sync_data()
            .map_err(|source| disk::error("cannot make durable", &self.path, source))
    }

    /// The length of sled's file.
    pub(super) fn file_bytes(&self) -> u64 {
        self.file.metadata().map_or(0, |metadata| metadata.len())
    }

    /// How items are packed.
    pub(super) fn packing(&self) -> &Packing {
        &self.packing
    }

    /// Bytes on the disk.
    pub(super) fn bytes(&self) -> u64 {
        disk::bytes_in(&self.path)
    }

    fn get(&self, key: &[u8]) -> Result<Option<IVec>, Error> {
        self.db.get(key).map_err(|source| self.refused(source))
    }

    fn write(&self, batch: Batch) -> Result<(), Error> {
        self.db.apply_batch(batch).map_err(|source| self.refused(source))
    }

    fn refused(&self, source: ::sled::Error) -> Error {
        refused(&self.path, source)
    }

    /// The list of a channel; `None` for a category that never had an item.
    fn list_of(&self, channel: &Channel) -> Option<ListOf> {
        match channel {
            Channel::River => Some(ListOf::river()),
            Channel::Shared => Some(ListOf::shared()),
            Channel::Source(source) => Some(ListOf::source(*source)),
            Channel::Story(story) => Some(ListOf::story(*story)),
            Channel::Category(name) => {
                let categories = self.categories.read().unwrap_or_else(PoisonError::into_inner);
                categories.get(name).copied().map(ListOf::category)
            }
        }
    }

    fn add_category(&self, name: &str) -> u32 {
        let mut categories = self.categories.write().unwrap_or_else(PoisonError::into_inner);
        let next = categories.values().max().map_or(1, |last| last + 1);
        *categories.entry(name.to_owned()).or_insert(next)
    }
}

fn start(path: &Path, cache_bytes: u64) -> Result<Db, Error> {
    let config = ::sled::Config::new()
        .path(path)
        .cache_capacity(cache_bytes)
        .segment_size(SEGMENT_BYTES)
        .flush_every_ms(Some(500))
        .mode(Mode::LowSpace);
    let opening = thread::Builder::new()
        .name("sled-open".to_owned())
        .spawn(move || config.open())
        .map_err(|source| disk::error("cannot start a thread to open", path, source))?;
    opening
        .join()
        .map_err(|panic| Error::Damaged {
            what: format!("{} ({})", path.display(), words_of(&*panic)),
        })?
        .map_err(|source| refused(path, source))
}

/// The length of the sled file in a folder; 0: it is not there.
pub(super) fn file_bytes_in(path: &Path) -> u64 {
    path.join("db").metadata().map_or(0, |metadata| metadata.len())
}

/// The length of the sled file and of the texts beside it.
pub(super) fn bytes_to_make(path: &Path) -> u64 {
    file_bytes_in(path) + texts::bytes_in(path)
}

/// Waits until sled has let go of a folder: its threads may hold the file for a moment after it is dropped.
/// False: it has not.
pub(super) fn is_let_go(path: &Path) -> bool {
    let Ok(file) = File::open(path.join("db")) else {
        return true;
    };
    for _ in 0..LET_GO_ATTEMPTS {
        if file.try_lock().is_ok() {
            return true;
        }
        thread::sleep(LET_GO_PAUSE);
    }
    false
}

/// A fingerprint of a closed sled's files; of a large one, of its beginning and end.
pub(super) fn fingerprint(path: &Path) -> Result<u32, Error> {
    let mut hasher = crc32fast::Hasher::new();
    for name in disk::names(path)? {
        let file = path.join(&name);
        if file.is_file() {
            hasher.update(name.as_bytes());
            read_ends(&file, |bytes| hasher.update(bytes))
                .map_err(|source| disk::error("cannot read", &file, source))?;
        }
    }
    Ok(hasher.finalize())
}

fn read_ends(path: &Path, mut visit: impl FnMut(&[u8])) -> io::Result<()> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    visit(&length.to_le_bytes());
    let skipped = if length > FINGERPRINT_BYTES {
        FINGERPRINT_BYTES / 2..length - FINGERPRINT_BYTES / 2
    } else {
        0..0
    };
    let mut buffer = vec![0; 1 << 20];
    let mut offset = 0;
    while offset < length {
        if skipped.contains(&offset) {
            offset = skipped.end;
        }
        let read = file.read_at(&mut buffer, offset)?;
        visit(buffer.get(..read).unwrap_or_default());
        if read == 0 {
            break;
        }
        offset += read as u64;
    }
    Ok(())
}

fn refused(path: &Path, source: ::sled::Error) -> Error {
    let path = path.to_owned();
    match source {
        ::sled::Error::Io(error) if error.kind() == io::ErrorKind::StorageFull => Error::Full { path },
        source => Error::Sled { path, source },
    }
}

/// What a panic said.
pub(super) fn words_of(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "sled gave up without a word".to_owned())
}
