//! newsriver: many news sources in, a few clean feeds out.
//!
//! The modules are listed in the order an item passes them, from the ground up: a file imports from lower
//! floors only. `docs/architecture.md` carries the floors, and a test holds every `use crate::` against it.

// Floor 0: plain values and pure functions over text.

// The nouns: plain values, no input or output.
pub mod model;

// What time it is: the one seam through which time enters.
pub mod clock;

// Characters, words, dates: bytes to text, folding for matching, dates as people write them.
pub mod text;

// Markup made safe, absolute and plain.
pub mod html;

// Subscription lists in and out.
pub mod opml;

// Floor 1: what the admin wrote.

// `feeds.toml`: its keys, all that is wrong with a file, and its schema.
pub mod config;

// Floor 2: the stations, which do not know each other.

// When to ask a source next.
pub mod schedule;

// Bytes from the web, politely and safely.
pub mod fetch;

// Bytes to a `Feed`.
pub mod parse;

// New, changed, known, or the same as another source's?
pub mod identify;

// Which items are one article, and which tell one story?
pub mod cluster;

// Which categories an item belongs to.
pub mod categorize;

// Floor 3: what must survive.

// The journal, the sled store behind it, and the trait that both backends fulfil.
pub mod store;

// Floor 4: the ways through the stations.

// One poll, the whole way of one source.
pub mod poll;

// Items to documents.
pub mod publish;

// Each source's state in words and numbers.
pub mod health;

// Floor 5: to the reader.

// HTTP: routes, conditional requests, the documents that lie ready.
pub mod serve;

// The loopback origin that `demo` and the tests poll.
pub mod demo;

// Floor 6: the running whole.

// Workers, the scheduler's heartbeat, the control socket, reload, systemd, shutdown.
pub mod daemon;

// Floor 7: the commands.

// One file a command; tables, progress, exit codes.
pub mod cli;
