//! The small files of a store's folder: what it is, who has it, which sled generation counts, how it ended.
//!
//! | name | says |
//! | --- | --- |
//! | `FORMAT` | the format, the uuid, the identity; written last when a store is made |
//! | `LOCK` | who has it |
//! | `CURRENT` | which sled folder counts |
//! | `FLUSHED` | how far that folder was durable at least, and whether the end was clean |
//! | `DICTIONARY` | what items are packed with, as the journal and sled have it too |
//! | `RESERVE` | nothing: room to be freed when a full disk must be opened |
//! | `journal/`, `sled-N/` | the journal; the sled store, with the texts its rows point at |

use crate::store::{Error, StoreIdentity, disk};
use std::fs::{self, File, TryLockError};
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

/// The format this program writes, and the newest it reads. In format 2 sled held the texts too: the first opening
/// makes sled anew from the journal. From format 4 on items name their story; in format 5 they say
/// whether others tell it too, behind the rest of them, there are notes.
const FORMAT: u32 = 5;

/// A process that has just been told to end needs a moment to let go.
const LOCK_ATTEMPTS: usize = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(100);

const RESERVE_BYTES: u64 = 1 << 20;

/// What `FORMAT` says of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Title {
    pub(super) uuid: u128,
    pub(super) identity: StoreIdentity,
}

/// The places in a store's folder.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) folder: PathBuf,
}

impl Layout {
    pub(super) fn journal(&self) -> PathBuf {
        self.folder.join("journal")
    }

    pub(super) fn sled(&self, generation: u64) -> PathBuf {
        self.folder.join(format!("sled-{generation:06}"))
    }

    /// Takes the store for this process, for as long as the answer lives.
    pub(super) fn lock(&self) -> Result<File, Error> {
        let path = self.folder.join("LOCK");
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|source| disk::error("cannot write", &path, source))?;
        for attempt in 1.. {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if attempt < LOCK_ATTEMPTS => thread::sleep(LOCK_PAUSE),
                Err(TryLockError::WouldBlock) => return Err(self.held(&mut file)),
                Err(TryLockError::Error(source)) => return Err(disk::error("cannot lock", &path, source)),
            }
        }
        let words = format!("process {} ({})\n", std::process::id(), program());
        file.set_len(0)
            .and_then(|()| file.write_all_at(words.as_bytes(), 0))
            .map_err(|source| disk::error("cannot write", &path, source))?;
        Ok(file)
    }

    fn held(&self, file: &mut File) -> Error {
        let mut words = String::new();
        let read = file.read_to_string(&mut words);
        let holder = match read {
            Ok(_) if !words.trim().is_empty() => words.trim().to_owned(),
            _ => "another process".to_owned(),
        };
        Error::Locked {
            path: self.folder.clone(),
            holder,
        }
    }

    /// What `FORMAT` says; `None` when it is missing or unreadable. A newer format is an error.
    pub(super) fn title(&self) -> Result<Option<Title>, Error> {
        let text = fs::read_to_string(self.folder.join("FORMAT")).unwrap_or_default();
        let format = text
            .strip_prefix("newsriver store, format ")
            .and_then(|rest| rest.lines().next());
        if let Some(found) = format.and_then(|format| format.parse().ok())
            && found > FORMAT
        {
            return Err(Error::Newer {
                path: self.folder.clone(),
                found,
                known: FORMAT,
            });
        }
        Ok(signed(&text).and_then(parse_title))
    }

    /// `FORMAT` names the format that this program writes.
    pub(super) fn is_current(&self) -> bool {
        let text = fs::read_to_string(self.folder.join("FORMAT")).unwrap_or_default();
        text.lines().next() == Some(&format!("newsriver store, format {FORMAT}"))
    }

    /// Says what this store is. From now on it is one.
    pub(super) fn write_title(&self, title: &Title) -> Result<(), Error> {
        let Title { uuid, identity } = title;
        let text = format!(
            "newsriver store, format {FORMAT}\nuuid {uuid:032x}\nauthority {}\ndate {}\n",
            identity.authority, identity.date
        );
        disk::replace(&self.folder.join("FORMAT"), sign(&text).as_bytes())
    }

    /// What items are packed with; `None` when it is missing or unreadable.
    pub(super) fn dictionary(&self) -> Option<Vec<u8>> {
        let mut bytes = fs::read(self.folder.join("DICTIONARY")).ok()?;
        let crc = u32::from_le_bytes(*bytes.last_chunk()?);
        bytes.truncate(bytes.len() - 4);
        (crc32fast::hash(&bytes) == crc).then_some(bytes)
    }

    pub(super) fn write_dictionary(&self, dictionary: &[u8]) -> Result<(), Error> {
        let crc = crc32fast::hash(dictionary).to_le_bytes();
        disk::replace(&self.folder.join("DICTIONARY"), &[dictionary, &crc].concat())
    }

    /// The number of the sled folder that counts: as `CURRENT` says, else the newest there is; 0: none.
    pub(super) fn current(&self) -> Result<u64, Error> {
        let text = fs::read_to_string(self.folder.join("CURRENT")).unwrap_or_default();
        let said = signed(&text).and_then(|line| generation_of(line.trim()));
        Ok(match said {
            Some(generation) => generation,
            None => self.generations()?.last().copied().unwrap_or_default(),
        })
    }

    pub(super) fn write_current(&self, generation: u64) -> Result<(), Error> {
        let text = sign(&format!("sled-{generation:06}\n"));
        disk::replace(&self.folder.join("CURRENT"), text.as_bytes())
    }

    /// The numbers of the sled folders, in order.
    pub(super) fn generations(&self) -> Result<Vec<u64>, Error> {
        let names = disk::names(&self.folder)?;
        let mut numbers: Vec<u64> = names.iter().filter_map(|name| generation_of(name)).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Puts a damaged sled folder aside, where a person can look at it. At most one is kept.
    pub(super) fn put_aside(&self, generation: u64) -> Result<(), Error> {
        let path = self.sled(generation);
        if !path.exists() {
            return Ok(());
        }
        for name in disk::names(&self.folder)? {
            if name.ends_with(".damaged") {
                disk::remove(&self.folder.join(name))?;
            }
        }
        let aside = path.with_extension("damaged");
        fs::rename(&path, &aside).map_err(|source| disk::error("cannot rename", &path, source))?;
        disk::sync_folder(&self.folder)
    }

    /// Room that can be freed when the disk is full. Without it the store works as well.
    pub(super) fn keep_reserve(&self) {
        let path = self.folder.join("RESERVE");
        let is_roomy = disk::free_bytes(&self.folder).is_ok_and(|free| free > 16 * RESERVE_BYTES);
        if path.exists() || !is_roomy {
            return;
        }
        if let Ok(file) = File::create(&path) {
            let all = rustix::fs::FallocateFlags::empty();
            if rustix::fs::fallocate(&file, all, 0, RESERVE_BYTES).is_err() {
                drop(disk::remove(&path));
            }
        }
    }

    /// Frees the reserve when opening would find the disk full.
    pub(super) fn make_room(&self, words: &mut Vec<String>) -> Result<(), Error> {
        let path = self.folder.join("RESERVE");
        if path.exists() && disk::free_bytes(&self.folder)? < RESERVE_BYTES {
            disk::remove(&path)?;
            words.push("the disk is full; the reserve was freed to open the store".to_owned());
        }
        Ok(())
    }
}

/// How far sled was durable at least, when last noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) generation: u64,
    pub(super) sequence: u64,
    pub(super) items: u64,
    /// The length of sled's file, which never shrinks.
    pub(super) file_bytes: u64,
    /// After a clean end, the fingerprint of sled's files.
    pub(super) fingerprint: u32,
    /// Which start of the machine this was.
    pub(super) boot: u64,
    pub(super) is_clean: bool,
}

/// `FLUSHED`, written over in place: it is small enough to be there whole or not.
#[derive(Debug)]
pub(super) struct Marks {
    file: File,
    path: PathBuf,
}

impl Marks {
    /// Opens the file and reads what it says, if that can be read.
    pub(super) fn open(layout: &Layout) -> Result<(Self, Option<Mark>), Error> {
        let path = layout.folder.join("FLUSHED");
        let open = || -> std::io::Result<(File, String)> {
            let mut file = File::options()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok((file, String::from_utf8_lossy(&bytes).into_owned()))
        };
        let (file, text) = open().map_err(|source| disk::error("cannot open", &path, source))?;
        let mark = signed(&text).and_then(parse_mark);
        Ok((Self { file, path }, mark))
    }

    /// Notes a mark; `is_durable` waits until it lies on the disk.
    pub(super) fn write(&self, mark: Mark, is_durable: bool) -> Result<(), Error> {
        let Mark {
            generation,
            sequence,
            items,
            file_bytes,
            fingerprint,
            boot,
            is_clean,
        } = mark;
        let end = if is_clean { "clean" } else { "going" };
        let text = sign(&format!(
            "{generation:020} {sequence:020} {items:020} {file_bytes:020} {fingerprint:010} {boot:020} {end}\n"
        ));
        let write = || -> std::io::Result<()> {
            self.file.write_all_at(text.as_bytes(), 0)?;
            if is_durable { self.file.sync_all() } else { Ok(()) }
        };
        write().map_err(|source| disk::error("cannot write", &self.path, source))
    }
}

/// Which start of the machine this is; 0 where none can be told. What was written under another one may not all
/// have reached the disk.
pub(super) fn this_boot() -> u64 {
    let id = fs::read("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    xxhash_rust::xxh3::xxh3_64(&id)
}

fn parse_mark(line: &str) -> Option<Mark> {
    let mut words = line.trim().split(' ');
    Some(Mark {
        generation: words.next()?.parse().ok()?,
        sequence: words.next()?.parse().ok()?,
        items: words.next()?.parse().ok()?,
        file_bytes: words.next()?.parse().ok()?,
        fingerprint: words.next()?.parse().ok()?,
        boot: words.next()?.parse().ok()?,
        is_clean: words.next()? == "clean",
    })
}

fn parse_title(text: &str) -> Option<Title> {
    let mut lines = text.lines().skip(1);
    let uuid = lines.next()?.strip_prefix("uuid ")?;
    Some(Title {
        uuid: u128::from_str_radix(uuid, 16).ok()?,
        identity: StoreIdentity {
            authority: lines.next()?.strip_prefix("authority ")?.to_owned(),
            date: lines.next()?.strip_prefix("date ")?.to_owned(),
        },
    })
}

fn generation_of(name: &str) -> Option<u64> {
    name.strip_prefix("sled-")?.parse().ok()
}

/// The text with a checksum of it as its last line.
fn sign(text: &str) -> String {
    format!("{text}{:08x}\n", crc32fast::hash(text.as_bytes()))
}

/// The text that was signed, if it is that.
fn signed(text: &str) -> Option<&str> {
    let (_, crc) = text.strip_suffix('\n')?.rsplit_once('\n')?;
    let body = text.get(..text.len() - crc.len() - 1)?;
    let expected = u32::from_str_radix(crc, 16).ok()?;
    (crc32fast::hash(body.as_bytes()) == expected).then_some(body)
}

fn program() -> String {
    let path = std::env::current_exe().unwrap_or_default();
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout() -> (tempfile::TempDir, Layout) {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout {
            folder: folder.path().to_owned(),
        };
        (folder, layout)
    }

    #[test]
    fn the_small_files_say_what_was_written_or_nothing() {
        let (_folder, layout) = layout();
        let title = Title {
            uuid: 5,
            identity: StoreIdentity {
                authority: "example.org".to_owned(),
                date: "2026-11-22".to_owned(),
            },
        };
        assert_eq!((layout.title().unwrap(), layout.dictionary()), (None, None));
        layout.write_dictionary(b"words").unwrap();
        assert_eq!(layout.dictionary().unwrap(), b"words");
        layout.write_title(&title).unwrap();
        assert_eq!(layout.title().unwrap(), Some(title));
        layout.write_current(12).unwrap();
        assert_eq!(layout.current().unwrap(), 12);
        fs::write(layout.folder.join("CURRENT"), "sled-000013\njunk\n").unwrap();
        assert_eq!(layout.current().unwrap(), 0);
        let mark = Mark {
            generation: 1,
            sequence: 2,
            items: 3,
            file_bytes: 4,
            fingerprint: u32::MAX,
            boot: u64::MAX,
            is_clean: true,
        };
        Marks::open(&layout).unwrap().0.write(mark, true).unwrap();
        assert_eq!(Marks::open(&layout).unwrap().1, Some(mark));
    }

    #[test]
    fn a_newer_format_is_refused() {
        let (_folder, layout) = layout();
        let newer = FORMAT + 1;
        let text = format!("newsriver store, format {newer}\nwhatever\n");
        fs::write(layout.folder.join("FORMAT"), text).unwrap();
        let error = layout.title().unwrap_err();
        assert!(matches!(error, Error::Newer { found, known: FORMAT, .. } if found == newer));
    }

    #[test]
    fn one_damaged_folder_is_kept_aside() {
        let (_folder, layout) = layout();
        for generation in [1, 2] {
            fs::create_dir(layout.sled(generation)).unwrap();
            layout.put_aside(generation).unwrap();
        }
        assert_eq!(disk::names(&layout.folder).unwrap(), ["sled-000002.damaged"]);
        assert!(layout.generations().unwrap().is_empty());
    }
}
