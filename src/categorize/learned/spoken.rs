//! Which words of an item spoke for its category.
//!
//! Features overlap: of `央行降准` speak four characters and three pairs. What each says is spread over the
//! characters it covers, and the runs of characters that say most are what people are told.

use crate::categorize::features::Wording;
use crate::text::tokens::{is_spaceless, words};

/// So many words are told at most.
const MOST_WORDS: usize = 4;

/// A character joins a run when it says at least this share of what the strongest says.
const JOINING_SHARE: f32 = 0.25;

/// A run of characters without spaces is told no longer than this.
const LONGEST_RUN: usize = 8;

/// A stretch of text and what it says.
struct Run<'t> {
    text: &'t str,
    start: usize,
    characters: usize,
    says: f32,
}

/// The strongest words; `spoken` is what each feature says for the category, the keys ascending.
pub(super) fn words_that_speak(wording: &Wording, spoken: &[(u32, f32)]) -> Vec<String> {
    let text = wording.text.as_str();
    // What is said by each byte of the text.
    let mut says = vec![0.0_f32; text.len()];
    for one in &wording.occurrences {
        let Ok(place) = spoken.binary_search_by_key(&one.key, |&(key, _)| key) else {
            continue;
        };
        let (start, end) = (one.start as usize, one.end as usize);
        if let (Some((_, said)), Some(covered)) = (spoken.get(place), says.get_mut(start..end)) {
            let each = said / covered.len().max(1) as f32;
            covered.iter_mut().for_each(|byte| *byte += each);
        }
    }
    let mut runs = runs(text, &says);
    runs.retain(|run| run.says > 0.0);
    runs.sort_by(|one, other| other.says.total_cmp(&one.says).then(one.start.cmp(&other.start)));
    let mut told: Vec<String> = Vec::new();
    for run in runs {
        if told.len() < MOST_WORDS && !told.iter().any(|known| known == run.text) {
            told.push(run.text.to_owned());
        }
    }
    told
}

/// The words of the text; neighbouring characters of a script without spaces that speak are one run.
fn runs<'t>(text: &'t str, says: &[f32]) -> Vec<Run<'t>> {
    let run_of = |word: &'t str| {
        let start = word.as_ptr().addr() - text.as_ptr().addr();
        let own = says.get(start..start + word.len()).unwrap_or_default();
        Run {
            text: word,
            start,
            characters: 1,
            says: own.iter().sum(),
        }
    };
    let units: Vec<Run<'t>> = words(text).map(run_of).collect();
    let most = units.iter().fold(0.0, |most: f32, run| most.max(run.says));
    let speaks = |run: &Run<'_>| run.says > 0.0 && run.says >= most * JOINING_SHARE;
    let mut runs: Vec<Run<'t>> = Vec::new();
    for unit in units {
        if let Some(last) = runs.last_mut()
            && speaks(last)
            && speaks(&unit)
            && last.start + last.text.len() == unit.start
            && last.characters < LONGEST_RUN
            && last.text.ends_with(is_spaceless)
            && unit.text.starts_with(is_spaceless)
            && let Some(joined) = text.get(last.start..unit.start + unit.text.len())
        {
            last.text = joined;
            last.characters += 1;
            last.says += unit.says;
        } else {
            runs.push(unit);
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(title: &str, strong: &str) -> Vec<String> {
        let wording = Wording::new(title, "", 100);
        let strong = Wording::new("", strong, 100);
        let mut spoken: Vec<(u32, f32)> = wording.counted().iter().map(|&(key, _)| (key, -0.01)).collect();
        for (key, said) in &mut spoken {
            if strong.occurrences.iter().any(|one| one.key == *key) {
                *said = 1.0;
            }
        }
        words_that_speak(&wording, &spoken)
    }

    #[test]
    fn characters_that_speak_together_are_told_as_one_word() {
        assert_eq!(told("昨日央行降准了", "央行降准"), ["央行降准"]);
    }

    #[test]
    fn words_with_spaces_are_told_whole() {
        let told = told("the central bank cut rates", "bank rates");
        assert_eq!(told.get(..2), Some(&["rates".to_owned(), "bank".to_owned()][..]));
    }

    #[test]
    fn nothing_is_told_where_nothing_speaks() {
        assert!(told("昨日", "").is_empty());
    }
}
