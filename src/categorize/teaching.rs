//! Which stored items teach the classifier, and what of their text does.
//!
//! An example is an item that the admin's or its source's own word puts into categories; one that nobody's word does
//! shows what will be asked. The newest are taken, of each source of a category about as many, so that a category does not come to look like its busiest
//! source; and what marks the source rather than the matter (its outlet's name, lines that it repeats in item
//! after item) is left out.

use crate::text::fold::fold;
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;
use xxhash_rust::xxh3::Xxh3DefaultBuilder;

/// Examples of one category at most.
pub const MOST_OF_CATEGORY: usize = 2000;

/// Examples of one source in one category at least, where it has them, however many sources there are.
const FEWEST_OF_SOURCE: usize = 40;

/// A category with fewer examples is not learned.
const FEWEST_OF_CATEGORY: usize = 20;

/// Items that nobody sorted at most.
pub const MOST_UNSORTED: usize = 10_000;

/// Two categories must have so many.
const ENOUGH_OF_CATEGORY: usize = 50;

/// Characters of a text that are kept for an example.
const CHARACTERS: usize = 500;

/// A line that one source has in so many items says nothing about any of them.
const REPEATED: usize = 3;

/// Marks between a title and the name of the outlet that some sources put behind it.
const TITLE_MARKS: [&str; 8] = [" - ", " – ", " — ", " | ", "_", "｜", "|", "-"];

/// An item that may teach.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// The categories that somebody's word puts it into; none where nobody's does.
    pub categories: Vec<String>,
    /// The number of the source that brought it.
    pub source: u32,
    /// Plain text.
    pub title: String,
    /// Plain text, a line a paragraph.
    pub text: String,
    /// How many examples it counts for: more than 0.
    pub importance: f32,
}

impl Lesson {
    /// An admin chose it: it takes no source's place, and none of it is taken out.
    fn is_by_hand(&self) -> bool {
        self.importance > 1.0
    }
}

/// Collects lessons, the newest first.
#[derive(Debug, Default)]
pub struct Lessons {
    taken: Vec<Lesson>,
    unsorted: Vec<Lesson>,
    of_source: HashMap<(String, u32), usize>,
}

impl Lessons {
    /// Takes a lesson, unless its source has brought as many to each of its categories as any source may.
    pub fn add(&mut self, mut lesson: Lesson, outlet: &str) {
        if lesson.categories.is_empty() && self.unsorted.len() >= MOST_UNSORTED {
            return;
        }
        let mut has_place = lesson.categories.is_empty();
        for category in &lesson.categories {
            let count = self
                .of_source
                .entry((category.clone(), lesson.source))
                .or_default();
            has_place |= *count < MOST_OF_CATEGORY;
            *count += 1;
        }
        if !has_place {
            return;
        }
        lesson.title = without_outlet(&lesson.title, outlet).to_owned();
        lesson.text = lesson.text.chars().take(CHARACTERS).collect();
        let of_its_kind = if lesson.categories.is_empty() {
            &mut self.unsorted
        } else {
            &mut self.taken
        };
        of_its_kind.push(lesson);
    }

    /// How many examples there are.
    pub fn len(&self) -> usize {
        self.taken.len()
    }

    /// There is no example.
    pub fn is_empty(&self) -> bool {
        self.taken.is_empty()
    }

    /// The lessons to learn from, balanced over the sources of each category, and behind them the items that nobody
    /// sorted; the error says what is missing, in words.
    pub fn chosen(self) -> Result<Vec<Lesson>, String> {
        let by_sources = self.taken.iter().filter(|lesson| !lesson.is_by_hand());
        let mut sources: HashMap<&str, HashSet<u32>> = HashMap::new();
        for lesson in by_sources {
            for category in &lesson.categories {
                sources.entry(category).or_default().insert(lesson.source);
            }
        }
        let share_of: HashMap<String, usize> = sources
            .into_iter()
            .map(|(category, own)| {
                let share = MOST_OF_CATEGORY / own.len().max(1);
                (category.to_owned(), share.max(FEWEST_OF_SOURCE))
            })
            .collect();
        let mut of_source: HashMap<(String, u32), usize> = HashMap::new();
        let mut of_category: HashMap<String, usize> = HashMap::new();
        let mut chosen: Vec<Lesson> = Vec::new();
        for lesson in self.taken {
            let has_place = lesson.categories.iter().any(|category| {
                let own = of_source.get(&(category.clone(), lesson.source)).copied();
                let share = share_of.get(category).copied().unwrap_or(MOST_OF_CATEGORY);
                let all = of_category.get(category).copied();
                (lesson.is_by_hand() || own.unwrap_or_default() < share)
                    && all.unwrap_or_default() < MOST_OF_CATEGORY
            });
            if has_place {
                for category in &lesson.categories {
                    let own = of_source.entry((category.clone(), lesson.source)).or_default();
                    *own += usize::from(!lesson.is_by_hand());
                    *of_category.entry(category.clone()).or_default() += 1;
                }
                chosen.push(lesson);
            }
        }
        let enough = of_category
            .values()
            .filter(|&&count| count >= ENOUGH_OF_CATEGORY)
            .count();
        if enough < 2 {
            let (are, categories) = if enough == 1 {
                ("is", "category")
            } else {
                ("are", "categories")
            };
            return Err(format!(
                "there {are} {enough} {categories} with {ENOUGH_OF_CATEGORY} examples, and it takes two; examples are \
                 the items that sources, rules and sections put into a category, what was filed by hand, and \
                 `[[example]]`"
            ));
        }
        let is_large = |category: &String| {
            let count = of_category.get(category);
            count.is_some_and(|&count| count >= FEWEST_OF_CATEGORY)
        };
        for lesson in &mut chosen {
            lesson.categories.retain(is_large);
        }
        chosen.retain(|lesson| !lesson.categories.is_empty());
        chosen.extend(self.unsorted);
        strip_repeated(&mut chosen);
        Ok(chosen)
    }
}

/// A title without the outlet's name behind it.
pub fn without_outlet<'t>(title: &'t str, outlet: &str) -> &'t str {
    let outlet = fold(outlet);
    if outlet.is_empty() {
        return title;
    }
    for mark in TITLE_MARKS {
        if let Some((head, tail)) = title.rsplit_once(mark) {
            let tail = fold(tail.trim());
            if !head.trim().is_empty()
                && !tail.is_empty()
                && (outlet.contains(&tail) || tail.contains(&outlet))
            {
                return head.trim_end();
            }
        }
    }
    title
}

/// Takes out the lines that a source has in several of its items.
fn strip_repeated(lessons: &mut [Lesson]) {
    let hash = |source: u32, line: &str| Xxh3DefaultBuilder::new().hash_one((source, line.trim()));
    let mut seen: HashMap<u64, usize> = HashMap::new();
    for lesson in lessons.iter().filter(|lesson| !lesson.is_by_hand()) {
        for line in lesson.text.lines() {
            *seen.entry(hash(lesson.source, line)).or_default() += 1;
        }
    }
    for lesson in lessons.iter_mut().filter(|lesson| !lesson.is_by_hand()) {
        let own = |line: &&str| {
            seen.get(&hash(lesson.source, line))
                .is_none_or(|&count| count < REPEATED)
        };
        let kept: Vec<&str> = lesson.text.lines().filter(own).collect();
        lesson.text = kept.join("\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lesson(category: &str, source: u32, text: &str) -> Lesson {
        Lesson {
            categories: category.split_whitespace().map(str::to_owned).collect(),
            source,
            title: "t".to_owned(),
            text: text.to_owned(),
            importance: 1.0,
        }
    }

    fn of_category(chosen: &[Lesson], name: &str) -> usize {
        let own = |lesson: &&Lesson| lesson.categories.iter().any(|category| category == name);
        chosen.iter().filter(own).count()
    }

    #[test]
    fn the_outlets_name_behind_a_title_goes_and_nothing_else() {
        assert_eq!(without_outlet("央行降准 - 新华网", "新华网"), "央行降准");
        assert_eq!(without_outlet("央行降准_新浪财经", "新浪财经-国内"), "央行降准");
        assert_eq!(without_outlet("Rates cut | BBC News", "BBC News"), "Rates cut");
        assert_eq!(
            without_outlet("Rates cut - again", "BBC News"),
            "Rates cut - again"
        );
        assert_eq!(without_outlet("Post-war", ""), "Post-war");
    }

    #[test]
    fn a_busy_source_does_not_crowd_out_the_others_of_its_category() {
        let mut lessons = Lessons::default();
        for _ in 0..3000 {
            lessons.add(lesson("a", 1, ""), "");
        }
        for _ in 0..100 {
            lessons.add(lesson("a", 2, ""), "");
            lessons.add(lesson("b", 3, ""), "");
        }
        let chosen = lessons.chosen().unwrap();
        let count = |source: u32| chosen.iter().filter(|lesson| lesson.source == source).count();
        assert_eq!((count(1), count(2), count(3)), (1000, 100, 100));
    }

    #[test]
    fn what_is_taught_by_hand_takes_no_sources_place_and_is_learned_whole() {
        let mut lessons = Lessons::default();
        for number in 0..3000 {
            let by_hand = Lesson {
                importance: 5.0,
                ..lesson("a", 9, "said again")
            };
            let is_said = number < 60;
            is_said.then(|| lessons.add(by_hand, ""));
            lessons.add(lesson("a", 1, ""), "");
            lessons.add(lesson("b", 1, ""), "");
        }
        let chosen = lessons.chosen().unwrap();
        let of_a = |by_hand: bool| {
            let own = |lesson: &&Lesson| lesson.categories == ["a"] && lesson.is_by_hand() == by_hand;
            chosen.iter().filter(own).count()
        };
        assert_eq!((of_a(true), of_a(false)), (60, 1940));
        assert!(
            chosen
                .iter()
                .filter(|lesson| lesson.is_by_hand())
                .all(|lesson| lesson.text == "said again")
        );
    }

    #[test]
    fn too_little_to_learn_from_is_said() {
        let mut lessons = Lessons::default();
        for _ in 0..60 {
            lessons.add(lesson("a", 1, ""), "");
        }
        for _ in 0..49 {
            lessons.add(lesson("b", 2, ""), "");
        }
        assert!(
            lessons
                .chosen()
                .unwrap_err()
                .starts_with("there is 1 category with 50")
        );
    }

    #[test]
    fn a_small_category_is_left_out_and_costs_the_others_nothing() {
        let mut lessons = Lessons::default();
        for (category, count) in [("a", 60), ("b", 60), ("c", 19)] {
            for _ in 0..count {
                lessons.add(lesson(category, 1, ""), "");
            }
        }
        let chosen = lessons.chosen().unwrap();
        assert_eq!(chosen.len(), 120);
    }

    #[test]
    fn an_item_of_two_categories_is_an_example_of_both() {
        let mut lessons = Lessons::default();
        for _ in 0..60 {
            lessons.add(lesson("a b", 1, ""), "");
            lessons.add(lesson("a c", 2, ""), "");
        }
        lessons.add(lesson("d a", 3, ""), "");
        let chosen = lessons.chosen().unwrap();
        let of = |name: &str| of_category(&chosen, name);
        assert_eq!((of("a"), of("b"), of("c"), of("d")), (121, 60, 60, 0));
    }

    #[test]
    fn an_umbrella_over_many_sources_does_not_keep_their_own_categories_small() {
        let mut lessons = Lessons::default();
        for _ in 0..50 {
            for source in 0..60 {
                lessons.add(lesson(&format!("all {}", source % 3), source, ""), "");
            }
        }
        let chosen = lessons.chosen().unwrap();
        let of = |name: &str| of_category(&chosen, name);
        assert_eq!((of("0"), of("1"), of("2")), (1000, 1000, 1000));
    }

    #[test]
    fn items_that_nobody_sorted_come_behind_the_examples_and_not_without_end() {
        let mut lessons = Lessons::default();
        for _ in 0..60 {
            lessons.add(lesson("a", 1, ""), "");
            lessons.add(lesson("b", 2, ""), "");
        }
        for _ in 0..MOST_UNSORTED + 1 {
            lessons.add(lesson("", 3, "buy now"), "");
        }
        assert_eq!(lessons.len(), 120);
        let chosen = lessons.chosen().unwrap();
        assert_eq!(chosen.len(), 120 + MOST_UNSORTED);
        assert!(chosen.iter().skip(120).all(|lesson| lesson.categories.is_empty()));
        assert!(chosen.iter().all(|lesson| lesson.text.is_empty()));
    }

    #[test]
    fn lines_that_a_source_repeats_teach_nothing() {
        let mut lessons = vec![
            lesson("a", 1, "first\nfollow us"),
            lesson("a", 1, "second\nfollow us"),
            lesson("a", 1, "third\nfollow us"),
            lesson("a", 2, "follow us"),
        ];
        strip_repeated(&mut lessons);
        let texts: Vec<&str> = lessons.iter().map(|lesson| lesson.text.as_str()).collect();
        assert_eq!(texts, ["first", "second", "third", "follow us"]);
    }
}
