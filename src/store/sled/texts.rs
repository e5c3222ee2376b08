//! The packed items of one generation, one behind the other in a flat file beside sled's own.
//!
//! sled writes what it is given two to three times over and reads it back into its cache: good for rows of a few
//! bytes, dear for texts. So a row holds where its text lies, and with which checksum; a text that is not as it
//! was written is damage, met like any other of this copy. What edits and purges leave here goes when the
//! generation is made anew.

use crate::store::coding::damaged;
use crate::store::{Error, disk};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

const NAME: &str = "texts";

/// Where a text lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// Bytes before it.
    pub(super) offset: u64,
    /// Its bytes.
    pub(super) length: u64,
    /// CRC32 of them.
    pub(super) checksum: u32,
}

impl Place {
    /// The first byte behind it.
    pub(super) fn end(self) -> u64 {
        self.offset.saturating_add(self.length)
    }
}

/// The file, open. One thread appends; any reads.
#[derive(Debug)]
pub(super) struct Texts {
    file: File,
    path: PathBuf,
    end: AtomicU64,
}

impl Texts {
    /// Makes an empty one in the folder of a generation.
    pub(super) fn create(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(NAME);
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .map_err(|source| disk::error("cannot make", &path, source))?;
        disk::sync_folder(folder)?;
        Ok(Self {
            file,
            path,
            end: AtomicU64::new(0),
        })
    }

    /// Opens the one in the folder of a generation. What a crash left behind its end is never pointed at.
    pub(super) fn open(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(NAME);
        let open = || -> std::io::Result<(File, u64)> {
            let file = File::options().read(true).write(true).open(&path)?;
            let length = file.metadata()?.len();
            Ok((file, length))
        };
        let (file, length) = open().map_err(|source| disk::error("cannot open", &path, source))?;
        Ok(Self {
            file,
            path,
            end: AtomicU64::new(length),
        })
    }

    /// Its bytes so far: where the next text goes.
    pub(super) fn end(&self) -> u64 {
        self.end.load(Ordering::Acquire)
    }

    /// Puts texts at its end. They are there for rows to point at when this returns, and durable after [`Texts::sync`].
    pub(super) fn append(&self, bytes: &[u8]) -> Result<(), Error> {
        let end = self.end();
        self.file
            .write_all_at(bytes, end)
            .map_err(|source| disk::error("cannot write to", &self.path, source))?;
        self.end.store(end + bytes.len() as u64, Ordering::Release);
        Ok(())
    }

    /// Makes all of them durable.
    pub(super) fn sync(&self) -> Result<(), Error> {
        self.file
            .sync_data()
            .map_err(|source| disk::error("cannot make durable", &self.path, source))
    }

    /// The text at a place.
    pub(super) fn read(&self, place: Place) -> Result<Vec<u8>, Error> {
        // A row with a damaged length asks for no more memory than the file has.
        if place.end() > self.end() {
            return Err(damaged("a place that no text is at"));
        }
        let length = usize::try_from(place.length).map_err(|_| damaged("the length of a text"))?;
        let mut text = vec![0; length];
        self.file
            .read_exact_at(&mut text, place.offset)
            .map_err(|source| disk::error("cannot read", &self.path, source))?;
        if crc32fast::hash(&text) == place.checksum {
            Ok(text)
        } else {
            Err(damaged("a text that is not as it was written"))
        }
    }
}

/// The bytes of the texts in the folder of a generation; 0: there are none.
pub(super) fn bytes_in(folder: &Path) -> u64 {
    folder.join(NAME).metadata().map_or(0, |metadata| metadata.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(offset: u64, text: &[u8]) -> Place {
        Place {
            offset,
            length: text.len() as u64,
            checksum: crc32fast::hash(text),
        }
    }

    #[test]
    fn texts_come_back_from_their_places_after_opening_too() {
        let folder = tempfile::tempdir().unwrap();
        let texts = Texts::create(folder.path()).unwrap();
        texts.append(b"onetwo").unwrap();
        texts.append(b"three").unwrap();
        texts.sync().unwrap();
        for texts in [texts, Texts::open(folder.path()).unwrap()] {
            assert_eq!(texts.read(place(3, b"two")).unwrap(), b"two");
            assert_eq!(texts.read(place(6, b"three")).unwrap(), b"three");
            assert_eq!(texts.end(), 11);
        }
        assert_eq!(bytes_in(folder.path()), 11);
    }

    #[test]
    fn what_was_cut_or_changed_is_damage() {
        let folder = tempfile::tempdir().unwrap();
        let texts = Texts::create(folder.path()).unwrap();
        texts.append(b"onetwo").unwrap();
        assert!(matches!(texts.read(place(3, b"twi")), Err(Error::Damaged { .. })));
        for nowhere in [place(4, b"two"), place(u64::MAX, b"two")] {
            assert!(matches!(texts.read(nowhere), Err(Error::Damaged { .. })));
        }
        assert!(Texts::open(&folder.path().join("nowhere")).is_err());
    }
}
