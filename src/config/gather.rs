//! The tables of a file, each read by the list of its keys; unknown ones and those of the wrong shape are told.

use super::findings::Findings;
use super::names;
use super::section::{Section, homes, listed};
use super::settings::{CATEGORY, EXAMPLE, TABLES, Table};
use super::text::shown;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The tables of the file, as far as they are what they should be.
#[derive(Debug, Default)]
pub(super) struct Tables {
    single: BTreeMap<&'static str, Section>,
    /// `[[category]]`.
    pub(super) categories: Vec<Section>,
    /// `[[example]]`.
    pub(super) examples: Vec<Section>,
    /// `[[source]]`.
    pub(super) sources: Vec<Section>,
}

impl Tables {
    /// A table that stands once; where it is not written, with all its defaults.
    pub(super) fn take(&mut self, table: &'static Table) -> Section {
        self.single
            .remove(table.name)
            .unwrap_or_else(|| Section::absent(table))
    }

    fn put(&mut self, table: &Table, list: Vec<Section>) {
        let place = if table.name == CATEGORY.name {
            &mut self.categories
        } else if table.name == EXAMPLE.name {
            &mut self.examples
        } else {
            &mut self.sources
        };
        *place = list;
    }

    fn lists(&self) -> impl Iterator<Item = &Section> {
        self.categories.iter().chain(&self.examples).chain(&self.sources)
    }
}

/// Reads every table by its keys; unknown ones and those of the wrong shape go to the findings.
pub(super) fn gather(findings: &mut Findings<'_>, root: &DeTable<'_>) -> Tables {
    let mut tables = Tables::default();
    for (written, value) in root.iter() {
        let name = written.get_ref().as_ref();
        let Some(table) = TABLES.iter().find(|table| table.name == name) else {
            unknown_table(findings, name, written.span(), value.get_ref());
            continue;
        };
        match (table.is_list, value.get_ref()) {
            (false, DeValue::Table(content)) => {
                let section = Section::read(findings, table, value.span(), content);
                tables.single.insert(table.name, section);
            }
            (true, DeValue::Array(array)) => {
                let list = read_list(findings, table, array);
                tables.put(table, list);
            }
            (true, DeValue::Table(content)) => {
                findings.error(
                    value.span(),
                    format!("`[{name}]` is a list"),
                    format!("write [[{name}]] with double brackets, one for each"),
                );
                let list = vec![Section::read(findings, table, value.span(), content)];
                tables.put(table, list);
            }
            (false, DeValue::Array(_)) => {
                findings.error(
                    value.span(),
                    format!("there is only one `{}`", table.header()),
                    format!("write it once, as [{name}]"),
                );
            }
            _ => findings.error(
                value.span(),
                format!("`{name}` is a table"),
                format!("begin it with a line of its own: {}", table.header()),
            ),
        }
    }
    tell_missing(findings, &tables);
    tables
}

fn read_list(
    findings: &mut Findings<'_>,
    table: &'static Table,
    array: &[Spanned<DeValue<'_>>],
) -> Vec<Section> {
    let mut list = Vec::with_capacity(array.len());
    for element in array {
        match element.get_ref() {
            DeValue::Table(content) => list.push(Section::read(findings, table, element.span(), content)),
            _ => findings.error(
                element.span(),
                format!("`{}` is a list of tables", table.name),
                format!("begin each with a line of its own: {}", table.header()),
            ),
        }
    }
    list
}

fn unknown_table(findings: &mut Findings<'_>, name: &str, span: Range<usize>, value: &DeValue<'_>) {
    let is_table = match value {
        DeValue::Table(_) => true,
        DeValue::Array(array) => array.iter().any(|element| element.get_ref().is_table()),
        _ => false,
    };
    let homes = homes(name);
    if !is_table && !homes.is_empty() {
        findings.error(
            span,
            format!("`{name}` stands outside of all tables"),
            format!("it belongs in {homes}"),
        );
        return;
    }
    let what = if is_table { "table" } else { "key" };
    let tables = || TABLES.iter().map(|table| table.name);
    let remedy = match (findings.is_full(), names::nearest(name, tables())) {
        (true, _) => String::new(),
        (false, Some(near)) => {
            let header = TABLES
                .iter()
                .find(|table| table.name == near)
                .map(|table| table.header())
                .unwrap_or_default();
            format!("did you mean `{header}`?")
        }
        (false, None) => format!("the tables are {}", listed(tables())),
    };
    findings.error(span, format!("unknown {what} `{}`", shown(name)), remedy);
}

/// Required keys that are not there, told only where no syntax error may have hidden them.
fn tell_missing(findings: &mut Findings<'_>, tables: &Tables) {
    let mut starts: Vec<usize> = tables
        .lists()
        .chain(tables.single.values())
        .map(|section| section.span.start)
        .collect();
    starts.sort_unstable();
    for section in tables.lists() {
        let next = starts
            .get(starts.partition_point(|start| *start <= section.span.start))
            .copied();
        section.tell_missing(findings, next);
    }
}
