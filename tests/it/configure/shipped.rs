//! The file that comes along, the schema and the reference page say what the program does.

use super::*;

#[test]
fn the_shipped_file_is_an_example_worth_having() {
    let config = check(SHIPPED).unwrap();
    assert!(SHIPPED.starts_with("#:schema "));
    assert!(config.sources.len() >= 24 && config.categories.len() >= 6);
    assert!(
        config
            .categories
            .iter()
            .filter(|one| !one.rule.any.is_empty())
            .count()
            >= 3
    );
    let chinese = config
        .sources
        .iter()
        .filter(|source| source.timezone == Some(chrono_tz::Asia::Shanghai));
    assert!(chinese.count() >= 5);
}

#[test]
fn the_schema_knows_every_key_of_the_shipped_file() {
    let schema = config::json_schema();
    let file: serde_json::Value = toml::from_str(SHIPPED).unwrap();
    for (table, content) in file.as_object().unwrap() {
        let properties = match content {
            serde_json::Value::Array(_) => &schema["properties"][table]["items"]["properties"],
            _ => &schema["properties"][table]["properties"],
        };
        let entries = content
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec![content.clone()]);
        for key in entries.iter().flat_map(|entry| entry.as_object().unwrap().keys()) {
            assert!(
                properties[key]["description"].is_string(),
                "{table}.{key} has no description"
            );
        }
    }
}

#[test]
fn the_reference_page_says_what_the_program_does() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/feeds-toml.md");
    let page = config::reference();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/feeds-toml.md is not what the settings say; BLESS=1 cargo test reference writes it"
    );
    let schema = config::json_schema();
    for (name, table) in schema["properties"].as_object().unwrap() {
        assert!(page.contains(&format!("[{name}]")));
        let keys = table.get("items").unwrap_or(table)["properties"]
            .as_object()
            .unwrap();
        for (key, property) in keys {
            let default = property
                .get("default")
                .map(|value| format!("`{value}`"))
                .unwrap_or_default();
            assert!(
                page.lines()
                    .any(|line| line.starts_with(&format!("| `{key}` |")) && line.contains(&default)),
                "{name}.{key}"
            );
        }
    }
}
