//! The commands, one file each. Exit codes: 0 well, 1 the answer is no, 2 wrong usage or a bad configuration.

mod against;
pub mod check;
mod classify;
pub mod completions;
mod dedup;
mod demo;
mod export;
mod label;
mod limits;
mod r#move;
mod owner;
mod poll;
pub mod preview;
mod progress;
mod run;
pub mod schema;
mod status;
mod terminal;
mod verify;
mod why;
mod words;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;

/// Wrong usage or a bad configuration: systemd does not start us again for it.
const WRONG: u8 = 2;

/// Turns many news sources into a few clean feeds.
#[derive(Debug, Parser)]
#[command(
    name = "newsriver",
    version,
    about,
    propagate_version = true,
    arg_required_else_help = true
)]
struct Arguments {
    /// The configuration; relative paths in it are relative to it
    #[arg(
        long,
        short,
        global = true,
        value_name = "FILE",
        env = "NEWSRIVER_CONFIG",
        default_value = "feeds.toml"
    )]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The daemon: poll, store, publish, serve
    Run,
    /// The whole system on this machine alone, without network: sample sources, a daemon, an address to open
    Demo {
        /// Where to serve; the next free port when it is taken
        #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
        listen: String,
        /// Keep the store and feeds.toml in this folder
        #[arg(long, value_name = "DIR")]
        keep: Option<PathBuf>,
    },
    /// Says all that is wrong with feeds.toml, each with line, column and a remedy
    Check {
        /// Also what the file would move, drop or add among the stored items; nothing is changed
        #[arg(long, value_enum)]
        against: Option<Against>,
        /// An object a line
        #[arg(long, requires = "against")]
        json: bool,
    },
    /// Shows what would be made of a source, without storing anything
    Preview {
        /// A URL, a file, or the name of a source in feeds.toml
        source: String,
        /// text for people, json for a JSON Feed 1.1 document
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Polls now, once
    Poll {
        /// The names of sources; all of them when none is named
        sources: Vec<String>,
        /// An object a line
        #[arg(long)]
        json: bool,
    },
    /// Writes the published tree as files
    Export {
        /// The folder; made when it is not there
        folder: PathBuf,
    },
    /// Each source with its state, last success, next poll, and what is wrong in words
    Status {
        /// One object
        #[arg(long)]
        json: bool,
        /// What was learned about categories, and how well each is told from the others
        #[arg(long, conflicts_with = "json")]
        categories: bool,
    },
    /// Writes the new address of a moved source into feeds.toml
    Move {
        /// The name of the source
        source: String,
    },
    /// How an item came to be here
    Why {
        /// An item's id or link, or a source's name
        item: String,
        /// One object
        #[arg(long)]
        json: bool,
    },
    /// Takes an item out of its story for good, or, by the link of a copy, that copy away from its item
    Split {
        /// An item's id or link, or the link at which another source shows a copy of it
        item: String,
    },
    /// Makes one story of those of two items for good; both stay entries of their own
    Merge {
        /// An item's id or link
        one: String,
        /// Another's
        other: String,
    },
    /// Whether what is stored fits together: items, what identifies them, their stories, the lists they stand in
    Verify {
        /// Put right what can be, and make anew what is remembered of words
        #[arg(long)]
        repair: bool,
    },
    /// Every split and merge so far as a labelled pair, an object a line
    Pairs,
    /// Files an item under a category by hand, for good: it moves at once, and teaches more than others
    Label {
        /// An item's id or link
        item: String,
        /// The name of a category
        #[arg(required_unless_present = "undo")]
        category: Option<String>,
        /// Take back what was said of it
        #[arg(long, conflicts_with = "category")]
        undo: bool,
    },
    /// Which items of a file repeat an earlier one, and which tell one story
    Dedup {
        /// A JSON object a line, in time order: id, url, title, text, source, published
        #[arg(long, value_name = "FILE")]
        input: PathBuf,
        /// Say of each why, in words
        #[arg(long)]
        why: bool,
    },
    /// Puts items into categories by what labelled items teach: the classifier on files
    Classify {
        /// Labelled items: an object a line with title, category, and perhaps text
        #[arg(long, value_name = "FILE")]
        train: PathBuf,
        /// Items to put into categories: an object a line with id, title, and perhaps text; - for standard input
        #[arg(long, value_name = "FILE")]
        input: PathBuf,
        /// Compare the answers with the categories in the input, on standard error
        #[arg(long)]
        report: bool,
    },
    /// The JSON Schema of feeds.toml, by which editors complete and check it
    Schema,
    /// Completions for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

/// What `check` compares with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Against {
    /// What is stored.
    Store,
}

/// How `preview` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// A JSON Feed 1.1 document.
    Json,
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() {
                ExitCode::from(WRONG)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    limits::raise_open_files();
    let config = arguments.config.as_path();
    match arguments.command {
        Command::Run => run::run(config),
        Command::Demo { listen, keep } => demo::run(&listen, keep.as_deref()),
        Command::Check {
            against: Some(Against::Store),
            json,
        } => against::run(config, json),
        Command::Check { .. } => check::run(config),
        Command::Preview { source, format } => preview::run(config, &source, format == Format::Json),
        Command::Poll { sources, json } => poll::run(config, sources, json),
        Command::Export { folder } => export::run(config, &folder),
        Command::Move { source } => r#move::run(config, source),
        Command::Status { json, categories } => status::run(config, json, categories),
        Command::Why { item, json } => why::run(config, item, json),
        Command::Split { item } => words::split(config, item),
        Command::Merge { one, other } => words::merge(config, one, other),
        Command::Verify { repair } => verify::run(config, repair),
        Command::Pairs => words::pairs(config),
        Command::Label { item, category, .. } => label::run(config, item, category),
        Command::Dedup { input, why } => dedup::run(&input, why),
        Command::Classify { train, input, report } => classify::run(&train, &input, report),
        Command::Schema => schema::run(),
        Command::Completions { shell } => completions::run(shell, Arguments::command()),
    }
}
