//! The bytes of one document in each encoding, with their validators.
//!
//! The strong `ETag` is made of the identity bytes and names the encoding, so equal content has an equal tag
//! after any restart. The compressed forms are made when first asked for, once, off the async threads.

use crate::model::Timestamp;
use bytes::Bytes;
use http::HeaderValue;
use std::io::Write;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// How the bytes are encoded on the wire (RFC 9110 8.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coding {
    /// As they are.
    Identity,
    /// gzip.
    Gzip,
    /// Brotli.
    Brotli,
}

impl Coding {
    /// All of them, the one we like best first.
    pub const ALL: [Self; 3] = [Self::Brotli, Self::Gzip, Self::Identity];

    /// Its name in `Content-Encoding`; none for the identity.
    pub const fn token(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Brotli => Some("br"),
        }
    }
}

/// What is to become a document: a path, a type, bytes.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// Without the prefix, percent-encoded.
    pub(crate) path: String,
    pub(crate) content_type: &'static str,
    pub(crate) bytes: Vec<u8>,
    pub(crate) digest: u128,
    /// Search engines are asked not to list it.
    pub(crate) is_unlisted: bool,
}

impl Draft {
    pub(crate) fn new(path: String, content_type: &'static str, bytes: Vec<u8>) -> Self {
        Self {
            digest: xxhash_rust::xxh3::xxh3_128(&bytes),
            path,
            content_type,
            bytes,
            is_unlisted: false,
        }
    }
}

/// A document as served.
#[derive(Debug)]
pub struct Document {
    path: String,
    content_type: HeaderValue,
    etags: [HeaderValue; 3],
    last_modified: HeaderValue,
    digest: u128,
    is_unlisted: bool,
    since: Timestamp,
    identity: Bytes,
    gzip: OnceCell<Bytes>,
    brotli: OnceCell<Bytes>,
}

impl Document {
    pub(crate) fn new(draft: Draft, since: Timestamp) -> Self {
        let etag = |suffix: &str| header(&format!("\"{:032x}{suffix}\"", draft.digest));
        Self {
            etags: [etag(""), etag("-gzip"), etag("-br")],
            content_type: HeaderValue::from_static(draft.content_type),
            last_modified: header(&since.to_http_date()),
            digest: draft.digest,
            is_unlisted: draft.is_unlisted,
            since,
            identity: draft.bytes.into(),
            gzip: OnceCell::new(),
            brotli: OnceCell::new(),
            path: draft.path,
        }
    }

    /// Its path, percent-encoded, without the prefix of `site.url`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its `Content-Type`.
    pub fn content_type(&self) -> &HeaderValue {
        &self.content_type
    }

    /// Its strong validator in this encoding.
    pub fn etag(&self, coding: Coding) -> &HeaderValue {
        let [identity, gzip, brotli] = &self.etags;
        match coding {
            Coding::Identity => identity,
            Coding::Gzip => gzip,
            Coding::Brotli => brotli,
        }
    }

    /// Its `Last-Modified`: when these bytes first existed.
    pub fn last_modified(&self) -> &HeaderValue {
        &self.last_modified
    }

    /// Search engines are asked not to list it.
    pub fn is_unlisted(&self) -> bool {
        self.is_unlisted
    }

    /// The same as an instant.
    pub fn since(&self) -> Timestamp {
        self.since
    }

    /// The bytes as they are.
    pub fn identity(&self) -> &Bytes {
        &self.identity
    }

    pub(crate) fn digest(&self) -> u128 {
        self.digest
    }

    /// The memory it may come to take, compressed forms included.
    pub(crate) fn weight(&self) -> usize {
        1024 + self.identity.len() + self.identity.len() / 2
    }

    /// Its bytes in this encoding; the first to ask waits for the work, and all others with it.
    pub async fn encoded(self: &Arc<Self>, coding: Coding) -> Bytes {
        let cell = match coding {
            Coding::Identity => return self.identity.clone(),
            Coding::Gzip => &self.gzip,
            Coding::Brotli => &self.brotli,
        };
        if let Some(bytes) = cell.get() {
            return bytes.clone();
        }
        let identity = self.identity.clone();
        let made = cell
            .get_or_try_init(|| async move {
                let work = tokio::task::spawn_blocking(move || match coding {
                    Coding::Brotli => brotlied(&identity),
                    Coding::Gzip | Coding::Identity => gzipped(&identity),
                });
                work.await.ok().flatten().map(Bytes::from).ok_or(())
            })
            .await;
        made.cloned().unwrap_or_default()
    }
}

/// Hex digits, dates and our own tokens are all that comes here.
fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("\"0\""))
}

fn gzipped(bytes: &[u8]) -> Option<Vec<u8>> {
    let room = Vec::with_capacity(bytes.len() / 3 + 64);
    let mut encoder = flate2::write::GzEncoder::new(room, flate2::Compression::new(6));
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

fn brotlied(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut compressed = Vec::with_capacity(bytes.len() / 4 + 64);
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 5,
        lgwin: 20,
        size_hint: bytes.len(),
        ..Default::default()
    };
    brotli::BrotliCompress(&mut bytes, &mut compressed, &parameters).ok()?;
    Some(compressed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn document(text: &str) -> Arc<Document> {
        let draft = Draft::new("/x".into(), "text/plain", text.into());
        Arc::new(Document::new(draft, Timestamp::from_seconds(1_795_336_200)))
    }

    #[tokio::test]
    async fn every_encoding_holds_the_same_bytes_under_a_tag_of_its_own() {
        let text = "央行 raises rates. ".repeat(50);
        let document = document(&text);
        let gzip = document.encoded(Coding::Gzip).await;
        let mut back = String::new();
        flate2::read::GzDecoder::new(&gzip[..])
            .read_to_string(&mut back)
            .unwrap();
        assert_eq!(back, text);
        let mut back = Vec::new();
        let brotli = document.encoded(Coding::Brotli).await;
        brotli::BrotliDecompress(&mut &brotli[..], &mut back).unwrap();
        assert_eq!(back, text.as_bytes());
        assert!(brotli.len() < text.len() && gzip.len() < text.len());
        let tags: Vec<_> = Coding::ALL
            .iter()
            .map(|coding| document.etag(*coding).to_str().unwrap())
            .collect();
        assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2]);
    }

    #[test]
    fn equal_bytes_have_equal_tags() {
        let (one, other) = (document("same"), document("same"));
        assert_eq!(one.etag(Coding::Gzip), other.etag(Coding::Gzip));
        assert_ne!(one.etag(Coding::Gzip), document("else").etag(Coding::Gzip));
        assert_eq!(one.last_modified(), "Sun, 22 Nov 2026 08:30:00 GMT");
    }
}
