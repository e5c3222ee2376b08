//! From the path of a request to what lies there.
//!
//! Paths are taken apart strictly: what is not well-formed, climbs, or hides a separator is no address of ours.

use super::archive::Volume;
use super::channel::{Form, Subject};
use super::clean;
use super::lists;
use super::view::View;
use crate::model::StoryId;
use std::collections::HashSet;

/// What a path means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// A channel's document.
    Channel(Subject, Form),
    /// The page of a story.
    Story(StoryId),
    /// A document of a channel's archive.
    Archive(Subject, Volume, Form),
    /// A document that is of no channel, by its path.
    Other(String),
    /// It lives elsewhere; a path with the prefix.
    Moved(String),
    /// It was published once.
    Gone,
    /// Nothing was ever there.
    Missing,
    /// No address at all.
    Malformed,
}

/// What was published once and is declared no longer, percent-encoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Former {
    pub(crate) categories: HashSet<String>,
    pub(crate) sources: HashSet<String>,
}

/// Longest path looked at, in bytes.
const LONGEST: usize = 2048;

/// The meaning of the raw path of a request, prefix included.
pub(crate) fn route(raw: &str, view: &View, former: &Former) -> Route {
    let prefix = view.prefix();
    let Some(path) = raw.strip_prefix(prefix) else {
        return if segments(raw).is_some() {
            Route::Missing
        } else {
            Route::Malformed
        };
    };
    if path.is_empty() && !prefix.is_empty() {
        return Route::Moved(format!("{prefix}/"));
    }
    let Some(segments) = segments(path) else {
        return Route::Malformed;
    };
    let names: Vec<&str> = segments.iter().map(String::as_str).collect();
    let moved = |path: String| Route::Moved(format!("{prefix}{path}"));
    if let Some(route) = archive(&names, view, former) {
        return route;
    }
    match names.as_slice() {
        [""] => Route::Channel(Subject::River, Form::Page),
        ["source", name] if !name.is_empty() => match source(name, view, former) {
            Ok(subject) => moved(subject.folder()),
            Err(route) => route,
        },
        ["source", name, file] => match (source(name, view, former), Form::of_file(file)) {
            (Ok(subject), Some(form)) => Route::Channel(subject, form),
            (Ok(_), None) => Route::Missing,
            (Err(route), _) => route,
        },
        ["hot"] => moved(Subject::Hot(None).folder()),
        ["hot", file] => match Form::of_file(file) {
            Some(form) => Route::Channel(Subject::Hot(None), form),
            None => Route::Missing,
        },
        ["story", id] => story(id).map_or(Route::Missing, Route::Story),
        [file] => match Form::of_file(file) {
            Some(form) => Route::Channel(Subject::River, form),
            None if is_other(file) => Route::Other(format!("/{file}")),
            None => match category(file, view, former) {
                Ok((subject, _)) => moved(subject.folder()),
                Err(route) => route,
            },
        },
        ["assets", file] => Route::Other(format!("/assets/{file}")),
        [name, "hot"] => match hot(name, view, former) {
            Ok((subject, _)) => moved(subject.folder()),
            Err(route) => route,
        },
        [name, "hot", file] => match (hot(name, view, former), Form::of_file(file)) {
            (Ok((subject, true)), Some(form)) => Route::Channel(subject, form),
            (Ok((subject, false)), Some(form)) => moved(subject.path(form)),
            (Ok(_), None) => Route::Missing,
            (Err(route), _) => route,
        },
        [name, file] => match (category(name, view, former), Form::of_file(file)) {
            (Ok((subject, true)), Some(form)) => Route::Channel(subject, form),
            (Ok((subject, false)), Some(form)) => moved(subject.path(form)),
            (Ok(_), None) => Route::Missing,
            (Err(route), _) => route,
        },
        _ => Route::Missing,
    }
}

/// The meaning of a path that names a month, of the river or of a category.
fn archive(names: &[&str], view: &View, former: &Former) -> Option<Route> {
    let is_year = |name: &&str| name.len() == 4 && name.bytes().all(|byte| byte.is_ascii_digit());
    let (head, rest) = names.split_at(names.iter().position(is_year)?);
    let (volume, form) = match rest {
        [year, month] => (Volume::read(year, month, None)?, None),
        [year, month, last] => match Form::of_file(last) {
            Some(form) => (Volume::read(year, month, None)?, Some(form)),
            None => (Volume::read(year, month, Some(last))?, None),
        },
        [year, month, part, file] => (Volume::read(year, month, Some(part))?, Some(Form::of_file(file)?)),
        _ => return None,
    };
    let channel = match head {
        [] => Ok((Subject::River, true)),
        [name] => category(name, view, former),
        _ => return None,
    };
    Some(match (channel, form) {
        (Ok((subject, true)), Some(form)) => Route::Archive(subject, volume, form),
        (Ok((subject, _)), form) => {
            let path = subject.archived(volume, form.unwrap_or(Form::Page));
            Route::Moved(format!("{}{path}", view.prefix()))
        }
        (Err(route), _) => route,
    })
}

fn is_other(file: &str) -> bool {
    [lists::FEEDS, lists::SOURCES, "/robots.txt", "/favicon.ico"]
        .iter()
        .any(|path| path.strip_prefix('/') == Some(file))
}

/// The category of this name, and whether that is its name still.
fn category(name: &str, view: &View, former: &Former) -> Result<(Subject, bool), Route> {
    if view.category(name).is_some() {
        return Ok((Subject::Category(name.to_owned()), true));
    }
    if let Some(category) = view.category_once(name) {
        return Ok((Subject::Category(category.name.clone()), false));
    }
    Err(if former.categories.contains(&clean::segment(name)) {
        Route::Gone
    } else {
        Route::Missing
    })
}

/// The hot ranking of the category of this name, and whether that is its name still.
fn hot(name: &str, view: &View, former: &Former) -> Result<(Subject, bool), Route> {
    let (subject, is_its_name) = category(name, view, former)?;
    let Subject::Category(name) = subject else {
        return Err(Route::Missing);
    };
    Ok((Subject::Hot(Some(name)), is_its_name))
}

/// A story's name, in the one spelling that we give.
fn story(id: &str) -> Option<StoryId> {
    let story = u64::from_str_radix(id, 16).ok().map(StoryId)?;
    (story.to_string() == id).then_some(story)
}

fn source(name: &str, view: &View, former: &Former) -> Result<Subject, Route> {
    if let Some(source) = view.source_named(name) {
        return Ok(Subject::Source(source.id, source.name.clone()));
    }
    Err(if former.sources.contains(&clean::segment(name)) {
        Route::Gone
    } else {
        Route::Missing
    })
}

/// The decoded segments of a path; `None` when it is not well-formed.
fn segments(path: &str) -> Option<Vec<String>> {
    let path = path.strip_prefix('/')?;
    if path.len() > LONGEST {
        return None;
    }
    let mut segments = Vec::new();
    let mut rest = path.split('/').peekable();
    while let Some(segment) = rest.next() {
        let is_last = rest.peek().is_none();
        segments.push(decoded(segment).filter(|segment| is_last || !segment.is_empty())?);
    }
    Some(segments)
}

fn decoded(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
        let byte = digit()? * 16 + digit()?;
        bytes.push(u8::try_from(byte).ok()?);
    }
    let segment = String::from_utf8(bytes).ok()?;
    let is_sound = !segment.contains(['/', '\\']) && !segment.contains(char::is_control);
    (is_sound && !matches!(segment.as_str(), "." | "..")).then_some(segment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Category, SourceId};
    use crate::publish::tests::view;

    fn former() -> Former {
        Former {
            categories: ["sport".to_owned()].into(),
            sources: ["old-one".to_owned()].into(),
        }
    }

    fn named(name: &str) -> Subject {
        Subject::Category(name.into())
    }

    #[test]
    fn documents_are_found_under_their_paths() {
        let view = view();
        let at = |path| route(path, &view, &former());
        assert_eq!(at("/"), Route::Channel(Subject::River, Form::Page));
        assert_eq!(at("/rss.xml"), Route::Channel(Subject::River, Form::Rss));
        assert_eq!(
            at("/finance/feed.json"),
            Route::Channel(named("finance"), Form::Json)
        );
        assert_eq!(
            at("/%E7%A7%91%E6%8A%80/"),
            Route::Channel(named("科技"), Form::Page)
        );
        let source = Subject::Source(SourceId(1), "alpha".into());
        assert_eq!(at("/source/alpha/atom.xml"), Route::Channel(source, Form::Atom));
        assert_eq!(at("/robots.txt"), Route::Other("/robots.txt".into()));
    }

    #[test]
    fn a_month_is_found_under_its_channel() {
        let view = view();
        let at = |path| route(path, &view, &former());
        let month = Volume::read("2026", "11", None).unwrap();
        let part = Volume::read("2026", "11", Some("2")).unwrap();
        assert_eq!(
            at("/2026/11/atom.xml"),
            Route::Archive(Subject::River, month, Form::Atom)
        );
        assert_eq!(
            at("/finance/2026/11/"),
            Route::Archive(named("finance"), month, Form::Page)
        );
        assert_eq!(
            at("/finance/2026/11/2/feed.json"),
            Route::Archive(named("finance"), part, Form::Json)
        );
        let piece = Volume::read("2026", "11", Some("2.1")).unwrap();
        assert_eq!(
            at("/2026/11/2.1/rss.xml"),
            Route::Archive(Subject::River, piece, Form::Rss)
        );
        assert_eq!(at("/2026/11/2.1"), Route::Moved("/2026/11/2.1/".into()));
        assert_eq!(at("/2026/11"), Route::Moved("/2026/11/".into()));
        assert_eq!(at("/2026/11/2"), Route::Moved("/2026/11/2/".into()));
        assert_eq!(
            at("/money/2026/11/rss.xml"),
            Route::Moved("/finance/2026/11/rss.xml".into())
        );
        assert_eq!(at("/sport/2026/11/rss.xml"), Route::Gone);
        for path in [
            "/2026",
            "/2026/",
            "/2026/13/",
            "/2026/99/atom.xml",
            "/2026/1/",
            "/2026/11/0/",
            "/2026/11/x.xml",
            "/2026/11/1/2/",
            "/weather/2026/11/",
            "/source/alpha/2026/11/",
        ] {
            assert_eq!(at(path), Route::Missing, "{path}");
        }
    }

    #[test]
    fn what_moved_says_where_and_what_ended_says_so() {
        let view = view();
        let at = |path| route(path, &view, &former());
        assert_eq!(at("/finance"), Route::Moved("/finance/".into()));
        assert_eq!(at("/source/alpha"), Route::Moved("/source/alpha/".into()));
        assert_eq!(at("/money/atom.xml"), Route::Moved("/finance/atom.xml".into()));
        assert_eq!(at("/money"), Route::Moved("/finance/".into()));
        for path in ["/sport", "/sport/", "/sport/atom.xml", "/source/old-one/rss.xml"] {
            assert_eq!(at(path), Route::Gone, "{path}");
        }
        for path in ["/weather/", "/source/", "/finance/x", "/a/b/c/d", "/index.html"] {
            assert_eq!(at(path), Route::Missing, "{path}");
        }
    }

    #[test]
    fn stories_and_rankings_have_their_paths() {
        let view = view();
        let at = |path| route(path, &view, &former());
        assert_eq!(at("/hot/"), Route::Channel(Subject::Hot(None), Form::Page));
        assert_eq!(at("/hot"), Route::Moved("/hot/".into()));
        let hot = Subject::Hot(Some("finance".into()));
        assert_eq!(at("/finance/hot/atom.xml"), Route::Channel(hot, Form::Atom));
        assert_eq!(at("/finance/hot"), Route::Moved("/finance/hot/".into()));
        assert_eq!(
            at("/money/hot/rss.xml"),
            Route::Moved("/finance/hot/rss.xml".into())
        );
        assert_eq!(at("/sport/hot/"), Route::Gone);
        assert_eq!(at("/story/1f"), Route::Story(StoryId(31)));
        for path in [
            "/hot/x",
            "/weather/hot/",
            "/story/",
            "/story/1F",
            "/story/01",
            "/story/x",
            "/story",
            "/source/alpha/hot/",
        ] {
            assert_eq!(at(path), Route::Missing, "{path}");
        }
    }

    #[test]
    fn crooked_paths_are_no_addresses() {
        let view = view();
        for path in [
            "/..",
            "/finance/../atom.xml",
            "/%2e%2e/feeds.toml",
            "/a%2Fb",
            "/a%00",
            "/a\\b",
            "/%5c",
            "//atom.xml",
            "/finance//",
            "/%ff",
            "/%zz",
            "/%4",
            "*",
            "",
        ] {
            assert_eq!(route(path, &view, &former()), Route::Malformed, "{path}");
        }
        let long = format!("/{}", "a".repeat(5000));
        assert_eq!(route(&long, &view, &former()), Route::Malformed);
    }

    #[test]
    fn a_prefix_belongs_to_every_path() {
        let mut view = view();
        view.url = "https://example.org/news/".parse().unwrap();
        view.categories.push(Category::default());
        let at = |path| route(path, &view, &former());
        assert_eq!(at("/news/atom.xml"), Route::Channel(Subject::River, Form::Atom));
        assert_eq!(at("/news"), Route::Moved("/news/".into()));
        assert_eq!(at("/news/finance"), Route::Moved("/news/finance/".into()));
        assert_eq!(at("/atom.xml"), Route::Missing);
        assert_eq!(at("/newsroom"), Route::Malformed);
    }
}
