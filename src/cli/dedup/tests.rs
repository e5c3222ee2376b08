use super::*;

fn found(lines: &[Value]) -> Vec<(String, Option<String>, String, String)> {
    let file = tempfile::NamedTempFile::new().unwrap();
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(file.path(), text).unwrap();
    let mut output = Vec::new();
    write(file.path(), true, &mut output).unwrap();
    let told = String::from_utf8(output).unwrap();
    let text = |line: &Value, key: &str| line[key].as_str().map(str::to_owned);
    told.lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            let of = |key: &str| text(&line, key).unwrap();
            (of("id"), text(&line, "duplicate_of"), of("story"), of("why"))
        })
        .collect()
}

fn item(id: &str, url: &str, title: &str, text: &str, source: &str, day: u32) -> Value {
    json!({"id": id, "url": url, "title": title, "text": text, "source": source,
        "published": format!("2026-03-{day:02}T08:00:00+08:00")})
}

const TEXT: &str =
    "The council met on Monday to discuss the new bridge across the river, its cost and its colour";

#[test]
fn copies_name_their_original_and_every_line_its_story() {
    let lines = found(&[
        item("a", "https://a.example/1", "New bridge", TEXT, "a", 1),
        item(
            "b",
            "https://a.example/1?utm_source=x",
            "New bridge",
            "short",
            "b",
            1,
        ),
        item("c", "https://c.example/7", "Council meets", TEXT, "c", 2),
        item(
            "d",
            "https://d.example/",
            "Prize for painter",
            "A painter from the north won the yearly prize",
            "d",
            2,
        ),
    ]);
    let told: Vec<(&str, Option<&str>, &str)> = lines
        .iter()
        .map(|(id, of, story, _)| (id.as_str(), of.as_deref(), story.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("a", None, "a"),
            ("b", Some("a"), "a"),
            ("c", Some("a"), "a"),
            ("d", None, "d")
        ]
    );
    assert!(lines[1].3.contains("address"), "{}", lines[1].3);
    assert!(lines[2].3.contains("100 % of the shorter text"), "{}", lines[2].3);
}

#[test]
fn lines_come_out_in_the_order_they_went_in_and_none_is_lost() {
    let lines: Vec<Value> = (0..200)
        .map(|number: u32| {
            let text = format!("{TEXT} {number} {}", number * 7);
            item(
                &format!("i{number}"),
                "",
                &format!("Title {number}"),
                &text,
                "a",
                1 + number / 10,
            )
        })
        .collect();
    let told = found(&lines);
    assert_eq!(told.len(), 200);
    assert!(
        (0..)
            .zip(&told)
            .all(|(number, line)| line.0 == format!("i{number}"))
    );
}

#[test]
fn what_is_no_item_is_told_with_its_line() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "{\"id\":\"a\"}\n\n{oops}\n").unwrap();
    let error = write(file.path(), false, &mut Vec::new()).unwrap_err();
    assert!(error.contains("line 3 is no item"), "{error}");
    assert!(
        write(Path::new("/dev/null"), false, &mut Vec::new())
            .unwrap_err()
            .contains("must be a file")
    );
}
