//! Where a picture really is, and whether it is meant for eyes.

use super::entities::unescape_attribute;
use super::scan::{Attributes, MAX_ATTRIBUTES};
use std::borrow::Cow;

/// Where pages that load pictures late put the real address, in the order of trust.
const LATE_SOURCES: [&str; 5] = [
    "data-src",
    "data-original",
    "data-lazy-src",
    "data-actualsrc",
    "data-original-src",
];

/// The value of the first attribute of this name, in any case.
pub(super) fn value<'v>(attributes: Attributes<'v>, wanted: &str) -> Option<Cow<'v, str>> {
    let mut all = attributes.take(MAX_ATTRIBUTES);
    all.find(|(name, _)| name.eq_ignore_ascii_case(wanted))
        .map(|(_, value)| unescape_attribute(value))
}

/// The real address of a picture that a script was to load, or, without any usable `src`, the first of `srcset`.
/// `resolve` makes an address absolute.
pub(super) fn late_source(
    attributes: Attributes<'_>,
    resolve: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let late = LATE_SOURCES
        .iter()
        .find_map(|name| resolve(&value(attributes, name)?));
    if late.is_some() || value(attributes, "src").is_some_and(|source| resolve(&source).is_some()) {
        return late;
    }
    let set = value(attributes, "srcset").or_else(|| value(attributes, "data-srcset"))?;
    resolve(set.split_whitespace().next()?.trim_end_matches(','))
}

/// The address of anything that has one: late, `src`, or of a set.
pub(super) fn source(attributes: Attributes<'_>, resolve: impl Fn(&str) -> Option<String>) -> Option<String> {
    late_source(attributes, &resolve).or_else(|| resolve(&value(attributes, "src")?))
}

/// A picture nobody is meant to see: one pixel wide and high, or not shown at all.
pub(super) fn is_pixel(attributes: Attributes<'_>) -> bool {
    let (mut is_narrow, mut is_low) = (false, false);
    for (name, value) in attributes.take(MAX_ATTRIBUTES) {
        let is_tiny = || matches!(value.trim().trim_end_matches("px").trim(), "0" | "1");
        if name.eq_ignore_ascii_case("width") {
            is_narrow = is_tiny();
        } else if name.eq_ignore_ascii_case("height") {
            is_low = is_tiny();
        } else if name.eq_ignore_ascii_case("style") {
            let style: String = value.chars().filter(|letter| !letter.is_whitespace()).collect();
            let style = style.to_ascii_lowercase();
            let says = |what: &str| style.split(';').any(|rule| rule == what);
            is_narrow |= says("width:1px") || says("width:0") || says("display:none");
            is_low |= says("height:1px") || says("height:0") || says("display:none");
        }
    }
    is_narrow && is_low
}
