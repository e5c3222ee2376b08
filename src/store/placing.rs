//! In which lists an item stands, and where in them. Pure functions over an item.

use super::{Channel, Listing};
use crate::model::{Item, ItemNumber, Timestamp};
use std::collections::BTreeSet;

/// The channels an item is listed in: the river, each of its categories, each source that has carried it, and its
/// story where others tell that too.
pub(super) fn channels(item: &Item) -> BTreeSet<Channel> {
    let categories = item.categories().map(|name| Channel::Category(name.to_owned()));
    let sources = item
        .carriers
        .iter()
        .map(|carrier| Channel::Source(carrier.source));
    let story = item
        .story
        .as_ref()
        .filter(|_| item.is_shared)
        .map(|story| [Channel::Shared, Channel::Story(story.id)]);
    std::iter::once(Channel::River)
        .chain(categories)
        .chain(sources)
        .chain(story.into_iter().flatten())
        .collect()
}

/// Where an item stands, and what its lines in the lists say.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Placement {
    pub(super) surfaced: Timestamp,
    pub(super) first_seen: Timestamp,
    pub(super) is_backlog: bool,
    pub(super) channels: BTreeSet<Channel>,
}

impl Placement {
    /// Where `item` stands.
    pub(super) fn of(item: &Item) -> Self {
        Self {
            surfaced: item.surfaced,
            first_seen: item.first_seen,
            is_backlog: item.is_backlog,
            channels: channels(item),
        }
    }

    /// Its line in each of its lists.
    pub(super) fn line(&self, number: ItemNumber, version: u64) -> Listing {
        Listing {
            number,
            surfaced: self.surfaced,
            first_seen: self.first_seen,
            is_backlog: self.is_backlog,
            version,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Carrier, InStory, Label, SourceId, StoryId};

    #[test]
    fn an_item_stands_in_the_river_and_once_in_each_category_and_source() {
        let label = |name: &str| Label {
            category: name.to_owned(),
            ..Label::default()
        };
        let carrier = |id| Carrier {
            source: SourceId(id),
            ..Carrier::default()
        };
        let item = Item {
            labels: vec![label("news"), label("news")],
            carriers: vec![carrier(2), carrier(1), carrier(2)],
            ..Item::default()
        };
        let expected = [
            Channel::River,
            Channel::Category("news".to_owned()),
            Channel::Source(SourceId(1)),
            Channel::Source(SourceId(2)),
        ];
        assert_eq!(channels(&item), BTreeSet::from(expected));
    }

    #[test]
    fn an_item_stands_in_its_story_once_others_tell_it_too() {
        let mut item = Item {
            story: Some(InStory {
                id: StoryId(7),
                ..InStory::default()
            }),
            ..Item::default()
        };
        assert_eq!(channels(&item), BTreeSet::from([Channel::River]));
        item.is_shared = true;
        let expected = [Channel::River, Channel::Shared, Channel::Story(StoryId(7))];
        assert_eq!(channels(&item), BTreeSet::from(expected));
    }
}
