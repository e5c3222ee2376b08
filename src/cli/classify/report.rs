//! How well answers agree with the categories that are known.

use std::collections::BTreeMap;
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// Confidences are counted in so many steps.
const STEPS: usize = 10;

/// From these confidences on the report says how much was answered and how well.
const FLOORS: [f32; 5] = [0.5, 0.6, 0.7, 0.8, 0.9];

/// Columns are at most so wide.
const WIDEST: usize = 12;

/// What has come out so far.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// How often each category was answered for items of each.
    confusion: BTreeMap<String, BTreeMap<String, usize>>,
    /// Of each answer its confidence and whether it was right.
    answers: Vec<(f32, bool)>,
}

impl Report {
    /// Counts an answer.
    pub(super) fn add(&mut self, truth: &str, answered: &str, confidence: f32) {
        let row = self.confusion.entry(truth.to_owned()).or_default();
        *row.entry(answered.to_owned()).or_default() += 1;
        self.answers.push((confidence, truth == answered));
    }

    /// The share of right answers.
    fn accuracy(&self) -> f64 {
        let right = self.answers.iter().filter(|(_, is_right)| *is_right).count();
        ratio(right, self.answers.len())
    }

    fn count(&self, truth: &str, answered: &str) -> usize {
        let row = self.confusion.get(truth);
        row.and_then(|row| row.get(answered)).copied().unwrap_or_default()
    }

    /// Precision, recall and their harmonic mean of a category.
    fn quality(&self, name: &str) -> (f64, f64, f64) {
        let right = self.count(name, name);
        let answered: usize = self.confusion.keys().map(|truth| self.count(truth, name)).sum();
        let all: usize = self.confusion.get(name).map_or(0, |row| row.values().sum());
        (
            ratio(right, answered),
            ratio(right, all),
            ratio(2 * right, answered + all),
        )
    }

    /// The mean, over the categories in the input, of precision's and recall's harmonic mean.
    fn macro_f1(&self) -> f64 {
        let sum: f64 = self.confusion.keys().map(|name| self.quality(name).2).sum();
        sum / self.confusion.len().max(1) as f64
    }

    /// Of each step of confidence: how many answers, the sum of what they promised, how many were right.
    fn steps(&self) -> [(usize, f64, usize); STEPS] {
        let mut steps = [(0, 0.0, 0); STEPS];
        for &(confidence, is_right) in &self.answers {
            let step = ((confidence * STEPS as f32) as usize).min(STEPS - 1);
            if let Some((count, promised, right)) = steps.get_mut(step) {
                *count += 1;
                *promised += f64::from(confidence);
                *right += usize::from(is_right);
            }
        }
        steps
    }

    /// How far confidence and truth lie apart, on average over the answers.
    fn calibration_error(&self) -> f64 {
        let gap = |(_, promised, right): (usize, f64, usize)| (promised - right as f64).abs();
        self.steps().map(gap).iter().sum::<f64>() / self.answers.len().max(1) as f64
    }

    /// For people.
    pub(super) fn draw(&self) -> String {
        let mut drawn = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut drawn);
        drawn
    }

    fn write(&self, to: &mut String) -> std::fmt::Result {
        if self.answers.is_empty() {
            return writeln!(to, "no line of the input has a category to compare with");
        }
        writeln!(to, "items              {}", self.answers.len())?;
        writeln!(to, "accuracy           {:.4}", self.accuracy())?;
        writeln!(to, "macro-F1           {:.4}", self.macro_f1())?;
        writeln!(to, "calibration error  {:.4}", self.calibration_error())?;
        writeln!(to, "\nfloor  answered   right")?;
        for floor in FLOORS {
            let answered = self.answers.iter().filter(|(confidence, _)| *confidence >= floor);
            let right = answered.clone().filter(|(_, is_right)| *is_right).count();
            let count = answered.count();
            let (answered, right) = (ratio(count, self.answers.len()), ratio(right, count));
            writeln!(to, "{floor:5.1}  {answered:8.4}  {right:.4}")?;
        }
        writeln!(to, "\nconfidence  items  promised  right")?;
        for (step, (count, promised, right)) in self.steps().into_iter().enumerate() {
            if count > 0 {
                let (from, until) = (step as f64 / STEPS as f64, (step + 1) as f64 / STEPS as f64);
                let promised = promised / count as f64;
                let right = ratio(right, count);
                writeln!(
                    to,
                    "{from:.1} to {until:.1}  {count:5}    {promised:.3}   {right:.3}"
                )?;
            }
        }
        self.write_confusion(to)
    }

    /// Rows are what items are, columns what was answered.
    fn write_confusion(&self, to: &mut String) -> std::fmt::Result {
        let answered = self.confusion.values().flat_map(BTreeMap::keys);
        let mut names: Vec<&str> = self
            .confusion
            .keys()
            .chain(answered)
            .map(String::as_str)
            .collect();
        names.sort_unstable();
        names.dedup();
        let width = names
            .iter()
            .map(|name| name.width().clamp(6, WIDEST))
            .max()
            .unwrap_or(6);
        write!(to, "\n{}", cell("is", width, false))?;
        for name in names.iter().copied().chain(["precision", "recall", "F1"]) {
            write!(to, "  {}", cell(name, width, true))?;
        }
        writeln!(to)?;
        for truth in self.confusion.keys() {
            write!(to, "{}", cell(truth, width, false))?;
            for name in &names {
                write!(
                    to,
                    "  {}",
                    cell(&self.count(truth, name).to_string(), width, true)
                )?;
            }
            let (precision, recall, f1) = self.quality(truth);
            for figure in [precision, recall, f1] {
                write!(to, "  {}", cell(&format!("{figure:.4}"), width, true))?;
            }
            writeln!(to)?;
        }
        Ok(())
    }
}

/// `text` in `width` columns, cut or filled up.
fn cell(text: &str, width: usize, is_right: bool) -> String {
    let mut kept = String::new();
    for letter in text.chars().filter(|letter| !letter.is_control()) {
        kept.push(letter);
        if kept.width() > width {
            kept.pop();
            break;
        }
    }
    let filling = " ".repeat(width.saturating_sub(kept.width()));
    if is_right {
        filling + &kept
    } else {
        kept + &filling
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_those_of_the_textbook() {
        let mut report = Report::default();
        report.add("a", "a", 0.95);
        report.add("a", "b", 0.55);
        report.add("b", "b", 0.95);
        report.add("b", "b", 0.65);
        assert_eq!(report.accuracy(), 0.75);
        let (precision, recall, f1) = report.quality("b");
        assert!((precision - 2.0 / 3.0).abs() < 1e-9 && recall == 1.0 && (f1 - 0.8).abs() < 1e-9);
        assert!((report.macro_f1() - (2.0 / 3.0 + 0.8) / 2.0).abs() < 1e-9);
        // |1.9 - 2| + |0.55 - 0| + |0.65 - 1|, of four answers.
        assert!((report.calibration_error() - 0.25).abs() < 1e-6);
    }

    #[test]
    fn the_table_names_every_category_and_fits_wide_characters() {
        let mut report = Report::default();
        report.add("财经", "体育", 0.5);
        let drawn = report.draw();
        assert!(drawn.contains("财经") && drawn.contains("  体育"), "{drawn}");
        assert_eq!(cell("财经", 6, true), "  财经");
        assert_eq!(cell("a\u{1b}very-long-category", 6, false), "avery-");
        assert!(Report::default().draw().starts_with("no line"));
    }
}
