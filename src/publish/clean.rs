//! What may stand in a published document, whatever is stored.
//!
//! Everything a writer puts into a document passes here first: characters that XML forbids or validators
//! fault, addresses and ids outside their grammar, odd languages and media types. What cannot be mended is
//! left out, and the item is published without it. The store is trusted to hold sanitized markup
//! ([`crate::html`]), not to hold well-formed characters.

use std::borrow::Cow;
use url::Url;

/// The text without characters that XML 1.0 forbids (2.2), control characters and noncharacters.
/// Line ends become `\n`; U+FFFD, which stands for a character already lost, becomes `?`.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    let Some(start) = text.find(needs_care) else {
        return Cow::Borrowed(text);
    };
    let (fine, rest) = text.split_at(start);
    let mut clean = String::with_capacity(text.len());
    clean.push_str(fine);
    let mut characters = rest.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' => {
                if characters.peek() != Some(&'\n') {
                    clean.push('\n');
                }
            }
            '\u{fffd}' => clean.push('?'),
            _ if needs_care(character) => {}
            _ => clean.push(character),
        }
    }
    Cow::Owned(clean)
}

/// One line of plain text: [`text`] with every run of blanks as one space, none at the ends.
pub(crate) fn line(plain: &str) -> String {
    let clean = text(plain);
    let mut line = String::with_capacity(clean.len());
    for word in clean.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

fn needs_care(character: char) -> bool {
    match character {
        '\t' | '\n' => false,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true,
        // U+FFFE and U+FFFF are no characters, nor are their like in the other planes and U+FDD0 to U+FDEF.
        '\u{fdd0}'..='\u{fdef}' | '\u{fffd}' => true,
        _ => u32::from(character) & 0xfffe == 0xfffe,
    }
}

/// An absolute http or https address as RFC 3986 writes it: ASCII only, nothing outside its grammar, no user
/// name or password. `None` for anything else.
pub(crate) fn address(written: &str) -> Option<String> {
    let mut url = Url::parse(written.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return None;
    }
    if !url.username().is_empty() || url.password().is_some() {
        url.set_username("").ok()?;
        url.set_password(None).ok()?;
    }
    let is_bracketed = matches!(url.host(), Some(url::Host::Ipv6(_)));
    let written = url.as_str();
    if written.bytes().all(is_in_uri) {
        return Some(written.to_owned());
    }
    let path_start = written.len().min(url[..url::Position::BeforePath].len());
    let (before, after) = written.split_at(path_start);
    if !is_bracketed && !before.bytes().all(is_in_uri) {
        return None;
    }
    let mut address = before.to_owned();
    for byte in after.bytes() {
        if is_in_uri(byte) {
            address.push(char::from(byte));
        } else {
            push_escaped(&mut address, byte);
        }
    }
    Some(address)
}

/// The characters a URI may have (RFC 3986 2), brackets aside, which only IPv6 hosts may use.
fn is_in_uri(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b";/?:@&=+$.-_!~*'()%,#".contains(&byte)
}

fn push_escaped(text: &mut String, byte: u8) {
    const HEX: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
    ];
    text.push('%');
    for half in [byte >> 4, byte & 15] {
        text.push(HEX.get(usize::from(half)).copied().unwrap_or('0'));
    }
}

/// A name as one segment of a path: everything but the unreserved characters of RFC 3986 escaped.
pub(crate) fn segment(name: &str) -> String {
    let mut segment = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            segment.push(char::from(byte));
        } else {
            push_escaped(&mut segment, byte);
        }
    }
    segment
}

/// A BCP 47 tag whose first part is an ISO 639-1 code, the only ones readers and validators agree on.
pub(crate) fn language(written: &str) -> Option<String> {
    // Feeds in the wild write `zh_CN`.
    let tag = written.trim().replace('_', "-");
    let mut parts = tag.split('-');
    let primary = parts.next()?.to_ascii_lowercase();
    let is_known = primary.len() == 2
        && LANGUAGES.split(' ').any(|code| code == primary)
        && parts.clone().all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
    if !is_known {
        return None;
    }
    let mut language = primary;
    for part in parts {
        language.push('-');
        language.push_str(part);
    }
    Some(language)
}

/// ISO 639-1.
const LANGUAGES: &str = "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv \
    cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id \
    ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh \
    mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa \
    sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve \
    vi vo wa wo xh yi yo za zh zu";

/// `TYPE/SUBTYPE` in lower case, parameters left out; `None` for what is no media type.
pub(crate) fn media_type(written: &str) -> Option<String> {
    let essence = written.split(';').next().unwrap_or_default().trim();
    let (kind, subtype) = essence.split_once('/')?;
    let is_token = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte))
    };
    (is_token(kind) && is_token(subtype)).then(|| essence.to_ascii_lowercase())
}

/// Would a reader that takes this plain text for HTML see markup or a character reference in it?
pub(crate) fn looks_like_markup(plain: &str) -> bool {
    let mut characters = plain.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek().copied().unwrap_or(' ');
        let is_markup = match character {
            '<' => next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?'),
            '&' => next == '#' || is_reference(characters.clone()),
            _ => false,
        };
        if is_markup {
            return true;
        }
    }
    false
}

/// More careful than `looks_like_markup`: validators suspect any `&` before a word.
pub(crate) fn is_ambiguous(plain: &str) -> bool {
    looks_like_markup(plain)
        || plain
            .split('&')
            .skip(1)
            .any(|after| after.starts_with(|first: char| first.is_alphanumeric() || first == '#'))
}

/// `amp;`, `copy;`: letters and digits up to a semicolon. `S&P 500` is none.
fn is_reference(mut after: impl Iterator<Item = char>) -> bool {
    let mut length = 0;
    loop {
        match after.next() {
            Some(';') => return length > 0,
            Some(character) if character.is_ascii_alphanumeric() && length < 32 => length += 1,
            _ => return false,
        }
    }
}

/// A name that is nothing but an address for mail: never published.
pub(crate) fn is_mail_address(name: &str) -> bool {
    let name = name.trim().trim_start_matches("mailto:");
    !name.contains(char::is_whitespace) && name.split_once('@').is_some_and(|(_, host)| host.contains('.'))
}

/// The address without what only we may know: user name, password, and the values of query parameters named
/// like a secret, which some sites want in the address of a feed.
pub(crate) fn without_secrets(written: &str) -> String {
    const SECRETS: [&str; 10] = [
        "token",
        "key",
        "secret",
        "password",
        "passwd",
        "pwd",
        "auth",
        "sig",
        "signature",
        "session",
    ];
    let Ok(mut url) = Url::parse(written) else {
        return String::new();
    };
    // Both calls only fail for addresses that cannot have a user name, which then have none.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let is_secret = |name: &str| {
        let name = name.to_ascii_lowercase();
        SECRETS
            .iter()
            .any(|secret| name.split(['_', '-', '.']).any(|part| part == *secret) || name.ends_with(secret))
    };
    if url.query_pairs().any(|(name, _)| is_secret(&name)) {
        let query: Vec<String> = url
            .query()
            .unwrap_or_default()
            .split('&')
            .map(|pair| match pair.split_once('=') {
                Some((name, _)) if is_secret(name) => format!("{name}=***"),
                _ => pair.to_owned(),
            })
            .collect();
        url.set_query(Some(&query.join("&")));
    }
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_xml_forbids_are_left_out() {
        assert_eq!(text("a\u{0}b\u{b}c\u{fffe}d\u{85}e\u{1fffe}"), "abcde");
        assert_eq!(text("lost \u{fffd}"), "lost ?");
        assert_eq!(text("one\r\ntwo\rthree\tfour\n"), "one\ntwo\nthree\tfour\n");
        assert!(matches!(text("风 🌊 fine"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_line_has_single_spaces() {
        assert_eq!(line("  two \n\t lines\u{1}  "), "two lines");
    }

    #[test]
    fn an_address_is_pure_uri_or_nothing() {
        assert_eq!(
            address("http://例子.测试/新闻?q=[a|b]").as_deref(),
            Some("http://xn--fsqu00a.xn--0zwm56d/%E6%96%B0%E9%97%BB?q=%5Ba%7Cb%5D")
        );
        assert_eq!(
            address("https://user:secret@example.org/a b").as_deref(),
            Some("https://example.org/a%20b")
        );
        assert_eq!(address("http://[::1]:80/x").as_deref(), Some("http://[::1]/x"));
        for bad in [
            "javascript:alert(1)",
            "//example.org/",
            "mailto:a@example.org",
            "",
            "http://",
        ] {
            assert_eq!(address(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_name_is_one_segment() {
        assert_eq!(segment("财经"), "%E8%B4%A2%E7%BB%8F");
        assert_eq!(segment("a/b ~c"), "a%2Fb%20~c");
    }

    #[test]
    fn only_languages_that_exist_are_named() {
        assert_eq!(language("zh_CN").as_deref(), Some("zh-CN"));
        assert_eq!(language("EN").as_deref(), Some("en"));
        for odd in ["english", "xx", "", "en-", "zh-\u{4e2d}", "c"] {
            assert_eq!(language(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_media_type_has_two_tokens() {
        assert_eq!(media_type("Audio/MPEG; x=1").as_deref(), Some("audio/mpeg"));
        assert_eq!(media_type("mp3"), None);
        assert_eq!(media_type("a/b c"), None);
    }

    #[test]
    fn markup_is_told_from_ordinary_signs() {
        for plain in ["AT&T", "S&P 500", "1 < 2", "a <- b", "Q & A;", "x&"] {
            assert!(!looks_like_markup(plain), "{plain}");
        }
        for markup in ["<b>", "</b>", "<!--", "&amp;", "&#39", "a&copy;b"] {
            assert!(looks_like_markup(markup), "{markup}");
        }
    }

    #[test]
    fn a_bare_mail_address_is_no_name() {
        assert!(is_mail_address("editor@example.org"));
        assert!(!is_mail_address("Ann @ Example"));
    }

    #[test]
    fn secrets_in_an_address_are_masked() {
        assert_eq!(
            without_secrets("https://ann:pass@example.org/feed?page=2&api_key=abc&Token=x#y"),
            "https://example.org/feed?page=2&api_key=***&Token=***#y"
        );
        assert_eq!(
            without_secrets("https://example.org/?a=1"),
            "https://example.org/?a=1"
        );
    }
}
