//! The other sources that carried an entry, told to its readers.

use super::entry::CarriedBy;
use crate::html;
use crate::model::Link;

/// A line of HTML after the text, naming them.
pub(crate) fn line(others: &[CarriedBy], language: &str) -> Option<String> {
    if others.is_empty() {
        return None;
    }
    let (words, comma) = if language.starts_with("zh") {
        ("同时刊载：", "、")
    } else {
        ("Also carried by ", ", ")
    };
    let named = |other: &CarriedBy| {
        let name = html::escape(&other.name);
        match &other.link {
            Some(link) => format!("<a href=\"{}\">{name}</a>", html::escape(link)),
            None => name,
        }
    };
    let names: Vec<String> = others.iter().map(named).collect();
    Some(format!("<p>{words}{}</p>", names.join(comma)))
}

/// Where they show it, as links of the relation `related`.
pub(crate) fn links(others: &[CarriedBy]) -> impl Iterator<Item = Link> {
    others.iter().filter_map(|other| {
        Some(Link {
            rel: "related".to_owned(),
            href: other.link.clone()?,
            title: Some(other.name.clone()),
            mime_type: Some("text/html".to_owned()),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn the_others_are_named_with_their_links() {
        let other = |name: &str, link: Option<&str>| CarriedBy {
            name: name.to_owned(),
            link: link.map(str::to_owned),
            since: Timestamp::default(),
        };
        let others = [other("a&b", Some("https://a.example/?x=1&y=2")), other("c", None)];
        assert_eq!(
            line(&others, "en").as_deref(),
            Some("<p>Also carried by <a href=\"https://a.example/?x=1&amp;y=2\">a&amp;b</a>, c</p>")
        );
        assert!(line(&others, "zh-CN").is_some_and(|line| line.contains("、")));
        assert_eq!(line(&[], "en"), None);
        assert_eq!(links(&others).count(), 1);
    }
}
