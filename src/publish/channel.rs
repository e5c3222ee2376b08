//! Which documents there are, and where.
//!
//! A subject (the river, a category, a source) in a form (page, RSS, Atom, JSON Feed) is one document with one
//! path. Paths here begin with `/`, are percent-encoded, and know nothing of the prefix in `site.url`.

use super::archive::Volume;
use super::clean;
use crate::model::{SourceId, StoryId};
use crate::store::Channel;

/// The four forms of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// A web page.
    Page,
    /// RSS 2.0.
    Rss,
    /// Atom 1.0.
    Atom,
    /// JSON Feed 1.1.
    Json,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Page, Self::Rss, Self::Atom, Self::Json];

    /// The last segment of its path; empty for a page.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Page => "",
            Self::Rss => "rss.xml",
            Self::Atom => "atom.xml",
            Self::Json => "feed.json",
        }
    }

    /// The form whose path ends so.
    pub fn of_file(file: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.file() == file)
    }

    /// Its media type, as links name it.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Page => "text/html",
            Self::Rss => "application/rss+xml",
            Self::Atom => "application/atom+xml",
            Self::Json => "application/feed+json",
        }
    }

    /// Its `Content-Type`.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Page => "text/html; charset=utf-8",
            Self::Rss => "application/rss+xml; charset=utf-8",
            Self::Atom => "application/atom+xml; charset=utf-8",
            Self::Json => "application/feed+json; charset=utf-8",
        }
    }
}

/// What a document is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// All items.
    River,
    /// One category, by name.
    Category(String),
    /// One source, by number and name.
    Source(SourceId, String),
    /// The hot ranking, of the whole river or of a category.
    Hot(Option<String>),
}

impl Subject {
    /// The folder of its documents: `/`, `/NAME/`, `/source/NAME/`, `/hot/`, `/NAME/hot/`.
    pub(crate) fn folder(&self) -> String {
        match self {
            Self::River => "/".to_owned(),
            Self::Category(name) => format!("/{}/", clean::segment(name)),
            Self::Source(_, name) => format!("/source/{}/", clean::segment(name)),
            Self::Hot(None) => "/hot/".to_owned(),
            Self::Hot(Some(name)) => format!("/{}/hot/", clean::segment(name)),
        }
    }

    /// Where its document of this form is.
    pub(crate) fn path(&self, form: Form) -> String {
        let mut path = self.folder();
        path.push_str(form.file());
        path
    }

    /// Where a document of its archive is.
    pub(crate) fn archived(&self, volume: Volume, form: Form) -> String {
        format!("{}{}{}", self.folder(), volume.folder(), form.file())
    }

    /// What our own `tag:` ids call it.
    pub(crate) fn tag(&self) -> String {
        match self {
            Self::River => "river".to_owned(),
            Self::Category(name) => format!("category/{}", clean::segment(name)),
            Self::Source(_, name) => format!("source/{}", clean::segment(name)),
            Self::Hot(None) => "hot".to_owned(),
            Self::Hot(Some(name)) => format!("category/{}/hot", clean::segment(name)),
        }
    }

    /// The list its items come from.
    pub(crate) fn channel(&self) -> Channel {
        match self {
            Self::River => Channel::River,
            Self::Category(name) => Channel::Category(name.clone()),
            Self::Source(id, _) => Channel::Source(*id),
            Self::Hot(_) => Channel::Shared,
        }
    }
}

/// Where the page of a story is.
pub(crate) fn story_path(story: StoryId) -> String {
    format!("/story/{story}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_document_has_its_path() {
        assert_eq!(Subject::River.path(Form::Page), "/");
        assert_eq!(Subject::River.path(Form::Json), "/feed.json");
        let category = Subject::Category("财经".into());
        assert_eq!(category.path(Form::Atom), "/%E8%B4%A2%E7%BB%8F/atom.xml");
        let source = Subject::Source(SourceId(3), "example-org".into());
        assert_eq!(source.path(Form::Rss), "/source/example-org/rss.xml");
        assert_eq!(source.tag(), "source/example-org");
        assert_eq!(Subject::Hot(None).path(Form::Rss), "/hot/rss.xml");
        let hot = Subject::Hot(Some("财经".into()));
        assert_eq!(hot.path(Form::Page), "/%E8%B4%A2%E7%BB%8F/hot/");
        assert_eq!(story_path(StoryId(255)), "/story/ff");
    }

    #[test]
    fn a_file_name_tells_the_form() {
        assert_eq!(Form::of_file("atom.xml"), Some(Form::Atom));
        assert_eq!(Form::of_file(""), Some(Form::Page));
        assert_eq!(Form::of_file("index.html"), None);
    }
}
