//! A story's place in the hot ranking, told with its entry.

use serde::Serialize;

/// Where a story stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Standing {
    /// Its place, from 1.
    pub(crate) rank: usize,
    /// The publishers that tell it.
    pub(crate) publishers: usize,
    /// Where it stood an hour before.
    pub(crate) hour: Was,
    /// Where it stood a day before.
    pub(crate) day: Was,
}

/// A place before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub(crate) enum Was {
    /// Nothing is known of that time.
    #[default]
    Unknown,
    /// It was not in the ranking.
    Absent,
    /// At this place, from 1.
    At(usize),
}

impl Was {
    /// Whether anything is known.
    pub(crate) fn is_known(&self) -> bool {
        *self != Self::Unknown
    }

    /// What became of it, as a sign and a number: `↑2`, `↓1`, `=`, and a word of its own for what is new.
    pub(crate) fn sign(self, rank: usize, new: &str) -> Option<String> {
        match self {
            Self::Unknown => None,
            Self::Absent => Some(new.to_owned()),
            Self::At(before) if before == rank => Some("=".to_owned()),
            Self::At(before) if before > rank => Some(format!("↑{}", before - rank)),
            Self::At(before) => Some(format!("↓{}", rank - before)),
        }
    }
}

impl Standing {
    /// Plain text after an entry's own: `No. 3 of the hot ranking, told by 5 publishers; in an hour ↑2; in a day new`.
    pub(crate) fn line(&self, language: &str) -> String {
        let is_chinese = language.starts_with("zh");
        let new = if is_chinese { "新上榜" } else { "new" };
        let signs = [self.hour.sign(self.rank, new), self.day.sign(self.rank, new)];
        let (rank, publishers) = (self.rank, self.publishers);
        if is_chinese {
            let [hour, day] = signs;
            let hour = hour.map(|sign| format!("；一小时内{sign}")).unwrap_or_default();
            let day = day.map(|sign| format!("；一天内{sign}")).unwrap_or_default();
            format!("热榜第{rank}位，{publishers}家报道{hour}{day}")
        } else {
            let [hour, day] = signs;
            let hour = hour
                .map(|sign| format!("; in an hour {sign}"))
                .unwrap_or_default();
            let day = day.map(|sign| format!("; in a day {sign}")).unwrap_or_default();
            format!("No. {rank} of the hot ranking, told by {publishers} publishers{hour}{day}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standing_says_its_rank_and_what_became_of_it() {
        let standing = Standing {
            rank: 3,
            publishers: 5,
            hour: Was::At(5),
            day: Was::Absent,
        };
        assert_eq!(
            standing.line("en"),
            "No. 3 of the hot ranking, told by 5 publishers; in an hour ↑2; in a day new"
        );
        assert_eq!(
            standing.line("zh-CN"),
            "热榜第3位，5家报道；一小时内↑2；一天内新上榜"
        );
        let first = Standing {
            hour: Was::Unknown,
            day: Was::At(1),
            ..standing
        };
        assert!(first.line("en").ends_with("publishers; in a day ↓2"));
        assert_eq!(Was::At(3).sign(3, "new").as_deref(), Some("="));
    }
}
