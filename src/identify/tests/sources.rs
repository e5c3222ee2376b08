//! Several sources: what they share, and what is each one's own.

use super::*;

#[test]
fn two_sources_that_number_their_items_alike_share_none() {
    let mut world = World::default();
    let (here, mut there) = (story(0), story(1));
    there.guid = here.guid.clone();
    assert_eq!(world.poll(1, &[here]), ["new"]);
    assert_eq!(world.poll(2, &[there]), ["new"]);
}

#[test]
fn one_address_in_two_sources_is_one_item_and_stays_at_rest() {
    let mut world = World::default();
    let here = story(0);
    let mut there = story(0);
    there.guid = Some("other".into());
    there.link = Some("http://www.a.example.org/0.html?utm_source=planet".into());
    there.title = Some("Story 0 (by a planet)".into());
    there.content = Some("A shortened text".into());
    let (here, there) = ([here], [there]);
    assert_eq!(world.poll(1, &here), ["new"]);
    assert_eq!(world.poll(2, &there), ["+0"]);
    for _ in 0..3 {
        assert_eq!(world.poll(1, &here), ["=0"]);
        assert_eq!(world.poll(2, &there), ["=0"]);
    }
    assert_eq!(world.told, [0]);
}

#[test]
fn one_global_id_in_two_sources_is_one_item() {
    let mut world = World::default();
    let mut here = story(0);
    here.guid = Some("tag:a.example.org,2026:0".into());
    let mut there = here.clone();
    there.link = Some("https://planet.example.org/0".into());
    assert_eq!(world.poll(1, &[here]), ["new"]);
    assert_eq!(world.poll(2, &[there.clone()]), ["+0"]);
    assert_eq!(world.poll(2, &[there]), ["=0"]);
}

#[test]
fn a_source_under_a_new_address_announces_nothing_twice() {
    let mut world = World::default();
    world.poll(1, &stories(0..3));
    assert_eq!(world.poll(2, &stories(0..4)), ["+0", "+1", "+2", "new"]);
}

#[test]
fn an_address_shared_by_many_articles_joins_no_sources() {
    let mut world = World::default();
    let at_home = |number: usize| {
        let mut entry = story(number);
        entry.link = Some("https://a.example.org/".into());
        entry
    };
    world.poll(1, &[at_home(0), at_home(1), at_home(2)]);
    assert_eq!(world.poll(2, &[at_home(5)]), ["new"]);
}

proptest! {
    /// The same where two sources list each other's articles, under ids of the whole world.
    #[test]
    fn the_same_document_again_changes_nothing_beside_another_source(
        documents in prop::collection::vec(
            (
                1_u32..3,
                prop::collection::vec((0_usize..4, 0_usize..4, 0_usize..4, 0_usize..3), 0..6),
            ),
            1..6,
        )
    ) {
        let mut world = World::default();
        for (source, document) in &documents {
            let mut entries: Vec<Entry> = document.iter().map(contender).collect();
            for entry in &mut entries {
                entry.guid = entry.guid.take().map(|guid| format!("tag:a.example.org,2026:{guid}"));
            }
            world.poll(*source, &entries);
            world.rests(*source, &entries)?;
        }
    }
}
