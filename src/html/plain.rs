//! The text of markup, on one line: for titles, rules, digests and excerpts.

use super::entities::Reference;
use super::scan::{Piece, Scanner, is_raw, is_unseen};
use crate::text::legal::is_legal;
use crate::text::tokens::is_boundary;

/// The text that a reader sees: references resolved, every stretch of blanks one blank, block elements and line
/// breaks blanks too, scripts and styles left out, no character that XML 1.0 forbids. No tree is built, so that
/// this costs hardly more than reading.
pub fn plain(html: &str) -> String {
    let mut line = Line::new(html.len().min(1 << 16), usize::MAX);
    line.read(html);
    line.text
}

/// At most `max_chars` characters of the text, cut between words, with `…` (counted) where it was cut.
pub fn excerpt(html: &str, max_chars: usize) -> String {
    let mut line = Line::new(
        html.len().min(max_chars.saturating_mul(4)),
        max_chars.saturating_add(1),
    );
    line.read(html);
    let mut text = line.text;
    let Some((end, _)) = text.char_indices().nth(max_chars.saturating_sub(1)) else {
        return text;
    };
    if text.chars().nth(max_chars).is_none() {
        return text;
    }
    let head = text.get(..end).unwrap_or_default();
    let cut = word_boundary(head, text.get(end..).and_then(|tail| tail.chars().next()));
    text.truncate(cut);
    let trimmed =
        text.trim_end_matches(|letter: char| letter.is_whitespace() || ",;:，、；：".contains(letter));
    text.truncate(trimmed.len());
    text.push('…');
    text
}

/// Where the last whole word of `head` ends, `next` being what follows; its end when that would lose over half.
fn word_boundary(head: &str, next: Option<char>) -> usize {
    let mut after = next;
    for (place, letter) in head.char_indices().rev() {
        if is_boundary(Some(letter), after) {
            return place + letter.len_utf8();
        }
        if place < head.len() / 2 {
            break;
        }
        after = Some(letter);
    }
    head.len()
}

/// A line of text that grows, with no blank at its ends and no two in a row.
struct Line {
    text: String,
    /// A blank is due before the next character.
    is_blank_due: bool,
    /// Characters still wanted.
    room: usize,
    is_bounded: bool,
}

impl Line {
    fn new(capacity: usize, max_chars: usize) -> Self {
        Self {
            text: String::with_capacity(capacity),
            is_blank_due: false,
            room: max_chars,
            is_bounded: max_chars != usize::MAX,
        }
    }

    fn read(&mut self, html: &str) {
        let mut scanner = Scanner::new(html);
        while let Some(piece) = scanner.next() {
            match piece {
                Piece::Text(text) => self.push_markup(text),
                Piece::Start(name, _) if is_raw(name) => scanner.skip_element(name),
                Piece::Start(name, _) if is_unseen(name) => scanner.skip_closed_element(name),
                Piece::Start(name, _) | Piece::End(name) => self.is_blank_due |= is_break(name),
                Piece::Aside => {}
            }
            if self.room == 0 {
                return;
            }
        }
    }

    /// Text with references in it.
    fn push_markup(&mut self, text: &str) {
        let mut rest = text;
        while let Some(place) = memchr::memchr(b'&', rest.as_bytes()) {
            let (before, after) = rest.split_at(place);
            self.push(before);
            let reference = Reference::at(after, false);
            for letter in reference.characters() {
                self.push(letter.encode_utf8(&mut [0; 4]));
            }
            rest = after.get(reference.bytes..).unwrap_or_default();
            if self.room == 0 {
                return;
            }
        }
        self.push(rest);
    }

    /// Text as it is, blanks squeezed: long stretches without a blank are copied at once.
    fn push(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let is_ordinary_at = |place: usize| bytes.get(place).is_some_and(|&byte| is_ordinary(byte));
        let mut from = 0;
        let mut place = 0;
        while let Some(&byte) = bytes.get(place) {
            // A single blank between words is copied with them.
            if is_ordinary(byte) || (byte == b' ' && place > from && is_ordinary_at(place + 1)) {
                place += 1;
                continue;
            }
            let letter = text
                .get(place..)
                .and_then(|rest| rest.chars().next())
                .unwrap_or(' ');
            let is_blank = letter.is_whitespace();
            if is_blank || !is_legal(letter) || letter == '\u{FEFF}' {
                self.push_stretch(text.get(from..place).unwrap_or_default());
                self.is_blank_due |= is_blank;
                from = place + letter.len_utf8();
            }
            place += letter.len_utf8();
        }
        self.push_stretch(text.get(from..).unwrap_or_default());
    }

    fn push_stretch(&mut self, stretch: &str) {
        if stretch.is_empty() || self.room == 0 {
            return;
        }
        if self.is_blank_due && !self.text.is_empty() {
            self.text.push(' ');
            self.room = self.room.saturating_sub(1);
        }
        self.is_blank_due = false;
        if self.is_bounded {
            let end = stretch
                .char_indices()
                .nth(self.room)
                .map_or(stretch.len(), |(end, _)| end);
            let taken = stretch.get(..end).unwrap_or_default();
            self.room = self.room.saturating_sub(taken.chars().count());
            self.text.push_str(taken);
        } else {
            self.text.push_str(stretch);
        }
    }
}

/// Not the beginning of a blank nor of a character that XML forbids: everything but the controls and the few
/// lead bytes of UTF-8 under which Unicode has blanks (U+0085, U+00A0, U+1680, U+2000…, U+3000) or U+FEFF…U+FFFF.
const fn is_ordinary(byte: u8) -> bool {
    !matches!(byte, 0..=0x20 | 0xC2 | 0xE1 | 0xE2 | 0xE3 | 0xEF)
}

/// Elements that stand in the flow of words; all others break it, unknown ones included.
fn is_break(name: &str) -> bool {
    const INLINE: [&str; 40] = [
        "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font",
        "i", "img", "ins", "kbd", "label", "mark", "nobr", "q", "rb", "ruby", "s", "samp", "small", "span",
        "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr", "rp", "rt", "rtc",
    ];
    !INLINE.iter().any(|inline| name.eq_ignore_ascii_case(inline))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_become_blanks_and_inline_elements_nothing() {
        assert_eq!(
            plain("<p>央行<b>降</b>准</p><p>第二段<br>末行</p>"),
            "央行降准 第二段 末行"
        );
        assert_eq!(plain("a<ul><li>b</li><li>c</li></ul>d"), "a b c d");
        assert_eq!(plain("don<i>'</i>t"), "don't");
    }

    #[test]
    fn blanks_of_every_kind_are_squeezed() {
        assert_eq!(
            plain("　　首行&nbsp;&nbsp; 缩进 \n\t\r\n x\u{2003}y\u{85} "),
            "首行 缩进 x y"
        );
        assert_eq!(plain(" \n "), "");
    }

    #[test]
    fn references_are_resolved_and_forbidden_characters_vanish() {
        assert_eq!(
            plain("&ldquo;AT&amp;T&rdquo; &lt;b&gt;\u{0}&#7;\u{FFFE}x\u{FEFF}y"),
            "“AT&T” <b>xy"
        );
    }

    #[test]
    fn scripts_styles_and_comments_are_not_text() {
        assert_eq!(
            plain("a<script>if (a<b) '</p>'</script>b<style>p{}</style><!-- c -->d"),
            "abd"
        );
        assert_eq!(plain("a<math><mi>b</mi>"), "a b");
        assert_eq!(plain("a<script>b"), "a");
    }

    #[test]
    fn a_less_than_sign_alone_is_text() {
        assert_eq!(plain("1 < 2 && 3 > 2"), "1 < 2 && 3 > 2");
    }

    #[test]
    fn an_excerpt_ends_between_words() {
        assert_eq!(
            excerpt("<p>Rates rise again in May</p>", 100),
            "Rates rise again in May"
        );
        assert_eq!(
            excerpt("<p>Rates rise again in May</p>", 23),
            "Rates rise again in May"
        );
        assert_eq!(excerpt("<p>Rates rise, again in May</p>", 14), "Rates rise…");
        assert_eq!(excerpt("央行今日宣布下调存款准备金率", 6), "央行今日宣…");
        assert_eq!(excerpt("Donaudampfschifffahrtsgesellschaft", 10), "Donaudamp…");
        assert_eq!(excerpt("", 10), "");
        assert_eq!(excerpt("abc", 0), "…");
    }

    #[test]
    fn words_are_parted_by_one_blank_wherever_they_stand() {
        assert_eq!(
            plain("a b  c <b>d</b> e\u{2014} f \u{201C}g\u{201D} h"),
            "a b c d e\u{2014} f \u{201C}g\u{201D} h"
        );
        assert_eq!(plain("<p> a b </p> c d <br> e"), "a b c d e");
        assert_eq!(excerpt("a b c d", 3), "a…");
        assert_eq!(excerpt("<p> a b </p> <p> c</p>", 4), "a b…");
    }

    #[test]
    fn an_excerpt_reads_no_more_than_it_needs() {
        let long = "字<b>".repeat(1_000_000);
        let mut line = Line::new(100, 101);
        line.read(&long);
        assert_eq!((line.room, line.text.chars().count()), (0, 101));
        assert_eq!(excerpt(&long, 100).chars().count(), 100);
    }
}
