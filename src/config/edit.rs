//! Changes to `feeds.toml` that a command makes for the admin: one value in its place, every other byte as it was.
//!
//! The parser says where the value stands, and nothing but that is replaced: comments, order, blanks and line ends
//! are not even looked at.

use super::read;
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use url::Url;

/// Why a file was left as it is.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is wrong already, or would be after the change.
    #[error("{} is left as it is: {why}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// No source of this address.
    #[error("{} has no [[source]] with url = \"{url}\"; it was changed meanwhile", path.display())]
    NoSuchSource {
        /// The file.
        path: PathBuf,
        /// The address.
        url: String,
    },
    /// It cannot be written.
    #[error("{} cannot be written; change it by hand", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Gives the source at the address `from` the address `to`, in the file at `path`. The file is replaced whole, or left
/// as it is when the change would make it wrong (another source may have the address already).
pub fn move_source(path: &Path, from: &str, to: &str) -> Result<(), Error> {
    let wrong = |why: String| Error::Wrong {
        path: path.to_owned(),
        why,
    };
    let text = read::file(path).map_err(|problems| wrong(problems.to_string()))?;
    let edited = with_address(&text, from, to)
        .map_err(|error| wrong(error.to_string()))?
        .ok_or_else(|| Error::NoSuchSource {
            path: path.to_owned(),
            url: from.to_owned(),
        })?;
    super::check_text(path, &edited).map_err(|problems| wrong(problems.to_string()))?;
    replace(path, &edited).map_err(|source| Error::Unwritable {
        path: path.to_owned(),
        source,
    })
}

/// The text with the other address; nothing when no source has `from`.
fn with_address(text: &str, from: &str, to: &str) -> Result<Option<String>, toml::de::Error> {
    let body = text.trim_start_matches('\u{feff}');
    let mark = text.len() - body.len();
    let root = DeTable::parse(body)?;
    let Some(place) = place_of(root.get_ref(), from) else {
        return Ok(None);
    };
    let written = toml::Value::String(to.to_owned()).to_string();
    let mut edited = text.to_owned();
    edited.replace_range(mark + place.start..mark + place.end, &written);
    Ok(Some(edited))
}

/// Where the `url` of the source at this address stands.
fn place_of(root: &DeTable<'_>, address: &str) -> Option<Range<usize>> {
    let wanted = Url::parse(address).ok()?;
    let DeValue::Array(sources) = root.get("source")?.get_ref() else {
        return None;
    };
    sources.iter().find_map(|source: &Spanned<DeValue<'_>>| {
        let url = source.get_ref().as_table()?.get("url")?;
        let written = url.get_ref().as_str()?;
        Url::parse(written.trim())
            .is_ok_and(|written| written == wanted)
            .then(|| url.span())
    })
}

/// Puts `text` in the file's place at one stroke, with its rights; behind a link, where the link leads.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = path.canonicalize()?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
    let written = (|| {
        let mut file = std::fs::File::create(&beside)?;
        file.set_permissions(path.metadata()?.permissions())?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, &path)
    })();
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "http://old.example/feed";
    const NEW: &str = "https://new.example/feed?a=1";

    #[test]
    fn one_value_changes_and_every_other_byte_stays() {
        for (before, after) in [
            (
                "# head\r\n[[source]]   # mine\r\nurl   =  'http://old.example/feed'  # why\r\nname=\"a\"",
                "# head\r\n[[source]]   # mine\r\nurl   =  \"https://new.example/feed?a=1\"  # why\r\nname=\"a\"",
            ),
            (
                "\u{feff}[[source]]\nurl = \"http://other.example/\"\n[[source]]\nurl = \"HTTP://old.example:80/feed\"\n",
                "\u{feff}[[source]]\nurl = \"http://other.example/\"\n[[source]]\nurl = \"https://new.example/feed?a=1\"\n",
            ),
            (
                "source = [ { url = \"http://old.example/feed\" } ]",
                "source = [ { url = \"https://new.example/feed?a=1\" } ]",
            ),
        ] {
            assert_eq!(with_address(before, OLD, NEW).unwrap().as_deref(), Some(after));
        }
        assert_eq!(
            with_address("[[source]]\nurl = \"http://b.example/\"", OLD, NEW).unwrap(),
            None
        );
        assert!(with_address("[[source", OLD, NEW).is_err());
    }

    #[test]
    fn the_file_is_replaced_whole_or_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("feeds.toml");
        let both = format!("[[source]]\nurl = \"{OLD}\"\n[[source]]\nurl = \"{NEW}\"\n");
        std::fs::write(&path, &both).unwrap();
        let error = move_source(&path, OLD, NEW).unwrap_err();
        assert!(error.to_string().contains("left as it is"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), both);
        move_source(&path, NEW, "http://third.example/").unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().contains("third"));
        let error = move_source(&path, NEW, "http://third.example/").unwrap_err();
        assert!(matches!(error, Error::NoSuchSource { .. }), "{error}");
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            1,
            "nothing is left beside it"
        );
    }
}
