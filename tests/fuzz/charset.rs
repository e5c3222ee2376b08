//! Any bytes are text without a character lost, and text comes back from its own charset.

use crate::{budget, seeds};
use encoding_rs::{BIG5, EUC_KR, Encoding, GB18030, SHIFT_JIS, UTF_8, WINDOWS_1251, WINDOWS_1252};
use newsriver::text::charset::decode;
use proptest::prelude::*;

const LABELS: &[&str] = &[
    "utf-8",
    "gb2312",
    "gbk",
    "gb18030",
    "big5",
    "shift_jis",
    "euc-jp",
    "iso-2022-jp",
    "euc-kr",
    "iso-8859-1",
    "windows-1252",
    "windows-1251",
    "koi8-r",
    "utf-16",
    "utf-16le",
    "utf-16be",
    "utf-7",
    "x-user-defined",
    "replacement",
    "none",
    "",
    "\u{0}",
    "ＵＴＦ－８",
];
const PIECES: &[&str] = &[
    "\u{feff}",
    "央",
    "é",
    "’",
    "\0",
    "\u{1b}$B",
    "\u{1b}(B",
    "+ADw-",
    "&#x4e00;",
    "encoding=\"gbk\"",
    "\u{85}",
    "\u{10ffff}",
];

#[test]
fn any_bytes_are_text_whatever_their_labels() {
    let label = || prop::option::of(prop::sample::select(LABELS));
    let bytes = prop_oneof![
        seeds::documents(PIECES),
        prop::collection::vec(any::<u8>(), 0..300)
    ];
    budget::run(2, 4000, &(bytes, label(), label()), |(bytes, http, declared)| {
        let decoded = decode(&bytes, http, declared);
        // No charset writes more than four bytes for a character, or more than three characters for a byte.
        let characters = decoded.text.chars().count();
        assert!(
            characters * 4 + 8 >= bytes.len() && characters <= 3 * bytes.len() + 3,
            "{characters} of {} as {}",
            bytes.len(),
            decoded.encoding
        );
        assert_ne!(decoded.encoding, "replacement");
        if let Ok(text) = std::str::from_utf8(&bytes)
            && decoded.encoding == "UTF-8"
        {
            assert_eq!(decoded.text, text.strip_prefix('\u{feff}').unwrap_or(text));
        }
        if let Some(quirk) = decoded.quirk {
            assert!(!quirk.contains('\n'), "{quirk:?}");
        }
        Ok(())
    });
}

#[test]
fn a_text_comes_back_from_its_own_charset() {
    let cases: [(&'static Encoding, &str, &str); 7] = [
        (UTF_8, "utf-8", "[央行宣布降准é’𠀀]{8,60}"),
        (
            GB18030,
            "gb2312",
            "[央行宣布降低存款准备金率镕喆㐀𠀀，。a-z ]{8,60}",
        ),
        (BIG5, "big5", "[台北股市今日上漲，。a-z ]{8,60}"),
        (
            SHIFT_JIS,
            "shift_jis",
            "[東京株式市場はひらがなカタカナ、。a-z ]{8,60}",
        ),
        (EUC_KR, "euc-kr", "[한국은행기준금리동결 ,.a-z]{8,60}"),
        (
            WINDOWS_1251,
            "windows-1251",
            "[Центральныйбанкснизилставку ,.]{8,60}",
        ),
        (WINDOWS_1252, "iso-8859-1", "[a-zéèüöß’“” ]{8,60}"),
    ];
    let texts = (0..cases.len()).prop_flat_map(move |case| {
        let text = proptest::string::string_regex(cases[case].2).unwrap();
        (Just(case), text)
    });
    budget::run(2, 10000, &texts, |(case, text)| {
        let (encoding, label, _) = cases[case];
        let (bytes, _, has_errors) = encoding.encode(&text);
        prop_assume!(!has_errors && !text.is_ascii());
        // Bytes that happen to be UTF-8 as well are taken for that: no label is to be believed against them.
        prop_assume!(encoding == UTF_8 || std::str::from_utf8(&bytes).is_err());
        let decoded = decode(&bytes, None, Some(label));
        prop_assert_eq!(decoded.text.as_ref(), text.as_str());
        Ok(())
    });
}
