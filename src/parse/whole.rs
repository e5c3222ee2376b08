//! Whether a document came whole: its validators vouch for what it would have gone on to say.

/// How far from the end the last closing tag may stand: comments and counters follow it in the wild.
const TAIL_BYTES: usize = 4096;

/// The document ends as its kind ends: `</rss>`, `</feed>`, `</rdf:RDF>` in whatever prefix, or the brace of a JSON
/// object. What cannot be told (another encoding's bytes, say) counts as whole.
pub fn is_whole(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii();
    match bytes.first() {
        Some(b'{') => bytes.ends_with(b"}"),
        Some(b'<') => {
            let tail = bytes
                .get(bytes.len().saturating_sub(TAIL_BYTES)..)
                .unwrap_or(bytes);
            let tail = String::from_utf8_lossy(tail).to_ascii_lowercase();
            tail.split("</").skip(1).any(closes_a_feed)
        }
        _ => true,
    }
}

/// The document ends in the middle of an RSS item or Atom entry: the last one read is half of one.
pub fn ends_within_an_entry(bytes: &[u8]) -> bool {
    let last = memchr::memrchr_iter(b'<', bytes)
        .filter_map(|at| bytes.get(at + 1..))
        .find_map(|tag| {
            let (is_end, name) = match tag.strip_prefix(b"/") {
                Some(name) => (true, name),
                None => (false, tag),
            };
            let end = name
                .iter()
                .position(|byte| matches!(byte, b'>' | b'/') || byte.is_ascii_whitespace())?;
            let name = name.get(..end)?;
            let local = name.rsplit(|byte| *byte == b':').next()?;
            let is_entry = local.eq_ignore_ascii_case(b"item") || local.eq_ignore_ascii_case(b"entry");
            is_entry.then_some(!is_end)
        });
    last == Some(true)
}

/// `after` is what follows `</`, in lower case.
fn closes_a_feed(after: &str) -> bool {
    let name = after
        .split(|c: char| c == '>' || c.is_ascii_whitespace())
        .next()
        .unwrap_or_default();
    let local = name.rsplit(':').next().unwrap_or(name);
    // `channel` closes RSS 0.9x documents whose authors forgot the root.
    matches!(local, "rss" | "feed" | "rdf" | "channel")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_that_ends_in_mid_air_is_not_whole() {
        assert!(is_whole(b"<rss><channel/></rss>\n<!-- served by 7 -->"));
        assert!(is_whole(b"<atom:feed></atom:feed >"));
        assert!(is_whole(b"\xef\xbb\xbf{\"items\":[]} "));
        assert!(!is_whole(
            b"<rss><channel><item><title>One</title></item><item><ti"
        ));
        assert!(!is_whole(b"{\"items\":[{\"id\":"));
    }

    #[test]
    fn half_an_entry_is_told_from_a_forgotten_end() {
        assert!(ends_within_an_entry(
            b"<rss><item><title>One</title></item><item><ti"
        ));
        assert!(ends_within_an_entry(
            b"<a:feed><a:entry></a:entry><a:entry x='1'>"
        ));
        assert!(!ends_within_an_entry(
            b"<rss><item><title>One</title></item>\n<ite"
        ));
        assert!(!ends_within_an_entry(
            b"<rss><item></item><item></ITEM ></channel>"
        ));
        assert!(!ends_within_an_entry(b""));
    }
}
