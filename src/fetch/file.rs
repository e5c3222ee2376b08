//! Sources that are files of this machine, where the admin allows it: what a script of his writes.
//!
//! Only regular files are read: a pipe or a device could be without end. A file that is as it was last time is told
//! by its inode, size and time of change, as a server would tell it by 304.

use super::Error;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::PathBuf;
use url::Url;

/// What was found.
#[derive(Debug)]
pub(super) enum Found {
    /// As it was when it had this mark.
    Unchanged,
    /// Its bytes, and the mark by which it is known again.
    Bytes(Vec<u8>, Vec<u8>),
}

/// The file of a `file:` address; `None` for any other address.
pub(super) fn path_of(address: &str) -> Option<Result<PathBuf, Error>> {
    let url = Url::parse(address.trim())
        .ok()
        .filter(|url| url.scheme() == "file")?;
    Some(url.to_file_path().map_err(|()| Error::File {
        why: "its address names no path of this machine".to_owned(),
    }))
}

/// Reads a whole file of at most `max_bytes`. Blocks.
pub(super) fn read(path: &PathBuf, known: Option<&[u8]>, max_bytes: u64) -> Result<Found, Error> {
    let refuse = |error: std::io::Error| Error::File {
        why: error.to_string(),
    };
    let mut options = std::fs::OpenOptions::new();
    // Opening a pipe would wait for somebody to write into it.
    options
        .read(true)
        .custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32);
    let file = options.open(path).map_err(refuse)?;
    let found = file.metadata().map_err(refuse)?;
    if !found.is_file() {
        return Err(Error::File {
            why: "it is no regular file".to_owned(),
        });
    }
    let too_large = || Error::TooLarge {
        host: "the file of this source".to_owned(),
        limit_bytes: max_bytes,
        unpacked: false,
    };
    if found.len() > max_bytes {
        return Err(too_large());
    }
    let mark = format!(
        "{}.{}.{}.{}",
        found.ino(),
        found.len(),
        found.mtime(),
        found.mtime_nsec()
    );
    if known == Some(mark.as_bytes()) {
        return Ok(Found::Unchanged);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(found.len()).unwrap_or_default());
    // It may grow while it is read.
    file.take(max_bytes.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(refuse)?;
    if bytes.len() as u64 > max_bytes {
        return Err(too_large());
    }
    Ok(Found::Bytes(bytes, mark.into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_once_and_known_again_until_it_changes() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("feed.xml");
        std::fs::write(&path, "<rss/>").unwrap();
        let Found::Bytes(bytes, mark) = read(&path, None, 100).unwrap() else {
            panic!("it is new");
        };
        assert_eq!(bytes, b"<rss/>");
        assert!(matches!(read(&path, Some(&mark), 100), Ok(Found::Unchanged)));
        std::fs::write(&path, "<rss></rss>").unwrap();
        assert!(matches!(read(&path, Some(&mark), 100), Ok(Found::Bytes(..))));
        assert!(matches!(read(&path, None, 10), Err(Error::TooLarge { .. })));
    }

    #[test]
    fn what_is_no_regular_file_is_refused_and_not_waited_for() {
        let folder = tempfile::TempDir::new().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(
            std::process::Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        for path in [
            pipe,
            folder.path().to_owned(),
            "/dev/zero".into(),
            folder.path().join("none"),
        ] {
            let error = read(&path, None, 100).unwrap_err();
            assert!(
                error
                    .to_string()
                    .starts_with("the file of this source cannot be read: "),
                "{error}"
            );
        }
    }
}
