//! Edits: what is worth telling, what is noise, and what wears an identity out.

use super::*;

#[test]
fn an_edited_title_or_text_updates_the_item() {
    let mut world = World::default();
    world.poll(1, &[story(0)]);
    let mut edited = story(0);
    edited.title = Some("Story nought".into());
    assert_eq!(world.poll(1, &[edited.clone()]), ["!0"]);
    edited.content =
        Some("Wholly new words about another thing, at the same place and under the same id".into());
    assert_eq!(world.poll(1, &[edited.clone()]), ["!0"]);
    assert_eq!(world.poll(1, &[edited]), ["=0"]);
}

#[test]
fn noise_is_no_news() {
    let mut world = World::default();
    let with = |content: &str| entry("1", "https://a.example.org/1", "Title", content);
    world.poll(1, &[with("<p>Some words, 5 comments</p>")]);
    assert_eq!(
        world.poll(1, &[with("<div>Some words,  9 comments</div>")]),
        ["~0"]
    );
    let mut tagged = with("<div>Some words,  9 comments</div>");
    tagged.tags.push(crate::model::Tag::default());
    assert_eq!(world.poll(1, &[tagged]), ["~0"]);
}

#[test]
fn titles_and_texts_that_go_to_and_fro_are_told_once() {
    let mut world = World::default();
    let (mut one, mut other) = (story(0), story(0));
    other.title = Some("Another title".into());
    world.poll(1, &[one.clone()]);
    for _ in 0..4 {
        world.poll(1, &[other.clone()]);
        world.poll(1, &[one.clone()]);
    }
    assert_eq!(world.told, [1]);
    one.content = Some("New words for the same thing".into());
    for _ in 0..4 {
        world.poll(1, &[one.clone()]);
        world.poll(1, &[story(0)]);
    }
    assert_eq!(world.told, [2]);
}

#[test]
fn a_live_report_may_change_its_title_again_and_again() {
    let mut world = World::default();
    world.poll(1, &[story(0)]);
    for number in 0..8 {
        let mut live = story(0);
        live.title = Some(format!("Live: turn {number}"));
        assert_eq!(world.poll(1, &[live]), ["!0"]);
    }
}

#[test]
fn a_guid_that_has_named_three_titles_is_no_identity_any_more() {
    let mut world = World::default();
    let only_guid = |title: &str| entry("1", "", title, "");
    assert_eq!(world.poll(1, &[only_guid("A")]), ["new"]);
    assert_eq!(world.poll(1, &[only_guid("B")]), ["!0"]);
    assert_eq!(world.poll(1, &[only_guid("C")]), ["!0"]);
    assert_eq!(world.poll(1, &[only_guid("D")]), ["taken"]);
    assert_eq!(world.poll(1, &[only_guid("D")]), ["=1"]);
    assert_eq!(world.poll(1, &[only_guid("E"), only_guid("D")]), ["taken", "=1"]);
}

#[test]
fn an_address_that_has_named_three_titles_is_no_identity_any_more() {
    let mut world = World::default();
    let only_link = |title: &str| entry("", "https://a.example.org/today", title, "");
    assert_eq!(world.poll(1, &[only_link("A")]), ["new"]);
    assert_eq!(world.poll(1, &[only_link("B")]), ["!0"]);
    assert_eq!(world.poll(1, &[only_link("C")]), ["!0"]);
    assert_eq!(world.poll(1, &[only_link("D")]), ["new"]);
    assert_eq!(world.poll(1, &[only_link("D")]), ["=1"]);
}

#[test]
fn a_link_that_moves_with_its_guid_takes_the_new_address_along() {
    let mut world = World::default();
    world.poll(1, &[story(0)]);
    let mut moved = story(0);
    moved.link = Some("https://new.example.org/0".into());
    assert_eq!(world.poll(1, &[moved.clone()]), ["~0"]);
    assert_eq!(world.poll(1, &[moved.clone()]), ["=0"]);
    assert_eq!(world.poll(2, &[moved]), ["+0"]);
}
