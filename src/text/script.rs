//! Which script a text is written in, as far as dates depend on it.

use super::fold::simplified;

/// So many characters tell.
const SAMPLE: usize = 64 * 1024;

/// Fewer are a name or a quotation.
const LEAST: usize = 20;

/// One Chinese character in so many letters is enough: many letters of a document are its markup.
const IN_SO_MANY: usize = 12;

/// And one foreign one in so many is a quotation.
const FOREIGN: usize = 20;

/// The text (markup and all) is one in Simplified Chinese: neither Traditional, nor Japanese or Korean.
pub fn is_simplified_chinese(text: &str) -> bool {
    if !may_have_han(text.as_bytes()) {
        return false;
    }
    let (mut letters, mut han, mut other) = (0_usize, 0_usize, 0_usize);
    for letter in text.chars().take(SAMPLE) {
        match letter {
            '\0'..='\x7f' => letters += usize::from(letter.is_ascii_alphabetic()),
            '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' => {
                letters += 1;
                han += 1;
                other += usize::from(simplified(letter) != letter);
            }
            _ if !letter.is_alphabetic() => {}
            // Hiragana, katakana, hangul.
            '\u{3040}'..='\u{30ff}' | '\u{ac00}'..='\u{d7a3}' => {
                letters += 1;
                other += 1;
            }
            _ => letters += 1,
        }
    }
    han >= LEAST && han * IN_SO_MANY >= letters && other * FOREIGN < han
}

/// A byte that Chinese characters begin with in UTF-8 is there: seen on whole stretches of bytes at once.
fn may_have_han(bytes: &[u8]) -> bool {
    let begins = |byte: &u8| (0xE3..=0xE9).contains(byte);
    let mut stretches = bytes.chunks(256);
    stretches.any(|stretch| stretch.iter().fold(false, |found, byte| found | begins(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(sentence: &str) -> String {
        let item = format!("<item><title>{sentence}</title><pubDate>2022-02-28 11:30</pubDate></item>");
        format!("<rss version=\"2.0\"><channel>{}</channel></rss>", item.repeat(5))
    }

    #[test]
    fn simplified_chinese_is_told_from_its_neighbours() {
        for (sentence, want) in [
            ("央行宣布下调存款准备金率,市场反应积极", true),
            ("央行宣布下调 LPR 利率", true),
            ("央行宣佈下調存款準備金率,市場反應積極", false),
            ("日本銀行は金融政策の現状維持を決定した", false),
            ("한국은행이 기준금리를 동결했다 韓國", false),
            (
                "The bank (中国人民银行) has said what it will do about all of this in a statement of many words",
                false,
            ),
            ("", false),
        ] {
            assert_eq!(is_simplified_chinese(&document(sentence)), want, "{sentence}");
        }
        assert!(!is_simplified_chinese("中国"), "a name is no text");
    }
}
