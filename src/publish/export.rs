//! The published tree as files, for a static host: the same paths as over HTTP, the same bytes.
//!
//! A file is written beside its place and renamed into it; one that has the right bytes already is left alone.
//! A manifest remembers which files are ours: of those, the ones no longer published are removed, and nothing
//! else in the folder is ever touched.

use super::document::Document;
use super::error::Error;
use super::publisher::{Found, Publisher};
use percent_encoding::percent_decode_str;
use std::collections::BTreeSet;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// The file that lists what we wrote, one path a line.
const MANIFEST: &str = ".newsriver-export";

/// What an export did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Files that are new or have new bytes.
    pub written: usize,
    /// Files that were right already.
    pub unchanged: usize,
    /// Files of ours that are published no longer.
    pub removed: usize,
}

impl Publisher {
    /// Writes every document below `folder`, which is made when it is not there. `progress` is told after each
    /// file how many of how many are done.
    pub async fn export(
        &self,
        folder: &Path,
        progress: &(dyn Fn(usize, usize) + Send + Sync),
    ) -> Result<Exported, Error> {
        let prefix = self.view().prefix().to_owned();
        let paths = self.paths().await?;
        let mut exported = Exported::default();
        let mut ours = BTreeSet::new();
        for (done, path) in paths.iter().enumerate() {
            if let Found::Document(document) = self.find(&format!("{prefix}{path}")).await?
                && let Some(name) = file_name(path)
            {
                let is_new = written(folder, &name, document).await?;
                exported.written += usize::from(is_new);
                exported.unchanged += usize::from(!is_new);
                ours.insert(name);
            }
            progress(done + 1, paths.len());
        }
        let folder = folder.to_owned();
        let tidied = tokio::task::spawn_blocking(move || tidy(&folder, &ours)).await;
        exported.removed = tidied.unwrap_or_else(|error| {
            Err(Error::Broken {
                path: MANIFEST.to_owned(),
                why: error.to_string(),
            })
        })?;
        Ok(exported)
    }
}

/// The file of a path, relative to the folder: decoded, as static hosts decode, and `index.html` for a page. The page of
/// a story has no `/` at its end: as a folder it is found all the same, and known for what it is.
fn file_name(path: &str) -> Option<String> {
    let decoded = percent_decode_str(path.strip_prefix('/')?).decode_utf8().ok()?;
    let name = match decoded.as_ref() {
        "" => "index.html".to_owned(),
        folder if folder.ends_with('/') => format!("{folder}index.html"),
        story if story.starts_with("story/") => format!("{story}/index.html"),
        file => file.to_owned(),
    };
    is_inside(&name).then_some(name)
}

fn is_inside(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    !name.contains(['\0', '\n', '\\']) && parts.all(|part| matches!(part, Component::Normal(_)))
}

async fn written(folder: &Path, name: &str, document: Arc<Document>) -> Result<bool, Error> {
    let place = folder.join(name);
    let work = tokio::task::spawn_blocking(move || replace(&place, document.identity()));
    work.await.unwrap_or_else(|error| {
        Err(Error::Broken {
            path: name.to_owned(),
            why: error.to_string(),
        })
    })
}

/// Puts these bytes at this place, whole or not at all; answers whether they were not there already.
fn replace(place: &Path, bytes: &[u8]) -> Result<bool, Error> {
    if std::fs::read(place).is_ok_and(|present| present == bytes) {
        return Ok(false);
    }
    let failed = |action| {
        move |source: io::Error| Error::Export {
            action,
            path: place.to_owned(),
            source,
        }
    };
    if let Some(parent) = place.parent() {
        std::fs::create_dir_all(parent).map_err(failed("cannot make the folder of"))?;
    }
    let mut beside = place.as_os_str().to_owned();
    beside.push(".newsriver-new");
    let beside = PathBuf::from(beside);
    std::fs::write(&beside, bytes)
        .and_then(|()| std::fs::rename(&beside, place))
        .map_err(failed("cannot write"))?;
    Ok(true)
}

/// Removes what the last manifest lists and this export did not write, then writes the manifest anew.
fn tidy(folder: &Path, ours: &BTreeSet<String>) -> Result<usize, Error> {
    let manifest = folder.join(MANIFEST);
    let before = std::fs::read_to_string(&manifest).unwrap_or_default();
    let mut removed = 0;
    for name in before
        .lines()
        .filter(|name| is_inside(name) && !ours.contains(*name))
    {
        let place = folder.join(name);
        match std::fs::remove_file(&place) {
            Ok(()) => removed += 1,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => {
                return Err(Error::Export {
                    action: "cannot remove",
                    path: place,
                    source,
                });
            }
        }
        // Folders that are empty now go with their files; others refuse, which is what we want.
        let parents = Path::new(name).ancestors().skip(1);
        for parent in parents.filter(|parent| !parent.as_os_str().is_empty()) {
            if std::fs::remove_dir(folder.join(parent)).is_err() {
                break;
            }
        }
    }
    let list: String = ours.iter().flat_map(|name| [name.as_str(), "\n"]).collect();
    replace(&manifest, list.as_bytes())?;
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_file_inside_the_folder() {
        assert_eq!(file_name("/").as_deref(), Some("index.html"));
        assert_eq!(file_name("/finance/").as_deref(), Some("finance/index.html"));
        assert_eq!(file_name("/%E8%B4%A2/atom.xml").as_deref(), Some("财/atom.xml"));
        assert_eq!(file_name("/story/1f").as_deref(), Some("story/1f/index.html"));
        for outside in ["/..%2Fx", "/%2E%2E/x", "//etc/passwd", "/a%0Ab"] {
            assert_eq!(file_name(outside), None, "{outside}");
        }
    }
}
