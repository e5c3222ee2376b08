//! The two subscription lists: what we publish, and what we read.

use super::channel::{Form, Subject};
use super::view::{SourceView, View};
use super::{clean, page};
use crate::opml::{self, Outline};

/// The list of every published feed.
pub(crate) const FEEDS: &str = "/opml.xml";

/// The list of every source.
pub(crate) const SOURCES: &str = "/sources.opml";

/// The `Content-Type` of both.
pub(crate) const CONTENT_TYPE: &str = "text/x-opml; charset=utf-8";

/// Every feed of ours, in Atom: the river, the categories, the rankings, and the sources in a folder of their own.
pub(crate) fn feeds(view: &View) -> Vec<u8> {
    let feed = |text: &str, subject: &Subject| Outline {
        title: clean::line(text),
        feed_url: Some(view.address(&subject.path(Form::Atom))),
        page_url: Some(view.address(&subject.path(Form::Page))),
        ..Default::default()
    };
    let hot = page::hot_title(&view.language);
    let mut outlines = vec![feed(&view.title, &Subject::River), feed(hot, &Subject::Hot(None))];
    outlines.extend(view.categories.iter().flat_map(|category| {
        let ranking = format!("{} · {hot}", category.title);
        [
            feed(&category.title, &Subject::Category(category.name.clone())),
            feed(&ranking, &Subject::Hot(Some(category.name.clone()))),
        ]
    }));
    let sources: Vec<Outline> = view
        .published_sources()
        .map(|source| feed(&source.name, &Subject::Source(source.id, source.name.clone())))
        .collect();
    if !sources.is_empty() {
        outlines.push(Outline {
            title: "sources".to_owned(),
            children: sources,
            ..Default::default()
        });
    }
    opml::write(&clean::line(&view.title), &outlines).into_bytes()
}

/// Every source with the address we read it at; a folder for each category, the others outside.
pub(crate) fn sources(view: &View) -> Vec<u8> {
    let mut outlines = Vec::new();
    for category in &view.categories {
        let children: Vec<Outline> = view
            .sources
            .iter()
            .filter(|source| source.categories.first() == Some(&category.name))
            .filter_map(outline)
            .collect();
        if !children.is_empty() {
            outlines.push(Outline {
                title: clean::line(&category.title),
                children,
                ..Default::default()
            });
        }
    }
    let others = view.sources.iter().filter(|source| source.categories.is_empty());
    outlines.extend(others.filter_map(outline));
    if outlines.is_empty() {
        // A body must have one.
        outlines.push(Outline {
            title: clean::line(&view.title),
            ..Default::default()
        });
    }
    opml::write(&clean::line(&view.title), &outlines).into_bytes()
}

fn outline(source: &SourceView) -> Option<Outline> {
    Some(Outline {
        title: clean::line(&source.name),
        feed_url: Some(clean::address(&source.url)?),
        ..Default::default()
    })
}
