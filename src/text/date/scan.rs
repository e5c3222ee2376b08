//! The pieces of a written date, taken out one kind after the other: the time, its offset, the date itself.

use super::calendar::{Half, Time};
use super::names;
use super::zone::Offset;
use chrono_tz::Tz;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Lower case, half width, without accents; the words for the halves of the day made `am` and `pm`.
pub(super) fn plain(text: &str) -> String {
    let mut text = if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        let folded = text.nfkd().flat_map(char::to_lowercase);
        let plain: String = folded.filter(|&letter| !is_combining_mark(letter)).collect();
        plain
            .nfc()
            .map(|letter| if letter == '\u{2212}' { '-' } else { letter })
            .collect()
    };
    for (words, half) in HALVES {
        for word in words {
            if text.contains(word) {
                text = text.replace(word, half);
            }
        }
    }
    text
}

const HALVES: [(&[&str], &str); 2] = [
    (
        &["a.m.", "a.m", "上午", "凌晨", "早上", "清晨", "午前", "오전"],
        " am ",
    ),
    (
        &["p.m.", "p.m", "下午", "晚上", "傍晚", "午後", "午后", "오후"],
        " pm ",
    ),
];

/// One piece of a date's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Digits: their value and how many there are.
    Number(u32, usize),
    /// Letters.
    Word(&'a str),
    /// One of the signs that say what the number before them is: 年月日时分秒 and the Korean ones, as `y m d h n s`.
    Unit(char),
    /// Any other sign.
    Sign(char),
    /// Blanks, however many.
    Blank,
    /// Taken out already.
    Used,
}

/// A date's text in pieces.
pub(super) struct Scanned<'a> {
    text: &'a str,
    pub(super) tokens: Vec<Token<'a>>,
    /// Where the time ended, so that an offset is looked for behind it.
    time_end: usize,
}

impl<'a> Scanned<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut tokens = Vec::with_capacity(24);
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let length =
                |belongs: fn(char) -> bool| rest.find(|letter| !belongs(letter)).unwrap_or(rest.len());
            let (token, bytes) = if first.is_ascii_digit() {
                let bytes = length(|letter| letter.is_ascii_digit());
                let digits = rest.get(..bytes).unwrap_or_default();
                (Token::Number(digits.parse().unwrap_or(u32::MAX), bytes), bytes)
            } else if let Some(unit) = unit(first) {
                (Token::Unit(unit), first.len_utf8())
            } else if first.is_alphabetic() {
                let bytes = length(|letter| letter.is_alphabetic() && unit(letter).is_none());
                (Token::Word(rest.get(..bytes).unwrap_or_default()), bytes)
            } else if first.is_whitespace() {
                (Token::Blank, length(char::is_whitespace))
            } else {
                (Token::Sign(first), first.len_utf8())
            };
            tokens.push(token);
            rest = rest.get(bytes..).unwrap_or_default();
        }
        Self {
            text,
            tokens,
            time_end: 0,
        }
    }

    pub(super) fn at(&self, place: usize) -> Token<'a> {
        self.tokens.get(place).copied().unwrap_or(Token::Blank)
    }

    fn past_blank(&self, place: usize) -> usize {
        place + usize::from(self.at(place) == Token::Blank)
    }

    fn use_up(&mut self, from: usize, to: usize) {
        if let Some(tokens) = self.tokens.get_mut(from..to) {
            tokens.fill(Token::Used);
        }
    }

    fn is_sign(&self, place: usize, sign: char) -> bool {
        self.at(place) == Token::Sign(sign)
    }

    /// Takes the time of day out.
    pub(super) fn take_time(&mut self) -> Option<Time> {
        let found = (0..self.tokens.len())
            .find_map(|place| self.time_with_colons(place))
            .or_else(|| (0..self.tokens.len()).find_map(|place| self.time_with_units(place)))
            .or_else(|| (0..self.tokens.len()).find_map(|place| self.time_of_digits(place)))
            .or_else(|| self.time_of_four_digits());
        let (time, from, to) = found?;
        self.use_up(from, to);
        self.time_end = to;
        Some(time)
    }

    /// `11:30`, `11:30:31`, `11:30:31.25`.
    fn time_with_colons(&self, place: usize) -> Option<(Time, usize, usize)> {
        let Token::Number(hour, 1..=2) = self.at(place) else {
            return None;
        };
        let Token::Number(minute, 1..=2) = self.at(place + 2) else {
            return None;
        };
        let is_offset = place > 0 && self.is_sign(place - 1, '+');
        if !self.is_sign(place + 1, ':') || is_offset {
            return None;
        }
        let mut time = Time {
            hour,
            minute,
            ..Time::default()
        };
        let mut end = place + 3;
        if let (true, Token::Number(second, 1..=2)) = (self.is_sign(end, ':'), self.at(end + 1)) {
            time.second = second;
            end += 2;
            let has_fraction = self.is_sign(end, '.') || self.is_sign(end, ',');
            if let (true, Token::Number(fraction, digits)) = (has_fraction, self.at(end + 1)) {
                time.millisecond = thousandths(fraction, digits);
                end += 2;
            }
        }
        Some((time, place, end))
    }

    /// `11时30分31秒`, `16h30`, `3pm`.
    fn time_with_units(&self, place: usize) -> Option<(Time, usize, usize)> {
        let Token::Number(hour, 1..=2) = self.at(place) else {
            return None;
        };
        let mut time = Time {
            hour,
            ..Time::default()
        };
        let mut end = self.past_blank(place + 1);
        match self.at(end) {
            Token::Unit('h') | Token::Word("h") => {}
            Token::Word("am" | "pm") => return Some((time, place, place + 1)),
            _ => return None,
        }
        end += 1;
        for (unit, value) in [('n', &mut time.minute), ('s', &mut time.second)] {
            let number = self.past_blank(end);
            let Token::Number(digits, 1..=2) = self.at(number) else {
                break;
            };
            *value = digits;
            end = number + 1;
            if self.at(self.past_blank(end)) == Token::Unit(unit) {
                end = self.past_blank(end) + 1;
            }
        }
        Some((time, place, end))
    }

    /// `T1014`, `T101455.5` (ISO 8601, basic form).
    fn time_of_digits(&self, place: usize) -> Option<(Time, usize, usize)> {
        if self.at(place) != Token::Word("t") {
            return None;
        }
        let Token::Number(digits, length @ (4 | 6)) = self.at(place + 1) else {
            return None;
        };
        let six = if length == 4 { digits * 100 } else { digits };
        let mut time = Time {
            hour: six / 10_000,
            minute: six / 100 % 100,
            second: six % 100,
            millisecond: 0,
        };
        let mut end = place + 2;
        if let (true, Token::Number(fraction, digits)) = (self.is_sign(end, '.'), self.at(end + 1)) {
            time.millisecond = thousandths(fraction, digits);
            end += 2;
        }
        Some((time, place, end))
    }

    /// `03 Apr 02 1500 GMT`: four digits after day, month and year.
    fn time_of_four_digits(&self) -> Option<(Time, usize, usize)> {
        let numbers = self
            .tokens
            .iter()
            .filter(|token| matches!(token, Token::Number(..)))
            .count();
        let place = self
            .tokens
            .iter()
            .rposition(|token| matches!(token, Token::Number(_, 4)))?;
        let last = self
            .tokens
            .iter()
            .rposition(|token| matches!(token, Token::Number(..)))?;
        let Token::Number(digits, _) = self.at(place) else {
            return None;
        };
        self.month()?;
        let time = Time {
            hour: digits / 100,
            minute: digits % 100,
            ..Time::default()
        };
        (numbers == 3 && place == last).then_some((time, place, place + 1))
    }

    /// Takes the offset or the name of a zone out. An offset in digits beats a name: `+0800 (CST)`.
    pub(super) fn take_offset(&mut self, home: Option<Tz>, has_time: bool) -> Option<Offset> {
        if has_time && let Some((offset, from, to)) = self.digits_of_offset() {
            self.use_up(from, to);
            return offset;
        }
        let region = self.text.split_whitespace().find_map(|piece| {
            let piece = piece.trim_matches(['(', ')', '[', ']']);
            let is_region =
                piece.contains('/') && piece.starts_with(|letter: char| letter.is_ascii_lowercase());
            is_region.then(|| Offset::of_region(piece)).flatten()
        });
        let from = if has_time { self.time_end } else { 0 };
        let names = self.tokens.iter().skip(from).filter_map(|token| match token {
            Token::Word(word) => Offset::named(word, home),
            _ => None,
        });
        region.or_else(|| names.into_iter().next())
    }

    /// A sign with digits behind the time: `+0800`, `-05:00`, `GMT+8`. With words before it (`pm`, `z`) or not.
    fn digits_of_offset(&self) -> Option<(Option<Offset>, usize, usize)> {
        let is_before = |token: Token| matches!(token, Token::Blank | Token::Word(_) | Token::Sign('('));
        let mut place = self.time_end;
        while place < self.tokens.len() && is_before(self.at(place)) {
            place += 1;
        }
        let is_west = self.is_sign(place, '-');
        if !is_west && !self.is_sign(place, '+') {
            return None;
        }
        let Token::Number(digits, length) = self.at(place + 1) else {
            return None;
        };
        match (length, self.at(place + 2), self.at(place + 3)) {
            (1..=2, Token::Sign(':'), Token::Number(minutes, 1..=2)) => {
                Some((Offset::new(is_west, digits, minutes), place, place + 4))
            }
            (1..=2, _, _) => Some((Offset::new(is_west, digits, 0), place, place + 2)),
            (3..=4, _, _) => Some((Offset::new(is_west, digits / 100, digits % 100), place, place + 2)),
            _ => None,
        }
    }

    /// `am` or `pm`.
    pub(super) fn half_of_day(&self) -> Option<Half> {
        self.tokens.iter().find_map(|token| match token {
            Token::Word("am") => Some(Half::Before),
            Token::Word("pm") => Some(Half::After),
            _ => None,
        })
    }

    /// The weekday, where it is said in English.
    pub(super) fn weekday(&self) -> Option<u32> {
        self.tokens.iter().find_map(|token| match token {
            Token::Word(word) => names::weekday(word),
            _ => None,
        })
    }
}

/// What the sign behind a number says the number is.
fn unit(sign: char) -> Option<char> {
    Some(match sign {
        '年' | '년' => 'y',
        '月' | '월' => 'm',
        '日' | '号' | '號' | '일' => 'd',
        '时' | '時' | '点' | '點' | '시' => 'h',
        '分' | '분' => 'n',
        '秒' | '초' => 's',
        _ => return None,
    })
}

/// The first three digits of a fraction.
fn thousandths(fraction: u32, digits: usize) -> u32 {
    match digits {
        0 => 0,
        1 => fraction * 100,
        2 => fraction * 10,
        3 => fraction,
        // Ten digits and more do not fit a u32 and are not told apart from u32::MAX: the fraction is dropped.
        4..=9 => fraction / 10_u32.pow(u32::try_from(digits - 3).unwrap_or(0)),
        _ => 0,
    }
}
