//! The few things we ask of the file system, each with the path in its error.

use super::Error;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// An error of ours from one of the system's; a full disk has its own.
pub(super) fn error(action: &'static str, path: &Path, source: io::Error) -> Error {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::Full { path },
        _ => Error::Io { action, path, source },
    }
}

/// Makes names in `folder` durable: new files, renames, removals.
pub(super) fn sync_folder(folder: &Path) -> Result<(), Error> {
    File::open(folder)
        .and_then(|handle| handle.sync_all())
        .map_err(|source| error("cannot make durable", folder, source))
}

/// Puts `bytes` in the place of `path`: after a crash there is the old file or the new one, whole.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let beside = path.with_extension("new");
    let write = || -> io::Result<()> {
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(|source| error("cannot write", path, source))?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Makes `folder` and the folders above it, durably.
pub(super) fn make_folder(folder: &Path) -> Result<(), Error> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        make_folder(parent)?;
    }
    match fs::create_dir(folder) {
        Err(_) if folder.exists() && !folder.is_dir() => {
            let source = io::Error::from(io::ErrorKind::NotADirectory);
            Err(error("cannot make the folder", folder, source))
        }
        Err(source) if !folder.is_dir() => Err(error("cannot make the folder", folder, source)),
        _ => sync_folder(parent.unwrap_or(Path::new("."))),
    }
}

/// Removes a file or a folder with all in it; that it is not there is fine.
pub(super) fn remove(path: &Path) -> Result<(), Error> {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    match removed {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(error("cannot remove", path, source)),
        _ => Ok(()),
    }
}

/// The names in a folder, sorted; none when it is not there.
pub(super) fn names(folder: &Path) -> Result<Vec<String>, Error> {
    let entries = match fs::read_dir(folder) {
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(|source| error("cannot read", folder, source))?,
    };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    Ok(names)
}

/// The bytes that a folder takes on the disk, all in it counted. What vanishes meanwhile counts nothing.
pub(super) fn bytes_in(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    entries.flatten().map(|entry| bytes_of(&entry)).sum()
}

/// The bytes of one entry of a folder, with all in it.
pub(super) fn bytes_of(entry: &fs::DirEntry) -> u64 {
    match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => bytes_in(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    }
}

/// The bytes that we may still write where `path` lies.
pub(super) fn free_bytes(path: &Path) -> Result<u64, Error> {
    let figures = rustix::fs::statvfs(path)
        .map_err(|source| error("cannot ask for the free space of", path, source.into()))?;
    Ok(figures.f_bavail.saturating_mul(figures.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_file_has_the_new_bytes_and_leaves_nothing_beside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("CURRENT");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(names(folder.path()).unwrap(), ["CURRENT"]);
        assert_eq!(bytes_in(folder.path()), 3);
    }

    #[test]
    fn missing_parents_are_made_and_a_device_is_no_folder() {
        let folder = tempfile::tempdir().unwrap();
        make_folder(&folder.path().join("a/b/c")).unwrap();
        let error = make_folder(Path::new("/dev/null/store")).unwrap_err();
        assert!(error.to_string().contains("/dev/null"), "{error}");
    }
}
