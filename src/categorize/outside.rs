//! Why a subject is not in a category that it might be looked for in: the other half of what `why` tells.

use super::{Categorizer, Subject};
use crate::model::Reason;

impl Categorizer {
    /// The categories that somebody's word puts the subject into and whose own filter keeps it out, each with what the
    /// filter says.
    pub fn kept_out(&self, subject: &Subject<'_>) -> Vec<(String, Reason)> {
        let held = self.rules.matched(subject);
        let sections = self.sections.named(subject.tags);
        let is_meant = |place: usize, name: &String| {
            subject.fixed.contains(name)
                || held.iter().any(|&(rule, _)| rule == place)
                || sections.iter().any(|&(section, _)| section == place)
        };
        let meant = self
            .names
            .iter()
            .enumerate()
            .filter(|&(place, name)| is_meant(place, name));
        meant
            .filter_map(|(place, name)| {
                let filter = self.filtered.get(place)?;
                let reason = filter.refusal(&held, &format!("the category {name}"))?;
                Some((name.clone(), reason))
            })
            .collect()
    }

    /// The category that was learned for the subject and is not given to it, and why; none where none was learned, or
    /// where it is given.
    pub fn not_guessed(&self, subject: &Subject<'_>) -> Option<(String, Reason)> {
        if !self.guessed(subject).is_empty() {
            return None;
        }
        let guess = self.guess.as_ref()?;
        let asked = guess.floor.max(guess.model.load().as_ref()?.figures.floor);
        let (name, confidence) = self.likeliest(subject)?;
        let place = self.names.iter().position(|known| *known == name)?;
        let percent = |share: f32| f64::from(share * 100.0).floor();
        let reason = if confidence < asked {
            format!(
                "what was learned is {} % sure of it, and {} % are asked for",
                percent(confidence),
                percent(asked)
            )
        } else {
            let filter = self.filtered.get(place)?;
            let held = self.rules.matched(subject);
            filter.refusal(&held, &format!("the category {name}"))?.0
        };
        Some((name, Reason::new(reason)))
    }
}
