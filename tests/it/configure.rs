//! One commented file says everything; what is wrong with it is said in one go, each thing at its place.

use newsriver::config::{self, Look};
use std::path::Path;

/// All that `check` would draw for a text.
fn drawn(text: &str) -> String {
    match config::check_text(Path::new("feeds.toml"), text) {
        Ok((_, warnings)) => config::draw("feeds.toml", &warnings, Look::Plain),
        Err(problems) => problems.draw(Look::Plain),
    }
}

/// `line:column message` of each error.
fn places(text: &str) -> Vec<String> {
    match config::check_text(Path::new("feeds.toml"), text) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .errors()
            .map(|problem| {
                let place = problem
                    .place
                    .as_ref()
                    .map_or_else(String::new, |place| format!("{}:{}", place.line, place.column));
                format!("{place} {}", problem.message)
            })
            .collect(),
    }
}

#[test]
fn twelve_faults_of_twelve_kinds_are_told_at_their_twelve_places() {
    let text = include_str!("../fixtures/twelve-faults.toml");
    let problems = config::check_text(Path::new("feeds.toml"), text).unwrap_err();
    assert_eq!(problems.error_count(), 12);
    insta::assert_snapshot!("twelve_faults", drawn(text));
}

#[test]
fn what_a_later_version_brings_is_refused_by_name() {
    let text = "[story]\nwindow = 3\n[[source]]\nurl = \"https://example.org/a\"\nfull_text = true\nkind = \"page\"\n";
    assert_eq!(
        places(text),
        [
            "1:2 the table `story` is not yet supported",
            "5:1 `full_text` in `[[source]]` is not yet supported",
            "6:8 \"page\" is not yet supported",
        ]
    );
}
