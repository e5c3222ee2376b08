//! The house stands as docs/architecture.md draws it: no file imports from its own floor's later modules or from above,
//! and no two modules import each other.

#![allow(clippy::unwrap_used)]

use regex::Regex;
use std::path::{Path, PathBuf};

/// The floor whose modules do not know each other at all.
const STATIONS: u32 = 2;

/// One row of the table: a floor and a module on it.
struct Row {
    floor: u32,
    module: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The table in docs/architecture.md, in its order.
fn table() -> Vec<Row> {
    let text = std::fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let row = Regex::new(r"(?m)^\| (\d) \| `([a-z_]+)` \| .*\S.* \|$").unwrap();
    let rows = row.captures_iter(&text);
    rows.map(|row| Row {
        floor: row[1].parse().unwrap(),
        module: row[2].to_owned(),
    })
    .collect()
}

/// Why `from` may not import `to`; `None`: it may.
fn objection(table: &[Row], from: &str, to: &str) -> Option<String> {
    let place = |module: &str| table.iter().position(|row| row.module == module);
    let (Some(own), Some(other)) = (place(from), place(to)) else {
        return Some(format!(
            "`{from}` or `{to}` is not in the table of docs/architecture.md"
        ));
    };
    let (own_floor, other_floor) = (table.get(own)?.floor, table.get(other)?.floor);
    if own == other || other_floor < own_floor {
        None
    } else if other_floor > own_floor {
        Some(format!("floor {own_floor} may not know floor {other_floor}"))
    } else if own_floor == STATIONS {
        Some("stations do not know each other".to_owned())
    } else if other > own {
        Some(format!("on floor {own_floor}, `{to}` is listed after `{from}`"))
    } else {
        None
    }
}

/// Every `.rs` file below a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The module of the crate's root that a file of `src/` belongs to.
fn module_of(path: &Path) -> String {
    let first = path
        .strip_prefix(root().join("src"))
        .unwrap()
        .iter()
        .next()
        .unwrap();
    let name = first.to_str().unwrap();
    name.strip_suffix(".rs").unwrap_or(name).to_owned()
}

/// The root modules named by `crate::…` in Rust text, comments aside, each with its line.
fn named(text: &str) -> Vec<(usize, String)> {
    let path = Regex::new(r"\bcrate::(?:([a-z_][a-z0-9_]*)|\{)").unwrap();
    let code: Vec<&str> = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    for captures in path.captures_iter(&code) {
        let whole = captures.get(0).unwrap();
        let line = code[..whole.start()].matches('\n').count() + 1;
        match captures.get(1) {
            Some(name) => found.push((line, name.as_str().to_owned())),
            None => found.extend(grouped(&code[whole.end()..]).into_iter().map(|name| (line, name))),
        }
    }
    found
}

/// The first name of each path in a group, from just after its opening brace.
fn grouped(text: &str) -> Vec<String> {
    let mut depth = 1;
    let mut names = vec![String::new()];
    for character in text.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => names.push(String::new()),
            _ if depth == 1 => names.last_mut().unwrap().push(character),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    let names = names
        .iter()
        .map(|name| name.trim().split("::").next().unwrap_or_default());
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[test]
fn every_path_in_src_leads_to_a_lower_floor() {
    let table = table();
    let mut all = Vec::new();
    files(&root().join("src"), &mut all);
    let mut objections = Vec::new();
    for path in all {
        let module = module_of(&path);
        if module == "lib" || module == "main" {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for (line, other) in named(&text) {
            if let Some(why) = objection(&table, &module, &other) {
                let path = path.strip_prefix(root()).unwrap().display();
                objections.push(format!("{path}:{line}: crate::{other}: {why}"));
            }
        }
    }
    assert!(objections.is_empty(), "{}", objections.join("\n"));
}

#[test]
fn lib_lists_exactly_the_tables_modules_in_its_order() {
    let text = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let listed: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    let table = table();
    let drawn: Vec<&str> = table.iter().map(|row| row.module.as_str()).collect();
    assert_eq!(listed, drawn);
    assert!(table.is_sorted_by_key(|row| row.floor));
}

#[test]
fn the_rule_knows_up_from_down() {
    let rows = [
        (0, "model"),
        (0, "text"),
        (2, "fetch"),
        (2, "parse"),
        (4, "poll"),
        (4, "publish"),
    ];
    let table: Vec<Row> = rows
        .iter()
        .map(|(floor, module)| Row {
            floor: *floor,
            module: (*module).to_owned(),
        })
        .collect();
    let may = |from, to| objection(&table, from, to).is_none();
    assert!(may("fetch", "model") && may("text", "model") && may("publish", "poll") && may("fetch", "fetch"));
    assert!(!may("model", "fetch"), "upwards");
    assert!(!may("model", "text"), "a later module of the same floor");
    assert!(!may("parse", "fetch"), "another station");
    assert!(!may("fetch", "somewhere"), "an unknown module");
}

#[test]
fn paths_are_found_in_groups_and_not_in_comments() {
    let text = "use crate::{clock::{Clock, SystemClock}, model::Item};\n// crate::cli\nlet x = crate::text::fold(y);\n";
    let found: Vec<(usize, String)> = named(text);
    let expected = [(1, "clock"), (1, "model"), (3, "text")];
    assert_eq!(found, expected.map(|(line, name)| (line, name.to_owned())));
}
