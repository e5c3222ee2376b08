//! The JSON Schema of `feeds.toml`, by which editors complete and check, and the reference page: both written
//! from the settings, so that they say what the checker does.

use super::quantity::{duration_words, size_words};
use super::settings::{Default, Key, Kind, TABLES, Table};
use super::terms::Field;
use super::value::wanted;
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::time::Duration;

/// The JSON Schema (2020-12) of the file.
pub fn json_schema() -> Value {
    let mut properties = Map::new();
    for table in TABLES {
        let mut one = object(table);
        if table.is_list {
            one = json!({ "type": "array", "description": table.about, "items": one });
        }
        properties.insert(table.name.to_owned(), one);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "feeds.toml",
        "description": "What newsriver polls, keeps and publishes.",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

fn served(table: &Table) -> impl Iterator<Item = &'static Key> {
    table.keys.iter().filter(|key| key.is_served())
}

fn object(table: &Table) -> Value {
    let properties: Map<String, Value> = served(table)
        .map(|key| (key.name.to_owned(), property(key)))
        .collect();
    let required: Vec<&str> = served(table)
        .filter(|key| key.default == Default::Required)
        .map(|key| key.name)
        .collect();
    json!({
        "type": "object",
        "description": table.about,
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn property(key: &Key) -> Value {
    let mut property = of_kind(key.kind);
    if let Some(object) = property.as_object_mut() {
        object.insert("description".to_owned(), json!(key.about));
        if let Default::Is(written) = key.default {
            // What TOML writes for these kinds is JSON too.
            object.insert(
                "default".to_owned(),
                serde_json::from_str(written).unwrap_or_else(|_| json!(written)),
            );
        }
    }
    property
}

fn of_kind(kind: Kind) -> Value {
    let texts = || json!({ "type": "array", "items": { "type": "string", "minLength": 1 } });
    match kind {
        Kind::SiteAddress => json!({ "type": "string", "format": "uri", "pattern": "^https?://" }),
        Kind::SourceAddress => {
            json!({ "type": "string", "format": "uri", "pattern": "^(https?://|file:///)" })
        }
        Kind::ProxyAddress => {
            json!({ "type": "string", "format": "uri", "pattern": "^(https?|socks5h?)://" })
        }
        Kind::Fields => json!({
            "type": "object",
            "additionalProperties": { "type": "string", "minLength": 1 },
        }),
        Kind::SourceName | Kind::CategoryName => {
            json!({ "type": "string", "minLength": 1, "maxLength": super::names::MAX_CHARACTERS })
        }
        Kind::CategoryReferences => json!({ "anyOf": [{ "type": "string" }, texts()] }),
        Kind::CategoryNames | Kind::Texts => texts(),
        Kind::Addresses => json!({
            "type": "array",
            "items": { "type": "string", "format": "uri", "pattern": "^https?://" },
        }),
        Kind::Rewrite => json!({
            "type": "object",
            "properties": { "title": texts(), "parameters": texts() },
            "additionalProperties": false,
        }),
        Kind::Rule => rule(),
        Kind::Filter => json!({ "anyOf": [terms(), rule()] }),
        Kind::Switch => json!({ "type": "boolean" }),
        Kind::Count(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::Share => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        Kind::Size(..) => json!({ "type": ["string", "integer"], "examples": ["16MiB"] }),
        Kind::Duration(..) => json!({ "type": "string", "examples": ["30m", "1h 30m", "2 days"] }),
        Kind::Choice(served, _) => json!({ "type": "string", "enum": served }),
        Kind::Text
        | Kind::Passage
        | Kind::FieldValue
        | Kind::Language
        | Kind::Zone
        | Kind::Cron
        | Kind::Listen
        | Kind::Folder
        | Kind::File => json!({ "type": "string", "minLength": 1 }),
        Kind::Later => json!(false),
    }
}

/// A list of terms, each a text or a table.
fn terms() -> Value {
    let weight = || json!({ "type": "number", "exclusiveMinimum": 0, "maximum": 1000 });
    let field = json!({ "type": "string", "enum": Field::ALL.map(Field::name) });
    let term = json!({
        "type": "object",
        "properties": {
            "word": { "type": "string", "minLength": 1 },
            "in": { "anyOf": [field, { "type": "array", "items": field, "minItems": 1 }] },
            "weight": weight(),
        },
        "required": ["word"],
        "additionalProperties": false,
    });
    json!({ "type": "array", "items": { "anyOf": [{ "type": "string", "minLength": 1 }, term] } })
}

/// A rule.
fn rule() -> Value {
    let weight = || json!({ "type": "number", "exclusiveMinimum": 0, "maximum": 1000 });
    let terms = terms();
    json!({
        "type": "object",
        "properties": { "any": terms, "all": terms, "none": terms, "threshold": weight() },
        "anyOf": [{ "required": ["any"] }, { "required": ["all"] }],
        "additionalProperties": false,
    })
}

/// The reference page in Markdown: every table and key with its default, and what is not yet supported.
pub fn reference() -> String {
    let mut page = String::from(INTRODUCTION);
    for table in TABLES {
        // Writing into a string cannot fail.
        let _ = write!(page, "\n## `{}`\n\n{}\n\n", table.header(), table.about);
        page.push_str("| key | holds | default | |\n| --- | --- | --- | --- |\n");
        for key in served(table) {
            let _ = writeln!(
                page,
                "| `{}` | {} | {} | {} |",
                key.name,
                holds(key.kind),
                default(key),
                key.about
            );
        }
    }
    page.push_str("\n## Not yet supported\n\nThese are refused by name, never silently accepted. They come with later versions.\n\n");
    for table in TABLES {
        let later: Vec<String> = table
            .keys
            .iter()
            .filter(|key| !key.is_served())
            .map(|key| format!("`{}`", key.name))
            .collect();
        if !later.is_empty() {
            let _ = writeln!(page, "- In `{}`: {}.", table.header(), later.join(", "));
        }
        for key in table.keys {
            if let Kind::Choice(_, [first, rest @ ..]) = key.kind {
                let words: Vec<String> = std::iter::once(first)
                    .chain(rest)
                    .map(|word| format!("`\"{word}\"`"))
                    .collect();
                let _ = writeln!(
                    page,
                    "- As `{}` of `{}`: {}.",
                    key.name,
                    table.header(),
                    words.join(", ")
                );
            }
        }
    }
    page
}

fn default(key: &Key) -> String {
    match key.default {
        Default::Required => "must be written".to_owned(),
        Default::Is(written) => format!("`{written}`"),
        Default::Otherwise(words) => words.to_owned(),
    }
}

fn holds(kind: Kind) -> String {
    let range = |least: String, most: String| format!("{} from {least} to {most}", wanted(kind).0);
    match kind {
        Kind::Count(least, most) => range(least.to_string(), most.to_string()),
        Kind::Duration(least, most) => range(
            duration_words(Duration::from_millis(least)),
            duration_words(Duration::from_millis(most)),
        ),
        Kind::Size(least, u64::MAX) => format!("a size of at least {}", size_words(least)),
        Kind::Size(least, most) => range(size_words(least), size_words(most)),
        Kind::Choice(served, _) => served
            .iter()
            .map(|word| format!("`\"{word}\"`"))
            .collect::<Vec<_>>()
            .join(", "),
        _ => wanted(kind).0.to_owned(),
    }
}

/// What stands on the reference page before the tables.
const INTRODUCTION: &str = "# feeds.toml

One file says what newsriver polls, keeps and publishes.
It is [TOML](https://toml.io), in UTF-8; the `feeds.toml` beside this folder is an example to start from.
This page is written from the program's own list of keys, and a test keeps it so.

`newsriver check` says all that is wrong with the file in one go, each thing with line, column and a remedy.
`newsriver check --against store` says besides what the file would change among the stored items: which would move to another category (`~`), get one (`+`) or lose the last one (`-`), which a filter would not let in any more (`x`), and which of those that one keeps out it would let in (`<`). Nothing is changed by it; exit code 0 means that nothing would be. Where no daemon runs, it does not know which filters hold already: all stored items that they would not let in are told.
`newsriver schema` prints a JSON Schema, by which editors complete keys and check values: write it to a file and name that file in the first line, as in `#:schema feeds.schema.json`.

A saved file takes effect without a restart: whole, or, when anything is wrong, not at all.

- **Durations** are written as in `\"30m\"`, `\"1h 30m\"`, `\"2 days\"`, `\"1w\"`. A month is `\"1month\"`, since `M` could mean minutes.
- **Sizes** are written as in `\"16MiB\"` (1024) or `\"16MB\"` (1000); a bare number counts bytes.
- **Relative paths** start from the folder of the file. The bare name of a file with a secret is looked for among the credentials that systemd hands over (`LoadCredential=`) first.
- **A category's name** is one segment of a path, in any script. Reserved are newsriver's own pages (`hot`, `source`, `search`, `story`, `status`, `healthz`, `metrics`, `assets`, `websub`, the names of documents, `robots.txt`, `favicon.ico`) and four digits, which are years of the archive.
- **A source's name**, where none is written, is made of its host and path (`example-org-news-rss-xml`), and fixed when the source is first seen.
- **Secrets** do not belong in this file: `password_file`, `bearer_file` and `cookie_file` name the files that hold them. An address with `user:password@` is refused.
";
