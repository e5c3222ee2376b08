//! `newsriver preview`: what the daemon would make of a document, without storing anything.
//!
//! As JSON it is a JSON Feed 1.1 document, entries in the document's own order, markup sanitized as it would be
//! published; what JSON Feed has no place for stands in `_newsriver`. As text it is for people: the feed, its
//! entries a line each, and whatever was odd. A file is read, everything else fetched as a poll would.

mod json;
mod lines;

use super::owner;
use crate::clock::SystemClock;
use crate::config::{self, Config};
use crate::fetch::{self, Fetcher, Request, Web};
use crate::identify::Rewriter;
use crate::model::{Entry, Feed, Quirk, Rewrite, SourceState, in_words};
use crate::parse::{self, Input};
use chrono_tz::Tz;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// A document as read.
#[derive(Clone, Debug)]
pub struct Preview {
    /// What it says.
    pub feed: Feed,
    /// What was odd about it.
    pub quirks: Vec<Quirk>,
}

/// Reads a document.
///
/// # Errors
///
/// When it is no feed; the error says what it is instead.
pub fn document(input: &Input<'_>) -> Result<Preview, parse::Error> {
    let (feed, quirks) = parse::read(input)?;
    Ok(Preview { feed, quirks })
}

/// Shows a source on standard output: a file, a URL, or a source of the configuration by its name. What is no feed
/// is one line on standard error, and exit code 1.
pub fn run(config: &Path, source: &str, as_json: bool) -> ExitCode {
    let shown = settings(config).and_then(|config| {
        let file = Path::new(source);
        if !source.contains("://") && file.exists() {
            let zone = config.as_ref().and_then(|config| config.site.timezone);
            let bytes = std::fs::read(file).map_err(|error| format!("{source}: {error}"))?;
            let input = Input {
                bytes: &bytes,
                site_timezone: zone,
                ..Input::default()
            };
            return document(&input).map_err(|error| format!("{source}: {error}"));
        }
        let fetching = Fetching::of(source, config.as_ref())?;
        owner::runtime()
            .map_err(|error| error.to_string())?
            .block_on(fetching.fetch())
    });
    match shown {
        Ok(preview) => show(&preview, as_json),
        Err(reason) => refuse(&reason),
    }
}

/// The configuration where there is one; without, the defaults hold.
fn settings(path: &Path) -> Result<Option<Config>, String> {
    if !path.exists() {
        return Ok(None);
    }
    config::load(path)
        .map(|(config, _)| Some(config))
        .map_err(|problems| {
            format!(
                "{}; `newsriver check` tells all",
                problems.to_string().lines().next().unwrap_or_default()
            )
        })
}

/// What fetching one source needs.
struct Fetching {
    request: Request,
    bounds: config::Fetch,
    site: Option<config::Site>,
    zone: Option<Tz>,
    rewrite: Option<Arc<Rewrite>>,
}

impl Fetching {
    /// `source` is a URL, or a name in `feeds.toml`.
    fn of(source: &str, config: Option<&Config>) -> Result<Self, String> {
        let named = config.and_then(|config| {
            config
                .sources
                .iter()
                .find(|known| known.name == source || known.url == source)
        });
        let bounds = match config {
            Some(config) => config.fetch.clone(),
            None => {
                let (defaults, _) = config::check_text(Path::new("feeds.toml"), "")
                    .map_err(|problems| problems.to_string())?;
                defaults.fetch
            }
        };
        let site_zone = config.and_then(|config| config.site.timezone);
        let request = match named {
            Some(named) => Request::of(named, &SourceState::default()),
            None if source.contains("://") => Request {
                url: source.to_owned(),
                timeout: bounds.timeout,
                allow_private_networks: bounds.allow_private_networks,
                ..Request::default()
            },
            None => {
                return Err(format!(
                    "{source} is no file, no URL, and no source named in feeds.toml"
                ));
            }
        };
        let zone = named.and_then(|named| named.timezone).or(site_zone);
        let site = config.map(|config| config.site.clone());
        Ok(Self {
            request,
            bounds,
            site,
            zone,
            rewrite: named.and_then(|named| named.rewrite.clone()),
        })
    }

    async fn fetch(self) -> Result<Preview, String> {
        let transport = Arc::new(Web::new(self.bounds.per_host));
        let fetcher = Fetcher::new(&self.bounds, self.site.as_ref(), transport, Arc::new(SystemClock));
        match self.read(&fetcher, &self.request).await? {
            Ok(preview) => Ok(preview),
            // As a poll does: the feed behind a page is the source.
            Err((_, Some(url))) => {
                let request = Request {
                    url,
                    home: self.request.url.clone(),
                    ..self.request.clone()
                };
                let read = self.read(&fetcher, &request).await;
                let read = read.and_then(|read| read.map_err(|(words, _)| words));
                read.map_err(|words| format!("the page names a feed, but {words}"))
            }
            Err((words, None)) => Err(words),
        }
    }

    /// Reads one document. What is no feed is told in words, with the address of the feed that it names.
    async fn read(
        &self,
        fetcher: &Fetcher,
        request: &Request,
    ) -> Result<Result<Preview, (String, Option<String>)>, String> {
        let mut fetched = fetcher.get(request).await.map_err(|error| in_words(&error))?;
        let bytes = fetched.decode().await.map_err(|error| in_words(&error))?;
        let response = &fetched.response;
        let input = Input {
            bytes: &bytes,
            url: Some(&response.url),
            content_type: response.content_type.as_deref(),
            content_language: response.content_language.as_deref(),
            timezone: self.zone,
            site_timezone: None,
        };
        let mut read = document(&input).map_err(|error| {
            let words = format!("{}: {error}", fetch::shown(&response.url));
            (words, parse::feed_behind(&input))
        });
        if let (Ok(preview), Some(rewrite)) = (&mut read, &self.rewrite) {
            let rewriter = Rewriter::new(rewrite);
            for entry in &mut preview.feed.entries {
                rewriter.apply(entry);
            }
        }
        Ok(read)
    }
}

/// Writes a preview to standard output.
pub fn show(preview: &Preview, as_json: bool) -> ExitCode {
    let text = if as_json {
        format!("{:#}\n", preview.to_json())
    } else {
        preview.to_text()
    };
    // A reader that closed the pipe has seen enough.
    let written = io::stdout().lock().write_all(text.as_bytes());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    }
}

/// Writes one line of reason to standard error.
pub fn refuse(reason: &str) -> ExitCode {
    let line: String = reason
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    drop(writeln!(io::stderr().lock(), "newsriver: {line}"));
    ExitCode::FAILURE
}

/// The fuller of an entry's texts, as written.
fn text_of(entry: &Entry) -> &str {
    entry
        .content
        .as_deref()
        .or(entry.summary.as_deref())
        .unwrap_or_default()
}
