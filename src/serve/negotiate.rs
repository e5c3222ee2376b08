//! Which encoding to send (RFC 9110 12.5.3).

use crate::publish::Coding;
use http::{HeaderMap, header};

/// The encoding that the reader likes best, and among equals the one that we do; `None` when the reader
/// refuses every one we have.
pub(super) fn coding(headers: &HeaderMap) -> Option<Coding> {
    let mut wishes = headers.get_all(header::ACCEPT_ENCODING).iter().peekable();
    if wishes.peek().is_none() {
        return Some(Coding::Identity);
    }
    let mut said = Said::default();
    for line in wishes {
        for wish in line.as_bytes().split(|byte| *byte == b',') {
            said.note(wish);
        }
    }
    let quality = |coding| match coding {
        Coding::Brotli => said.brotli.or(said.others).unwrap_or(0),
        Coding::Gzip => said.gzip.or(said.others).unwrap_or(0),
        // Acceptable unless excluded, but anything asked for by name is liked better.
        Coding::Identity => match (said.identity, said.others) {
            (Some(quality), _) => quality,
            (None, Some(0)) => 0,
            (None, _) => 1,
        },
    };
    let best = Coding::ALL
        .into_iter()
        .rev()
        .max_by_key(|coding| quality(*coding))?;
    (quality(best) > 0).then_some(best)
}

/// Qualities by name, in thousandths and one more where not zero, so that a plain mention outweighs silence.
#[derive(Default)]
struct Said {
    brotli: Option<u16>,
    gzip: Option<u16>,
    identity: Option<u16>,
    others: Option<u16>,
}

impl Said {
    fn note(&mut self, wish: &[u8]) {
        let mut parts = wish.split(|byte| *byte == b';');
        let name = parts.next().unwrap_or_default().trim_ascii();
        let place = if name.eq_ignore_ascii_case(b"br") {
            &mut self.brotli
        } else if name.eq_ignore_ascii_case(b"gzip") || name.eq_ignore_ascii_case(b"x-gzip") {
            &mut self.gzip
        } else if name.eq_ignore_ascii_case(b"identity") {
            &mut self.identity
        } else if name == b"*" {
            &mut self.others
        } else {
            return;
        };
        let quality = parts
            .map(<[u8]>::trim_ascii)
            .find_map(|part| part.strip_prefix(b"q=").or(part.strip_prefix(b"Q=")));
        *place = Some(quality.map_or(1001, thousandths));
    }
}

/// `0.5` as 501, `0` as 0. What is no quality counts as full: whoever names an encoding can read it.
fn thousandths(quality: &[u8]) -> u16 {
    let number = std::str::from_utf8(quality)
        .ok()
        .and_then(|text| text.trim().parse::<f32>().ok());
    match number {
        Some(number) if number <= 0.0 => 0,
        // Below 1001 by the clamp, so nothing is cut.
        Some(number) => (number.clamp(0.0, 1.0) * 1000.0) as u16 + 1,
        None => 1001,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn chosen(wish: &'static str) -> Option<Coding> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(wish));
        coding(&headers)
    }

    #[test]
    fn the_readers_liking_decides_and_then_ours() {
        use Coding::{Brotli, Gzip, Identity};
        for (wish, expected) in [
            ("gzip, deflate, br, zstd", Some(Brotli)),
            ("gzip", Some(Gzip)),
            ("GZIP;Q=0.2", Some(Gzip)),
            ("br;q=0.5, gzip;q=0.8", Some(Gzip)),
            ("gzip;q=0", Some(Identity)),
            ("", Some(Identity)),
            ("deflate", Some(Identity)),
            ("*", Some(Brotli)),
            ("*;q=0.1, gzip;q=0", Some(Brotli)),
            ("identity", Some(Identity)),
            ("identity;q=1, gzip;q=0.5", Some(Identity)),
            ("identity;q=0, gzip", Some(Gzip)),
            ("identity;q=0", None),
            ("*;q=0", None),
            ("*;q=0, identity", Some(Identity)),
            ("gzip;q=junk", Some(Gzip)),
        ] {
            assert_eq!(chosen(wish), expected, "{wish}");
        }
        assert_eq!(coding(&HeaderMap::new()), Some(Identity));
    }
}
