//! Markup made safe, absolute and plain.
//!
//! [`sanitize`] is for what a reader's browser will run, [`plain`] and [`excerpt`] are for what people and rules
//! read, [`escape`] is for text on its way into markup. All of it takes time in proportion to the input, whatever
//! the input is. Which markup a field holds is for the parsers to know; what is published where, for `publish`.

mod absolute;
mod allowed;
mod alternates;
mod entities;
mod flatten;
mod hosts;
mod nest;
mod pictures;
mod places;
mod plain;
mod sanitize;
mod scan;
mod simple;

pub use absolute::{Scheme, absolute};
pub use alternates::{Alternate, alternates};
pub use entities::unescape;
pub use places::lead_places_to;
pub use plain::{excerpt, plain};
pub use sanitize::sanitize;

/// `text` as the content of an element or of a quoted attribute, in HTML and XML alike.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 16);
    push_escaped(&mut escaped, text);
    escaped
}

/// Appends `text` escaped.
pub fn push_escaped(escaped: &mut String, text: &str) {
    let mut rest = text;
    while let Some(place) = rest.find(['&', '<', '>', '"', '\'']) {
        let (before, after) = rest.split_at(place);
        escaped.push_str(before);
        escaped.push_str(match after.as_bytes().first() {
            Some(b'&') => "&amp;",
            Some(b'<') => "&lt;",
            Some(b'>') => "&gt;",
            Some(b'"') => "&quot;",
            _ => "&#39;",
        });
        rest = after.get(1..).unwrap_or_default();
    }
    escaped.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn escaping_covers_text_and_both_kinds_of_quotes() {
        assert_eq!(
            escape("央行 & <b> \"it's\""),
            "央行 &amp; &lt;b&gt; &quot;it&#39;s&quot;"
        );
        assert_eq!(escape(""), "");
    }
}
