//! Characters, words and dates: what every station needs to know about text as such.
//!
//! Pure functions over bytes and strings. Nothing here knows of feeds or markup, nothing panics on any input,
//! and all of it takes time in proportion to the input.

/// Bytes to text, whatever their label says.
pub mod charset;

/// Dates as people write them.
pub mod date;

/// One form for all spellings of a word, for matching only.
pub mod fold;

/// The characters that XML 1.0 allows.
pub mod legal;

/// The outlet that a text says it is from.
pub mod outlet;

/// Which script a text is written in, as far as dates depend on it.
pub mod script;

/// Likeness of texts.
pub mod sketch;

/// Words of any script.
pub mod tokens;

/// What texts are compared by.
pub mod units;
