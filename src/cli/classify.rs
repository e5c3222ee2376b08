//! `newsriver classify`: the learned classifier on files.

mod report;

use super::terminal;
use crate::categorize::learned::{Example, Floor, Model, Unsorted};
use crate::categorize::teaching::MOST_UNSORTED;
use report::Report;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::process::ExitCode;

/// Answers are always given, whatever the confidence; the model's own figures are not shown.
const FLOOR: f32 = 0.0;

/// A line of either file.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    category: Option<String>,
}

/// A line of the answer.
#[derive(Serialize)]
struct Told<'a> {
    id: &'a Value,
    category: &'a str,
    confidence: f32,
    why: String,
}

/// Learns from `train`, and from the first lines of `input` without their categories where that is a file; then answers
/// each line of `input` as it comes. With `report`, what came out is compared with the categories in the input, on
/// standard error. Exit code 1 when a file cannot be used whole.
pub(super) fn run(train: &Path, input: &Path, report: bool) -> ExitCode {
    let told = learn(train, &waiting(input)).and_then(|model| answer(&model, input, report));
    match told {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(words) => {
            terminal::complain(words);
            ExitCode::FAILURE
        }
    }
}

/// A file, or standard input.
type Lines = BufReader<Box<dyn Read>>;

/// Opens a file, or standard input for `-`.
fn open(path: &Path) -> Result<Lines, String> {
    if path.as_os_str() == "-" {
        return Ok(BufReader::new(Box::new(io::stdin())));
    }
    let file = File::open(path).map_err(|error| format!("{} cannot be opened: {error}", path.display()))?;
    Ok(BufReader::new(Box::new(file)))
}

/// Reads the next line that is not blank, whatever its bytes; counts lines in `number`.
fn next_line(from: &mut Lines, path: &Path, number: &mut usize) -> Result<Option<Vec<u8>>, String> {
    loop {
        let mut line = Vec::new();
        let length = from
            .read_until(b'\n', &mut line)
            .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        if length == 0 {
            return Ok(None);
        }
        *number += 1;
        if !line.trim_ascii().is_empty() {
            return Ok(Some(line));
        }
    }
}

fn read(line: &[u8], path: &Path, number: usize) -> Result<Line, String> {
    serde_json::from_slice(line).map_err(|error| {
        let path = path.display();
        format!("{path}:{number} is no object with id, title, text and category as texts: {error}")
    })
}

/// The lines of a file that are to be sorted, as many as are learned from. What comes through a pipe is seen only once,
/// and what cannot be read is complained of when its turn comes.
fn waiting(path: &Path) -> Vec<Line> {
    let mut lines = Vec::new();
    let is_file = path.metadata().is_ok_and(|about| about.is_file());
    let Some(mut from) = is_file.then(|| open(path).ok()).flatten() else {
        return lines;
    };
    let mut number = 0;
    while lines.len() < MOST_UNSORTED
        && let Ok(Some(line)) = next_line(&mut from, path, &mut number)
    {
        lines.extend(read(&line, path, number));
    }
    lines
}

fn learn(path: &Path, waiting: &[Line]) -> Result<Model, String> {
    let mut from = open(path)?;
    let mut lines = Vec::new();
    let mut number = 0;
    while let Some(line) = next_line(&mut from, path, &mut number)? {
        let line = read(&line, path, number)?;
        if line.category.is_none() {
            return Err(format!(
                "{}:{number} has no category, so nothing can be learned from it",
                path.display()
            ));
        }
        lines.push(line);
    }
    let name = |line: &Line| line.category.clone().unwrap_or_default();
    let mut categories: Vec<String> = lines.iter().map(name).collect();
    categories.sort_unstable();
    categories.dedup();
    let place = |line: &Line| categories.binary_search(&name(line)).unwrap_or_default();
    let places: Vec<usize> = lines.iter().map(place).collect();
    let examples: Vec<Example<'_>> = lines
        .iter()
        .zip(&places)
        .map(|(line, place)| Example {
            title: line.title.as_deref().unwrap_or_default(),
            text: line.text.as_deref().unwrap_or_default(),
            categories: std::slice::from_ref(place),
            importance: 1.0,
            group: 0,
        })
        .collect();
    let unsorted = waiting.iter().map(|line| Unsorted {
        title: line.title.as_deref().unwrap_or_default(),
        text: line.text.as_deref().unwrap_or_default(),
    });
    let unsorted: Vec<Unsorted<'_>> = unsorted.collect();
    Model::learn(categories.clone(), &examples, &unsorted, Floor::at(FLOOR)).ok_or_else(|| {
        format!(
            "{} has fewer than two categories: there is nothing to tell apart",
            path.display()
        )
    })
}

/// Answers every line that can be read; false when one could not.
fn answer(model: &Model, path: &Path, wants_report: bool) -> Result<bool, String> {
    let mut from = open(path)?;
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut report = Report::default();
    let mut is_whole = true;
    let mut number = 0;
    while let Some(line) = next_line(&mut from, path, &mut number)? {
        let line = match read(&line, path, number) {
            Ok(line) => line,
            Err(words) => {
                terminal::complain(words);
                is_whole = false;
                continue;
            }
        };
        let answer = model.answer(
            line.title.as_deref().unwrap_or_default(),
            line.text.as_deref().unwrap_or_default(),
        );
        let category = model.categories.get(answer.category).map_or("", String::as_str);
        let told = Told {
            id: &line.id,
            category,
            confidence: answer.confidence,
            why: answer.reason(),
        };
        // Who asks line by line is answered line by line: all goes out before a read that may wait.
        let may_wait = !from.buffer().contains(&b'\n');
        if tell(&mut out, &told, may_wait).is_err() {
            // A reader that has gone away is no failure of ours.
            return Ok(is_whole);
        }
        if let Some(truth) = line.category.as_deref().filter(|_| wants_report) {
            report.add(truth, category, answer.confidence);
        }
    }
    if out.flush().is_ok() && wants_report {
        let figures = &model.figures;
        let learned = format!(
            "learned from {} examples of {} categories; the model takes {} bytes\n",
            figures.examples,
            figures.categories.len(),
            model.to_bytes().len()
        );
        let _ = io::stderr()
            .lock()
            .write_all((learned + &report.draw()).as_bytes());
    }
    Ok(is_whole)
}

fn tell(out: &mut impl Write, told: &Told<'_>, at_once: bool) -> io::Result<()> {
    serde_json::to_writer(&mut *out, told)?;
    out.write_all(b"\n")?;
    if at_once { out.flush() } else { Ok(()) }
}
