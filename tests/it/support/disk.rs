//! A disk so small that a test can fill it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Unmounted when dropped.
pub(crate) struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// One of so many megabytes; `None` where it may not be mounted.
    pub(crate) fn mount(megabytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .status();
        mounted.ok()?.success().then_some(Self { folder })
    }

    /// A folder on it for a store.
    pub(crate) fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    /// Takes all room but `left` bytes.
    pub(crate) fn fill_up(&self, left: u64) {
        let figures = Command::new("df")
            .args(["-B1", "--output=avail"])
            .arg(self.folder.path())
            .output();
        let words = String::from_utf8(figures.unwrap().stdout).unwrap();
        let free: u64 = words.split_whitespace().last().unwrap().parse().unwrap();
        let ballast = vec![1; usize::try_from(free.saturating_sub(left)).unwrap()];
        fs::write(self.folder.path().join("ballast"), ballast).unwrap();
    }

    /// Makes room again.
    pub(crate) fn free_up(&self) {
        fs::remove_file(self.folder.path().join("ballast")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}
