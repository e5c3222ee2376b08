//! Items to documents: RSS 2.0, Atom 1.0, JSON Feed 1.1 and pages, with validators that hold.
//!
//! The way: a [`View`] says what is published and how; `selection` chooses the lines of a channel's list;
//! `entry` makes an item fit to be seen and is shared by all forms; `edition` is a channel with its entries;
//! `hot` ranks the stories that several tell, and `standing` says what became of their ranks;
//! `related` finds what speaks of the same as a story;
//! `archive` says which months a channel has and how they are linked, cut by `lengths`; `rss`, `atom`, `json_feed` and `page` write
//! an edition; `document` is the bytes with their validators; [`Publisher`]
//! keeps what is ready and makes the rest on demand; `export` writes it all as files.
//!
//! It promises that bytes change only when content does, that whatever is stored becomes well-formed and valid
//! documents, that ids are stable, and that no mail address or secret is published. It leaves safety of markup
//! to [`crate::html`], order and durability to [`crate::store`], and HTTP to [`crate::serve`].

mod also;
mod archive;
mod atom;
mod cache;
mod channel;
mod clean;
mod document;
mod edition;
mod entry;
mod error;
mod export;
mod extras;
mod hot;
mod identifier;
mod json_feed;
mod lengths;
mod lists;
mod marked;
mod page;
mod press;
mod publisher;
mod related;
mod render;
mod route;
mod rss;
mod selection;
mod stamps;
mod standing;
mod view;

pub use channel::Form;
pub use document::{Coding, Document};
pub use error::Error;
pub use export::Exported;
pub use hot::{Heat, heat};
pub use publisher::{Found, Publisher};
pub use view::{SourceView, View};

#[cfg(test)]
mod tests;
