//! From a file to its text, and from the parser's errors to our words.

use super::findings::Findings;
use super::problem::{Problem, Problems, Severity};
use std::io::Read;
use std::path::Path;

/// The longest file that is read, in bytes: some 300,000 sources.
const MAX_BYTES: u64 = 64 << 20;

/// The text of a file, without byte order mark.
pub(crate) fn file(path: &Path) -> Result<String, Problems> {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes));
    if let Err(error) = read {
        return Err(whole(path, unreadable(&error)));
    }
    if bytes.len() as u64 > MAX_BYTES {
        return Err(whole(
            path,
            (
                "is larger than 64 MiB".to_owned(),
                "is this the file you meant?".to_owned(),
            ),
        ));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = memchr::memchr_iter(b'\n', error.as_bytes().get(..valid).unwrap_or_default()).count() + 1;
        whole(
            path,
            (
                format!("is not UTF-8: byte {} in line {line} is out of place", valid + 1),
                "save the file as UTF-8".to_owned(),
            ),
        )
    })?;
    if let Some(at) = memchr::memchr(0, text.as_bytes()) {
        let line = memchr::memchr_iter(b'\n', text.as_bytes().get(..at).unwrap_or_default()).count() + 1;
        let message = format!("is no text: line {line} has a NUL byte");
        return Err(whole(path, (message, "is this the file you meant?".to_owned())));
    }
    Ok(text)
}

fn unreadable(error: &std::io::Error) -> (String, String) {
    match error.kind() {
        std::io::ErrorKind::NotFound => (
            "there is no such file".to_owned(),
            "name another with --config FILE or NEWSRIVER_CONFIG, or begin with the feeds.toml that comes with newsriver".to_owned(),
        ),
        std::io::ErrorKind::IsADirectory => ("is a folder, not a file".to_owned(), "name the file inside it".to_owned()),
        std::io::ErrorKind::PermissionDenied => {
            ("may not be read by this user".to_owned(), "check owner and mode of the file and of the folders above it".to_owned())
        }
        _ => (format!("cannot be read: {error}"), String::new()),
    }
}

/// One problem of the file as a whole.
pub(crate) fn whole(path: &Path, (message, remedy): (String, String)) -> Problems {
    let problem = Problem {
        severity: Severity::Error,
        place: None,
        message,
        remedy,
    };
    Problems {
        file: path.display().to_string(),
        list: vec![problem],
        unlisted: 0,
    }
}

/// Tells of a syntax error in our words. Its span is one of the parsed text.
pub(crate) fn tell(findings: &mut Findings<'_>, parsed: &str, error: &toml::de::Error) {
    let span = error.span().unwrap_or(0..0);
    let words = error.message();
    let spot = parsed.get(span.clone()).unwrap_or("");
    // Told already, where the text begins.
    if words.starts_with("invalid multi-line") && span.start >= parsed.trim_end().len() {
        return;
    }
    let (message, remedy) = if words.starts_with("duplicate key") {
        (
            format!("`{}` is written twice", super::text::shown(spot)),
            "keep one of the two".to_owned(),
        )
    } else if words.starts_with("string values must be quoted") && spot.is_empty() {
        (
            "the value is missing".to_owned(),
            "write it after the `=`, or remove the line".to_owned(),
        )
    } else if words.starts_with("string values must be quoted") || words.starts_with("invalid float") {
        (
            "this value is not quoted".to_owned(),
            "put text in double quotes: \"…\"".to_owned(),
        )
    } else if words.starts_with("invalid unquoted key") {
        (
            "this name needs quotes".to_owned(),
            "names of keys are made of letters, digits, `-` and `_`".to_owned(),
        )
    } else if words.starts_with("invalid basic string") || words.starts_with("invalid literal string") {
        (
            "the text is not closed, or has a character that may not stand there".to_owned(),
            "end it with the quote it began with, on the same line".to_owned(),
        )
    } else if words.starts_with("missing escaped value") {
        (
            "a backslash must be followed by one of b, t, n, f, r, e, \\, \", x, u, U".to_owned(),
            "write `\\\\`, or use single quotes, in which a backslash is a backslash".to_owned(),
        )
    } else if words.starts_with("unexpected key or value") {
        (
            "nothing may follow here".to_owned(),
            "begin a new line, or put `#` before a comment".to_owned(),
        )
    } else {
        let (message, expected) = words.split_once(", expected ").unwrap_or((words, ""));
        let remedy = if expected.is_empty() {
            String::new()
        } else {
            format!("expected here: {expected}")
        };
        (message.to_owned(), remedy)
    };
    findings.syntax_parsed(span, message, remedy);
}
