//! Which copy of an article leads: its words stand for the item, its source is credited.
//!
//! The admin's `priority` decides, then the longer text, then who came first. The item stays the same one: its id,
//! its times and its place do not change with the lead, so that nothing is announced again.

use crate::html;
use crate::model::{Item, SourceId};
use std::collections::HashMap;

/// A copy is longer than the leading one when it is longer by a tenth: footers differ.
const LONGER: (usize, usize) = (11, 10);

/// Whether a copy, as the item it would have been, is to lead the item from now on.
pub(super) fn takes_the_lead(item: &Item, copy: &Item, priorities: &HashMap<SourceId, usize>) -> bool {
    let priority = |item: &Item| {
        let lead = item
            .carriers
            .first()
            .and_then(|carrier| priorities.get(&carrier.source));
        lead.copied().unwrap_or_default()
    };
    match priority(copy).cmp(&priority(item)) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => length(copy) * LONGER.1 > length(item) * LONGER.0,
    }
}

/// The item with the words of the copy, which leads from now on.
pub(super) fn led_by(item: Item, copy: Item) -> Item {
    let mut carriers = copy.carriers;
    carriers.extend(item.carriers);
    Item {
        id: item.id,
        link: copy.link.or(item.link),
        published: item.published,
        updated: item.updated,
        first_seen: item.first_seen,
        surfaced: item.surfaced,
        is_backlog: item.is_backlog,
        labels: item.labels,
        is_filed: item.is_filed,
        story: item.story,
        is_shared: item.is_shared,
        reason: item.reason,
        carriers,
        ..copy
    }
}

/// Characters of its text.
fn length(item: &Item) -> usize {
    let text = item.content.as_deref().or(item.summary.as_deref());
    text.map_or(0, |text| html::plain(text).chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Carrier, Timestamp};

    fn copy(source: u32, text: &str) -> Item {
        Item {
            id: format!("id {source}"),
            title: format!("title {source}"),
            content: Some(text.to_owned()),
            surfaced: Timestamp::from_seconds(i64::from(source)),
            carriers: vec![Carrier {
                source: SourceId(source),
                ..Carrier::default()
            }],
            ..Item::default()
        }
    }

    #[test]
    fn priority_leads_then_the_longer_text_then_the_first() {
        let (none, second) = (HashMap::new(), HashMap::from([(SourceId(2), 5)]));
        let first = copy(1, "a text of some length");
        assert!(!takes_the_lead(&first, &copy(2, "a text of some length"), &none));
        assert!(!takes_the_lead(&first, &copy(2, "a text of some length."), &none));
        assert!(takes_the_lead(
            &first,
            &copy(2, "a text of some length, and more"),
            &none
        ));
        assert!(takes_the_lead(&first, &copy(2, "short"), &second));
        assert!(!takes_the_lead(
            &copy(2, "short"),
            &copy(1, "a text of some length"),
            &second
        ));
    }

    #[test]
    fn a_new_lead_brings_its_words_and_leaves_the_item_the_same() {
        let led = led_by(copy(1, "short"), copy(2, "a longer text"));
        assert_eq!((led.id.as_str(), led.title.as_str()), ("id 1", "title 2"));
        assert_eq!(led.surfaced, Timestamp::from_seconds(1));
        let carriers: Vec<u32> = led.carriers.iter().map(|carrier| carrier.source.0).collect();
        assert_eq!(carriers, [2, 1]);
    }
}
