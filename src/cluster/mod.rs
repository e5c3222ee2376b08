//! Which items are one article by their words, and which tell one story?
//!
//! Three weeks of articles are remembered by sketches of their texts and stretches of their titles. A new article is
//! asked for its likely originals ([`Window::candidates`]), whoever keeps the texts brings them, and [`decide`]
//! compares them in full: by the share of the smaller text that stands in the other, with a veto by the numbers, and
//! by titles where one side has no text. Only originals are remembered and asked after: an article is joined with
//! one that it shares words with itself, never by way of a third.
//!
//! What repeats nothing is placed into a story ([`Stories::place`]). Texts in Chinese and in English, with spaces or
//! without, go one way, with one set of numbers.
//!
//! [`hot`] ranks stories by who tells them.
//!
//! Nothing is opened or awaited here, and time is an argument. The same items in the same order give the same
//! answers.

mod article;
mod headline;
pub mod hot;
mod index;
mod marks;
mod owner;
mod postings;
mod reprint;
mod story;
mod sum;
mod terms;
mod vector;
mod window;

pub use article::{Article, Read};
pub use headline::Headline;
pub use owner::owner;
pub use reprint::{Rung, compare};
pub use story::{Placed, SETTLED, Stories};
pub use window::{Candidates, Copy, WINDOW, Window, decide};

#[cfg(test)]
mod tests;
