//! Bytes to text. Bytes are never dropped for a wrong label: what they are decides, then the HTTP header, then
//! what the document declares, then a guess.
//!
//! RFC 7303 would let the header win; in the field headers are a server's default and are wrong so often that
//! bytes which are valid UTF-8 are taken as that, and bytes which are not are never taken as that.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{BIG5, Encoding, GB18030, GBK, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;

/// How many bytes the guess may look at: it reads some 8 MB a second.
const SAMPLE_BYTES: usize = 64 * 1024;

/// Text, and how it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The text, without byte order mark; borrowed when the bytes were UTF-8 already.
    pub text: Cow<'a, str>,
    /// The WHATWG name of the encoding (`UTF-8`, `gb18030`, `windows-1252`).
    pub encoding: &'static str,
    /// What was wrong with the label or the bytes, in words.
    pub quirk: Option<String>,
}

/// Reads `bytes` as text. `http_charset` is the `charset` of `Content-Type`; `declared` is what the document
/// itself says (`<?xml encoding=…?>`, `<meta charset>`). Unknown labels count as absent, UTF-7 is never decoded,
/// gb2312 and gbk mean GB18030, latin-1 means windows-1252. A character cut off by the end is left out.
pub fn decode<'a>(bytes: &'a [u8], http_charset: Option<&str>, declared: Option<&str>) -> Decoded<'a> {
    if let Some((encoding, mark_bytes)) = Encoding::for_bom(bytes) {
        let rest = bytes.get(mark_bytes..).unwrap_or_default();
        return as_encoding(rest, encoding);
    }
    if let Some(encoding) = utf_16_without_mark(bytes) {
        return as_encoding(bytes, encoding);
    }
    let labels = Labels::new(http_charset, declared);
    let is_labelled_otherwise = labels.best().is_some();
    if let Some(text) = valid_utf_8(bytes, is_labelled_otherwise) {
        if labels.names(ISO_2022_JP) && memchr::memchr(0x1B, bytes).is_some() {
            return as_encoding(bytes, ISO_2022_JP);
        }
        return Decoded {
            text: Cow::Borrowed(text),
            encoding: UTF_8.name(),
            quirk: labels.contradiction(UTF_8),
        };
    }
    if is_mostly_utf_8(bytes, is_labelled_otherwise) {
        let mut decoded = as_encoding(bytes, UTF_8);
        decoded.quirk = Some("some bytes are not valid UTF-8 and were replaced".into());
        return decoded;
    }
    not_utf_8(bytes, &labels)
}

/// Bytes that are surely not UTF-8: the label where it fits, else a guess.
fn not_utf_8<'a>(bytes: &'a [u8], labels: &Labels) -> Decoded<'a> {
    let labelled = labels.best().map(|encoding| as_encoding(bytes, encoding));
    if let Some(decoded) = &labelled
        && !has_many_errors(&decoded.text)
    {
        return Decoded {
            quirk: labels.contradiction_by_name(decoded.encoding),
            ..labelled.unwrap_or_else(|| as_encoding(bytes, WINDOWS_1252))
        };
    }
    let guess = guess(bytes);
    let mut guessed = as_encoding(bytes, guess);
    if let Some(labelled) = labelled
        && errors(&labelled.text) <= errors(&guessed.text)
    {
        return labelled;
    }
    guessed.quirk = labels.contradiction(guess).or_else(|| {
        Some(format!(
            "its charset is named nowhere; its bytes look like {}",
            guess.name()
        ))
    });
    guessed
}

/// Decodes without looking for a byte order mark; a character that the end cut off is left out.
fn as_encoding<'a>(bytes: &'a [u8], encoding: &'static Encoding) -> Decoded<'a> {
    let encoding = if encoding == GBK { GB18030 } else { encoding };
    let (mut text, had_errors) = encoding.decode_without_bom_handling(bytes);
    if had_errors && text.ends_with('\u{FFFD}') && ends_inside_character(bytes) {
        match &mut text {
            Cow::Owned(text) => drop(text.pop()),
            Cow::Borrowed(text) => *text = text.strip_suffix('\u{FFFD}').unwrap_or(text),
        }
    }
    let quirk = (had_errors && errors(&text) > 0)
        .then(|| format!("some bytes are not valid {} and were replaced", encoding.name()));
    Decoded {
        text,
        encoding: encoding.name(),
        quirk,
    }
}

/// The last byte can begin or continue a character of several bytes.
fn ends_inside_character(bytes: &[u8]) -> bool {
    bytes.iter().rev().take(3).any(|&byte| byte >= 0x80) || bytes.len() % 2 == 1
}

/// The bytes as UTF-8, without a character that the end cut off. To be cut off, under a label that names something
/// else, takes UTF-8 before it: the last letter of a word in windows-1251 looks as if more had to come.
fn valid_utf_8(bytes: &[u8], is_labelled_otherwise: bool) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => {
            let whole = bytes.get(..error.valid_up_to())?;
            if is_labelled_otherwise && !is_mostly_utf_8(bytes, true) {
                return None;
            }
            std::str::from_utf8(whole).ok()
        }
        Err(_) => None,
    }
}

/// UTF-16 betrays itself by NUL in every other byte of what markup and JSON begin with.
fn utf_16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes.get(..4)? {
        [first, 0, second, 0] if *first != 0 && *second != 0 => Some(UTF_16LE),
        [0, first, 0, second] if *first != 0 && *second != 0 => Some(UTF_16BE),
        _ => None,
    }
}

/// UTF-8 with a few bad bytes (a cut in the middle of a character, one pasted sentence) stays UTF-8: in any
/// other encoding hardly a byte sequence happens to be well-formed UTF-8, least of all in GB18030. A label that
/// names something else asks for more certainty.
fn is_mostly_utf_8(bytes: &[u8], is_labelled_otherwise: bool) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().bytes().filter(|&byte| byte >= 0xC0).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    let certainty = if is_labelled_otherwise { 10 } else { 4 };
    good >= bad.saturating_mul(certainty)
}

/// A guess from the first bytes that are not ASCII.
fn guess(bytes: &[u8]) -> &'static Encoding {
    let from = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(0);
    let rest = bytes.get(from..).unwrap_or_default();
    let sample = rest.get(..SAMPLE_BYTES).unwrap_or(rest);
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    // Short Chinese texts look like anything; when each pair is a common Chinese character, they are Chinese.
    if guess != GBK && guess != BIG5 && is_common_chinese(sample) {
        return GB18030;
    }
    if guess == GBK { GB18030 } else { guess }
}

/// Every pair of high bytes is a character or sign of GB2312, and at least two are common characters (its
/// first level). Western text hardly ever has its high bytes in pairs.
fn is_common_chinese(bytes: &[u8]) -> bool {
    let mut rest = bytes.iter().copied();
    let (mut common, mut other) = (0_usize, 0_usize);
    while let Some(first) = rest.next() {
        if first.is_ascii() {
            continue;
        }
        match (first, rest.next()) {
            (0xB0..=0xD7, Some(0xA1..=0xFE)) => common += 1,
            (0xA1..=0xA3 | 0xD8..=0xF7, Some(0xA1..=0xFE)) | (_, None) => other += 1,
            _ => return false,
        }
    }
    common >= 2 && common >= other * 2
}

fn errors(text: &str) -> usize {
    text.matches('\u{FFFD}').count()
}

/// More than one in a hundred of the characters that are not ASCII could not be read.
fn has_many_errors(text: &str) -> bool {
    let errors = errors(text);
    errors > 0 && errors * 100 > text.chars().filter(|character| !character.is_ascii()).count()
}

/// What header and document say, as encodings.
struct Labels {
    http: Option<&'static Encoding>,
    declared: Option<&'static Encoding>,
}

impl Labels {
    fn new(http_charset: Option<&str>, declared: Option<&str>) -> Self {
        Self {
            http: http_charset.and_then(encoding_of),
            declared: declared.and_then(encoding_of),
        }
    }

    fn names(&self, encoding: &'static Encoding) -> bool {
        self.http == Some(encoding) || self.declared == Some(encoding)
    }

    /// The label to believe once the bytes are known not to be UTF-8: the header, unless it is the latin-1 that
    /// servers send by default and the document knows better.
    fn best(&self) -> Option<&'static Encoding> {
        let usable = |encoding: &&'static Encoding| ![UTF_8, UTF_16LE, UTF_16BE].contains(encoding);
        let http = self.http.filter(usable);
        let declared = self.declared.filter(usable);
        match (http, declared) {
            (Some(http), Some(declared)) if http == WINDOWS_1252 => Some(declared),
            (http, declared) => http.or(declared),
        }
    }

    /// A label that says otherwise than `encoding`, in words.
    fn contradiction(&self, encoding: &'static Encoding) -> Option<String> {
        let named = [self.http, self.declared].into_iter().flatten();
        let wrong = named.into_iter().find(|&label| label != encoding)?;
        Some(format!(
            "labelled {}, but its bytes are {}",
            wrong.name(),
            encoding.name()
        ))
    }

    fn contradiction_by_name(&self, name: &str) -> Option<String> {
        self.contradiction(Encoding::for_label(name.as_bytes())?)
    }
}

/// The encoding of a label; none for labels nobody knows and for those that must not be decoded (UTF-7 is unknown
/// to the standard, hz-gb-2312 and its like map to `replacement`).
fn encoding_of(label: &str) -> Option<&'static Encoding> {
    let label = label.trim().trim_matches(['"', '\'']);
    let encoding = Encoding::for_label_no_replacement(label.as_bytes())?;
    match encoding.name() {
        "x-user-defined" => None,
        "GBK" => Some(GB18030),
        _ => Some(encoding),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENTENCE: &str = "央行今日宣布下调存款准备金率，市场反应平稳。";

    fn gb(text: &str) -> Vec<u8> {
        GB18030.encode(text).0.into_owned()
    }

    fn read(bytes: &[u8], http: Option<&str>, declared: Option<&str>) -> (String, &'static str) {
        let decoded = decode(bytes, http, declared);
        (decoded.text.into_owned(), decoded.encoding)
    }

    #[test]
    fn valid_utf_8_is_utf_8_whatever_the_labels_say() {
        for label in ["gb2312", "iso-8859-1", "utf-16", "nonsense"] {
            let decoded = decode(SENTENCE.as_bytes(), Some(label), Some(label));
            assert!(matches!(decoded.text, Cow::Borrowed(SENTENCE)), "{label}");
        }
        let quirk = decode(SENTENCE.as_bytes(), None, Some("gb2312")).quirk;
        assert_eq!(
            quirk.as_deref(),
            Some("labelled gb18030, but its bytes are UTF-8")
        );
        assert_eq!(decode(SENTENCE.as_bytes(), Some("utf-8"), None).quirk, None);
    }

    #[test]
    fn chinese_labels_all_mean_gb18030() {
        let text = "朱镕基 陈喆 㐀 𠀀";
        for label in ["gb2312", "GBK", "gb18030", "\"gb_2312-80\""] {
            assert_eq!(
                read(&gb(text), None, Some(label)),
                (text.into(), "gb18030"),
                "{label}"
            );
        }
    }

    #[test]
    fn chinese_bytes_without_a_label_or_under_a_false_one_are_read_as_chinese() {
        for (http, declared) in [
            (None, None),
            (None, Some("utf-8")),
            (Some("utf-8"), Some("utf-8")),
            (Some("gbk"), Some("utf-8")),
            (Some("iso-8859-1"), Some("gb2312")),
            (None, Some("no-such-charset")),
        ] {
            let bytes = gb(&format!("<rss><title>{SENTENCE}</title></rss>"));
            let (text, encoding) = read(&bytes, http, declared);
            assert!(text.contains(SENTENCE), "{http:?} {declared:?}: {text}");
            assert_eq!(encoding, "gb18030");
        }
    }

    #[test]
    fn traditional_chinese_in_big5_is_found_out() {
        let bytes = BIG5
            .encode("總統今天上午在臺北會見訪賓，雙方就經濟合作交換意見。")
            .0;
        assert_eq!(decode(&bytes, None, None).encoding, "Big5");
        assert_eq!(decode(&bytes, Some("big5"), None).encoding, "Big5");
    }

    #[test]
    fn marks_and_utf_16_without_a_mark_are_seen() {
        assert_eq!(
            read(b"\xEF\xBB\xBFabc", Some("gbk"), None),
            ("abc".into(), "UTF-8")
        );
        let little: Vec<u8> = "<r>央</r>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = "<r>央</r>".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(read(&little, None, None), ("<r>央</r>".into(), "UTF-16LE"));
        assert_eq!(read(&big, Some("utf-8"), None), ("<r>央</r>".into(), "UTF-16BE"));
        let marked: Vec<u8> = [b"\xFF\xFE".as_slice(), &little].concat();
        assert_eq!(read(&marked, None, None), ("<r>央</r>".into(), "UTF-16LE"));
        assert_eq!(
            read(b"<?xml?>", None, Some("utf-16")),
            ("<?xml?>".into(), "UTF-8")
        );
    }

    #[test]
    fn latin_1_is_windows_1252() {
        assert_eq!(read(b"\x93caf\xE9\x94", Some("iso-8859-1"), None).0, "“café”");
        assert_eq!(read(b"it\x92s a caf\xE9", None, Some("utf-8")).0, "it’s a café");
    }

    #[test]
    fn utf_7_is_never_decoded() {
        let (text, encoding) = read(b"+ADw-script+AD4-", Some("utf-7"), Some("utf-7"));
        assert_eq!((text.as_str(), encoding), ("+ADw-script+AD4-", "UTF-8"));
    }

    #[test]
    fn a_few_bad_bytes_do_not_turn_utf_8_into_something_else() {
        let mut bytes = SENTENCE.as_bytes().to_vec();
        bytes.extend(b"\xFF\xFE tail");
        for label in [None, Some("utf-8"), Some("iso-8859-1")] {
            let decoded = decode(&bytes, label, None);
            assert_eq!(decoded.encoding, "UTF-8", "{label:?}");
            assert!(decoded.text.starts_with(SENTENCE) && decoded.text.ends_with(" tail"));
            assert!(decoded.quirk.is_some());
        }
    }

    #[test]
    fn a_label_is_believed_where_little_speaks_against_it() {
        for (text, label) in [
            ("...,.,,Ц", "windows-1251"),
            ("<title>Да", "windows-1251"),
            ("aé’", "iso-8859-1"),
            ("\u{a0}", "iso-8859-1"),
        ] {
            let bytes = Encoding::for_label(label.as_bytes()).unwrap().encode(text).0;
            assert_eq!(read(&bytes, None, Some(label)).0, text);
            assert_eq!(read(&bytes, Some(label), None).0, text);
        }
    }

    #[test]
    fn a_character_cut_off_by_the_end_is_left_out() {
        let bytes = SENTENCE.as_bytes();
        let (text, encoding) = read(&bytes[..bytes.len() - 1], None, None);
        assert_eq!(
            (text.as_str(), encoding),
            (&SENTENCE[..SENTENCE.len() - 3], "UTF-8")
        );
        let bytes = gb("今天天气很好，我们出去走走。");
        let (text, _) = read(&bytes[..bytes.len() - 1], None, Some("gbk"));
        assert_eq!(text, "今天天气很好，我们出去走走");
    }

    #[test]
    fn any_bytes_are_read_as_something() {
        for bytes in [
            &b""[..],
            b"\x80",
            b"\xFF\xFF\xFF",
            b"\0\0\0\0",
            b"\xC3",
            b"\0a",
            b"\xFE\xFF",
        ] {
            let _ = decode(bytes, Some("gbk"), None);
            let _ = decode(bytes, None, None);
        }
    }

    #[test]
    fn japanese_in_seven_bits_is_read_when_it_says_so() {
        let bytes = b"\x1B$B$3$s\x1B(B";
        assert_eq!(read(bytes, Some("iso-2022-jp"), None).0, "こん");
    }
}
