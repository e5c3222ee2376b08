//! Bodies unpacked: `Content-Encoding` undone by what the bytes are, within bounds.
//!
//! Servers label plain text gzip, leave gzip unlabelled, and pack twice. gzip and zstd say so in their first bytes;
//! brotli and deflate do not, so they are tried where the label names them and the bytes do not look like a document
//! already. Everything is decoded as a stream and cut at the bound: ten kilobytes can mean ten gigabytes.

use super::Error;
use super::address::host_of;
use crate::model::Response;
use bytes::Bytes;
use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};
use std::io::{self, Read};
use url::Url;

/// Packings within packings that are undone.
const MOST_LAYERS: usize = 4;

/// Members of one gzip stream; more cost time out of proportion to what they hold.
const MOST_GZIP_MEMBERS: usize = 4096;

/// RFC 9659: what a zstd window on the web may ask for at most, as a power of two (8 MiB).
const ZSTD_WINDOW_LOG: u32 = 23;

/// What markup usually shrinks by; the first guess of a body's size goes no further.
const LIKELY_RATIO: usize = 8;

/// A way of packing a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// RFC 1952.
    Gzip,
    /// RFC 7932.
    Brotli,
    /// RFC 8878.
    Zstd,
    /// RFC 1950, or RFC 1951 bare, as some servers take the word.
    Deflate,
}

impl std::fmt::Display for Encoding {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Gzip => "gzip",
            Self::Brotli => "brotli",
            Self::Zstd => "zstd",
            Self::Deflate => "deflate",
        })
    }
}

/// The document in a response, unpacked: at most `max_bytes`, else [`Error::TooLarge`]. A packing that is cut or
/// damaged is an error; a plain body costs nothing.
pub fn decode(response: &Response, max_bytes: u64) -> Result<Bytes, Error> {
    let mut body = response.body.clone();
    let mut label = response.content_encoding.as_deref();
    for _ in 0..MOST_LAYERS {
        let Some(encoding) = encoding_of(&body, label) else {
            break;
        };
        let is_certain = matches!(encoding, Encoding::Gzip | Encoding::Zstd);
        body = match unpack(encoding, &body, max_bytes) {
            Ok(Some(unpacked)) => unpacked,
            Ok(None) => return Err(too_large(response, max_bytes, true)),
            // A wrong label on plain text: brotli and deflate are told by their label alone.
            Err(_) if !is_certain && could_be_text(&body) => break,
            Err(cause) => {
                return Err(Error::DamagedEncoding {
                    host: host_name(response),
                    encoding,
                    why: cause.to_string(),
                });
            }
        };
        if !is_certain {
            // The label has been used up: a layer below must show itself.
            label = None;
        }
    }
    if body.len() as u64 > max_bytes {
        return Err(too_large(response, max_bytes, false));
    }
    Ok(body)
}

/// The packing of the outermost layer, if `decode` would undo one.
pub(super) fn packing(response: &Response) -> Option<Encoding> {
    encoding_of(&response.body, response.content_encoding.as_deref())
}

/// How large the document will probably be: a first guess for the memory it needs, not a bound.
pub(super) fn likely_size(response: &Response) -> u64 {
    likely_len(&response.body) as u64
}

fn too_large(response: &Response, limit_bytes: u64, unpacked: bool) -> Error {
    Error::TooLarge {
        host: host_name(response),
        limit_bytes,
        unpacked,
    }
}

fn host_name(response: &Response) -> String {
    Url::parse(&response.url).map_or_else(|_| "the server".to_owned(), |url| host_of(&url))
}

fn encoding_of(body: &[u8], label: Option<&str>) -> Option<Encoding> {
    if body.starts_with(&[0x1f, 0x8b, 8]) {
        return Some(Encoding::Gzip);
    }
    if body.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        return Some(Encoding::Zstd);
    }
    if body.is_empty() || looks_like_document(body) {
        return None;
    }
    let label = label?.to_ascii_lowercase();
    let named = |name: &str| label.split(',').any(|word| word.trim() == name);
    if named("br") {
        Some(Encoding::Brotli)
    } else if named("deflate") {
        Some(Encoding::Deflate)
    } else {
        None
    }
}

/// Begins as XML, HTML or JSON does. No brotli or zlib stream with anything in it begins with these bytes.
fn looks_like_document(body: &[u8]) -> bool {
    matches!(body, [b'<' | b'{', ..] | [0xef, 0xbb, 0xbf, ..])
}

/// Has no byte that text does not have.
fn could_be_text(body: &[u8]) -> bool {
    let head = body.get(..512).unwrap_or(body);
    !head.iter().any(|byte| matches!(byte, 0..=8 | 14..=26 | 28..=31))
}

/// `None`: it grew beyond `max_bytes`.
fn unpack(encoding: Encoding, body: &[u8], max_bytes: u64) -> io::Result<Option<Bytes>> {
    match encoding {
        Encoding::Gzip => unpack_gzip(body, max_bytes),
        Encoding::Brotli => drain(brotli::Decompressor::new(body, 8192), body, max_bytes),
        Encoding::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(body)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG)?;
            drain(decoder, body, max_bytes)
        }
        Encoding::Deflate if is_zlib(body) => drain(ZlibDecoder::new(body), body, max_bytes),
        Encoding::Deflate => drain(DeflateDecoder::new(body), body, max_bytes),
    }
}

/// All members; what follows them and is none is left aside, as browsers do.
fn unpack_gzip(body: &[u8], max_bytes: u64) -> io::Result<Option<Bytes>> {
    let mut out = Vec::with_capacity(capacity(body, max_bytes));
    let mut rest = body;
    for _ in 0..MOST_GZIP_MEMBERS {
        let mut member = GzDecoder::new(rest);
        if !fill(&mut member, &mut out, max_bytes)? {
            return Ok(None);
        }
        rest = member.into_inner();
        if !rest.starts_with(&[0x1f, 0x8b]) {
            return Ok(Some(out.into()));
        }
    }
    Err(io::Error::other("it has more members than any real file"))
}

fn drain(mut decoder: impl Read, body: &[u8], max_bytes: u64) -> io::Result<Option<Bytes>> {
    let mut out = Vec::with_capacity(capacity(body, max_bytes));
    let is_whole = fill(&mut decoder, &mut out, max_bytes)?;
    Ok(is_whole.then(|| out.into()))
}

/// False: more would come than is allowed.
fn fill(decoder: &mut impl Read, out: &mut Vec<u8>, max_bytes: u64) -> io::Result<bool> {
    let room = max_bytes.saturating_add(1).saturating_sub(out.len() as u64);
    decoder.take(room).read_to_end(out)?;
    Ok(out.len() as u64 <= max_bytes)
}

fn capacity(body: &[u8], max_bytes: u64) -> usize {
    let most = usize::try_from(max_bytes).unwrap_or(usize::MAX);
    // One more, so that reading to the end notices the end without growing.
    likely_len(body).min(most).saturating_add(1)
}

/// A gzip trailer says the size (of the last member, modulo 4 GiB); it is believed as far as it is likely.
fn likely_len(body: &[u8]) -> usize {
    let likely = body.len().saturating_mul(LIKELY_RATIO);
    if !body.starts_with(&[0x1f, 0x8b, 8]) {
        return likely;
    }
    match body.last_chunk::<4>() {
        Some(size) => (u32::from_le_bytes(*size) as usize).min(likely),
        None => likely,
    }
}

/// RFC 1950 2.2: deflate, a window it can have, and a check that adds up.
fn is_zlib(body: &[u8]) -> bool {
    match body {
        [method, flags, ..] => {
            method & 0x0f == 8
                && method >> 4 <= 7
                && (u16::from(*method) * 256 + u16::from(*flags)).is_multiple_of(31)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use proptest::prelude::*;
    use std::io::Write;

    proptest! {
        #[test]
        fn no_bytes_under_any_label_do_harm(
            junk in prop::collection::vec(any::<u8>(), 0..400),
            at in any::<prop::sample::Index>(),
            flip in 1u8..,
            label in prop::sample::select(vec!["gzip", "br", "zstd", "deflate", "none"]),
        ) {
            let text = FEED.repeat(3);
            let mut packed = match label {
                "gzip" => gzip(text.as_bytes()),
                "br" => brotli(text.as_bytes()),
                "zstd" => zstd(text.as_bytes()),
                _ => zlib(text.as_bytes()),
            };
            let at = at.index(packed.len());
            packed[at] ^= flip;
            for body in [junk, packed] {
                if let Ok(read) = decode(&response(&body, Some(label)), 1000) {
                    prop_assert!(read.len() <= 1000);
                }
            }
        }
    }

    const FEED: &str = "<rss><channel><title>A river, \u{6cb3}</title></channel></rss>";
    const MAX: u64 = 1 << 20;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        zstd::stream::encode_all(bytes, 3).unwrap()
    }

    fn brotli(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 22);
        encoder.write_all(bytes).unwrap();
        encoder.into_inner()
    }

    fn response(body: &[u8], label: Option<&str>) -> Response {
        Response {
            url: "http://example.org/feed".into(),
            content_encoding: label.map(str::to_owned),
            body: Bytes::copy_from_slice(body),
            ..Response::default()
        }
    }

    fn decoded(body: &[u8], label: Option<&str>) -> Result<Bytes, Error> {
        decode(&response(body, label), MAX)
    }

    #[test]
    fn every_packing_is_undone() {
        let feed = FEED.as_bytes();
        for (body, label) in [
            (feed.to_vec(), None),
            (gzip(feed), Some("gzip")),
            (gzip(feed), Some("x-gzip")),
            (brotli(feed), Some("br")),
            (zstd(feed), Some("zstd")),
            (zlib(feed), Some("deflate")),
            (deflate(feed), Some("deflate")),
            (Vec::new(), Some("gzip")),
        ] {
            let want: &[u8] = if body.is_empty() { b"" } else { feed };
            assert_eq!(decoded(&body, label).unwrap(), want, "{label:?}");
        }
    }

    #[test]
    fn a_wrong_label_is_seen_through() {
        let feed = FEED.as_bytes();
        for (body, label) in [
            (feed.to_vec(), Some("gzip")),
            (feed.to_vec(), Some("br")),
            (feed.to_vec(), Some("deflate")),
            (feed.to_vec(), Some("utf-8")),
            (gzip(feed), None),
            (gzip(feed), Some("identity")),
            (gzip(feed), Some("br")),
            (zstd(feed), None),
            (gzip(&gzip(feed)), Some("gzip")),
            (gzip(&gzip(feed)), Some("gzip, gzip")),
            (brotli(&gzip(feed)), Some("gzip, br")),
            (gzip(&brotli(feed)), Some("br, gzip")),
        ] {
            assert_eq!(decoded(&body, label).unwrap(), feed, "{label:?}");
        }
        let json = b"  [1, 2]";
        assert_eq!(decoded(json, Some("br")).unwrap(), &json[..]);
        let spaced = b"\n\n<rss></rss>";
        assert_eq!(decoded(spaced, Some("br")).unwrap(), &spaced[..]);
        assert_eq!(decoded(spaced, Some("deflate")).unwrap(), &spaced[..]);
    }

    #[test]
    fn members_follow_each_other_and_junk_behind_them_is_left_aside() {
        let (first, second) = FEED.as_bytes().split_at(20);
        let mut body = gzip(first);
        body.extend(gzip(second));
        body.extend([0; 100]);
        assert_eq!(decoded(&body, Some("gzip")).unwrap(), FEED.as_bytes());
    }

    #[test]
    fn a_cut_packing_is_an_error() {
        let text = FEED.repeat(50);
        for (body, label) in [
            (gzip(text.as_bytes()), "gzip"),
            (brotli(text.as_bytes()), "br"),
            (zstd(text.as_bytes()), "zstd"),
            (zlib(text.as_bytes()), "deflate"),
        ] {
            for cut in [body.len() - 1, body.len() / 2] {
                let cut = decoded(&body[..cut], Some(label));
                assert!(
                    matches!(cut, Err(Error::DamagedEncoding { .. })),
                    "{label} {cut:?}"
                );
            }
        }
    }

    #[test]
    fn a_bomb_is_cut_at_the_bound_and_says_so() {
        let much = vec![b' '; 64 << 20];
        for (body, label) in [
            (gzip(&much), "gzip"),
            (gzip(&gzip(&much)), "gzip"),
            (brotli(&much), "br"),
            (zstd(&much), "zstd"),
            (zlib(&much), "deflate"),
        ] {
            let error = decoded(&body, Some(label)).unwrap_err();
            let is_bound = matches!(
                error,
                Error::TooLarge {
                    limit_bytes: MAX,
                    unpacked: true,
                    ..
                }
            );
            assert!(is_bound, "{label} {error:?}");
        }
    }

    #[test]
    fn a_body_of_exactly_the_bound_passes() {
        let full = vec![b'a'; 1000];
        for body in [gzip(&full), full.clone()] {
            assert_eq!(decode(&response(&body, None), 1000).unwrap(), full);
            assert!(decode(&response(&body, None), 999).is_err());
        }
    }

    #[test]
    fn endless_empty_members_end() {
        let body = gzip(b"").repeat(MOST_GZIP_MEMBERS + 1);
        assert!(decoded(&body, Some("gzip")).is_err());
    }
}
