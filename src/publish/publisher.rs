//! What is served now, and how it comes to be.

mod demand;
mod story;

use super::archive::{self, Chain};
use super::cache::Cache;
use super::channel::{Form, Subject, story_path};
use super::document::{Document, Draft};
use super::error::Error;
use super::hot::Desk;
use super::lengths::Lengths;
use super::press::{self, Copy, Entries, Leads};
use super::route::{self, Former, Route};
use super::stamps::Stamps;
use super::standing::Standing;
use super::view::View;
use super::{clean, lists, page};
use crate::clock::Clock;
use crate::model::ItemNumber;
use crate::store::{Channel, Listing, Store};
use arc_swap::ArcSwap;
use bytes::Bytes;
use http::StatusCode;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex};

/// Bytes that documents made on demand may take.
const CACHE_BYTES: usize = 32 << 20;

/// Hot stories that the page of a story shows beside.
const BESIDE: usize = 10;

/// Renderings of documents on demand that may go on at once.
const TURNS: usize = 16;

/// Makes documents of items and keeps those ready that are asked for most.
///
/// The river's and the categories' documents lie ready in memory; those of sources, of the archive and the
/// subscription lists are made when asked for and kept in a bounded cache. A document is swapped in whole, after the store has
/// noted its age; whatever fails, the documents before it stay.
pub struct Publisher {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    shelf: ArcSwap<Shelf>,
    stamps: Stamps,
    cache: Cache,
    lengths: Lengths,
    /// One for each path, as far as they do not share one: so many renderings at most, and one a path.
    turns: Vec<tokio::sync::Mutex<()>>,
    /// The hottest stories, as the pages of stories show them beside: title and path.
    hot: ArcSwap<Vec<(String, String)>>,
    /// How often each list has changed.
    lists: Mutex<HashMap<Channel, u64>>,
    /// What making the ready documents needs to remember; only one refresh goes on at a time.
    press: tokio::sync::Mutex<Press>,
}

/// The documents that lie ready, with the view they were made under: swapped as one.
struct Shelf {
    view: Arc<View>,
    /// Counts the views.
    generation: u64,
    former: Former,
    ready: HashMap<String, Arc<Document>>,
    notices: Notices,
}

#[derive(Default)]
struct Notices {
    malformed: Bytes,
    missing: Bytes,
    gone: Bytes,
}

#[derive(Default)]
struct Press {
    entries: Entries,
    leads: Leads,
    hot: Desk,
    /// What each ready channel's documents show: the same again makes the same documents.
    shown: Shown,
    /// What is to be looked at, until its documents are out.
    due: BTreeSet<Subject>,
}

/// What each channel's documents show.
type Shown = HashMap<Subject, Show>;

/// Numbers and versions of items, the archive they link to, and where their stories stand.
#[derive(Clone, Debug, Default, PartialEq)]
struct Show {
    lines: Vec<(ItemNumber, u64)>,
    chain: Chain,
    standings: Vec<Standing>,
}

/// Documents that are not out yet, and what they show.
#[derive(Default)]
struct Printed {
    drafts: Vec<Draft>,
    shown: Shown,
    /// The hottest stories, where the ranking was looked at.
    hot: Option<Vec<(String, String)>>,
}

/// What lies at an address.
#[derive(Clone, Debug)]
pub enum Found {
    /// A document.
    Document(Arc<Document>),
    /// It lives at this path, prefix included (301).
    Moved(String),
    /// Nothing, with a page that says so: 400, 404 or 410.
    Nothing(StatusCode, Bytes),
}

impl Publisher {
    /// Makes all ready documents from what the store holds.
    pub async fn new(store: Arc<dyn Store>, view: View, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let stamps = Stamps::load(store.as_ref()).await?;
        let publisher = Self {
            stamps,
            store,
            clock,
            shelf: ArcSwap::from_pointee(Shelf::empty(view.clone())),
            cache: Cache::new(CACHE_BYTES),
            lengths: Lengths::default(),
            turns: (0..TURNS).map(|_| tokio::sync::Mutex::new(())).collect(),
            hot: ArcSwap::default(),
            lists: Mutex::default(),
            press: tokio::sync::Mutex::default(),
        };
        let mut press = publisher.press.lock().await;
        publisher.change(&mut press, view).await?;
        drop(press);
        Ok(publisher)
    }

    /// Looks again at the channels that a commit or a purge touched, and at those that an earlier failure left
    /// undone. Answers how many documents have new bytes.
    pub async fn refresh(&self, touched: &[Channel]) -> Result<usize, Error> {
        self.note_lists(touched);
        let mut press = self.press.lock().await;
        let shelf = self.shelf.load_full();
        for channel in touched {
            match channel {
                Channel::River => press.due.insert(Subject::River),
                Channel::Category(name) if shelf.view.category(name).is_some() => {
                    press.due.insert(Subject::Category(name.clone()))
                }
                Channel::Shared => {
                    press.due.extend(rankings(&shelf.view));
                    true
                }
                Channel::Category(_) | Channel::Source(_) | Channel::Story(_) => false,
            };
        }
        let printed = self.print(&mut press, &shelf.view).await?;
        let changed: Vec<Draft> = printed
            .drafts
            .into_iter()
            .filter(|draft| {
                let present = shelf.ready.get(&draft.path);
                present.is_none_or(|document| document.digest() != draft.digest)
            })
            .collect();
        let count = changed.len();
        if count > 0 {
            let mut ready = shelf.ready.clone();
            for document in self.aged(changed).await? {
                ready.insert(document.path().to_owned(), document);
            }
            self.shelf.store(Arc::new(Shelf {
                view: Arc::clone(&shelf.view),
                generation: shelf.generation,
                former: shelf.former.clone(),
                notices: shelf.notices.clone(),
                ready,
            }));
        }
        self.show_beside(printed.hot);
        press.settle(printed.shown);
        Ok(count)
    }

    /// Publishes under another view: everything is made anew beside the old and swapped in whole. Nothing
    /// happens when the view is the same.
    pub async fn reload(&self, view: View) -> Result<(), Error> {
        let mut press = self.press.lock().await;
        if *self.shelf.load().view == view {
            return Ok(());
        }
        self.change(&mut press, view).await
    }

    /// The view that documents are made under.
    pub fn view(&self) -> Arc<View> {
        Arc::clone(&self.shelf.load().view)
    }

    /// The document that lies ready at this raw path, prefix included. No work beyond looking.
    pub fn ready(&self, raw_path: &str) -> Option<Arc<Document>> {
        let shelf = self.shelf.load();
        let path = raw_path.strip_prefix(shelf.view.prefix())?;
        shelf.ready.get(path).map(Arc::clone)
    }

    /// What lies at this raw path of a request, prefix included; makes the document when need be.
    pub async fn find(&self, raw_path: &str) -> Result<Found, Error> {
        let shelf = self.shelf.load_full();
        let missing = || Found::Nothing(StatusCode::NOT_FOUND, shelf.notices.missing.clone());
        let or_missing = |document: Option<&Arc<Document>>| {
            document.map_or_else(missing, |document| Found::Document(Arc::clone(document)))
        };
        Ok(match route::route(raw_path, &shelf.view, &shelf.former) {
            Route::Channel(subject @ Subject::Source(..), form) => {
                Found::Document(self.of_source(&shelf, subject, form).await?)
            }
            Route::Story(story) => self.of_story(&shelf, story).await?,
            Route::Archive(subject, volume, form) => self.of_archive(&shelf, subject, volume, form).await?,
            Route::Channel(subject, form) => or_missing(shelf.ready.get(&subject.path(form))),
            Route::Other(path) if path == lists::FEEDS || path == lists::SOURCES => {
                Found::Document(self.list(&shelf, path).await?)
            }
            Route::Other(path) => or_missing(shelf.ready.get(&path)),
            Route::Moved(path) => Found::Moved(path),
            Route::Gone => Found::Nothing(StatusCode::GONE, shelf.notices.gone.clone()),
            Route::Missing => missing(),
            Route::Malformed => Found::Nothing(StatusCode::BAD_REQUEST, shelf.notices.malformed.clone()),
        })
    }

    /// The paths of all documents, without the prefix, as they may be asked for with [`Self::find`].
    pub(crate) async fn paths(&self) -> Result<Vec<String>, Error> {
        let shelf = self.shelf.load_full();
        let mut paths: Vec<String> = shelf.ready.keys().cloned().collect();
        paths.extend([lists::FEEDS.to_owned(), lists::SOURCES.to_owned()]);
        for source in shelf.view.published_sources() {
            let subject = Subject::Source(source.id, source.name.clone());
            paths.extend(Form::ALL.map(|form| subject.path(form)));
        }
        let ready = Press::of(&shelf.view).due.into_iter();
        for subject in ready.filter(|subject| !matches!(subject, Subject::Hot(_))) {
            let channel = subject.channel();
            for volume in archive::volumes(self.store.as_ref(), &self.lengths, &channel).await? {
                paths.extend(Form::ALL.map(|form| subject.archived(volume, form)));
            }
        }
        paths.extend(self.stories().await?.into_iter().map(story_path));
        paths.sort_unstable();
        Ok(paths)
    }

    /// Has the pages of stories show this ranking beside from now on.
    fn show_beside(&self, hot: Option<Vec<(String, String)>>) {
        if let Some(hot) = hot.filter(|hot| **self.hot.load() != *hot) {
            self.hot.store(Arc::new(hot));
            // Pages that were made since the list changed show the ranking of before.
            self.note_lists(&[Channel::Shared]);
        }
    }

    async fn change(&self, press: &mut Press, view: View) -> Result<(), Error> {
        let view = Arc::new(view);
        // Beside the old one, which goes on should this fail: entries carry names and titles of the view.
        let mut fresh = Press::of(&view);
        let mut printed = self.print(&mut fresh, &view).await?;
        printed.drafts.extend(fixed());
        let documents = self.aged(printed.drafts).await?;
        let before = self.shelf.load();
        let ready = documents.into_iter().map(|document| {
            let path = document.path().to_owned();
            match before.ready.get(&path) {
                Some(present) if present.digest() == document.digest() => (path, Arc::clone(present)),
                _ => (path, document),
            }
        });
        let shelf = Shelf {
            ready: ready.collect(),
            generation: before.generation + 1,
            former: former(&self.stamps, &view),
            notices: Notices::of(&view),
            view,
        };
        self.shelf.store(Arc::new(shelf));
        self.show_beside(printed.hot);
        fresh.settle(printed.shown);
        *press = fresh;
        Ok(())
    }

    /// Drafts of all documents of the subjects that are due and show something else than before.
    async fn print(&self, press: &mut Press, view: &Arc<View>) -> Result<Printed, Error> {
        let mut printed = Printed::default();
        let (store, now) = (self.store.as_ref(), self.clock.now());
        if press.due.iter().any(|subject| matches!(subject, Subject::Hot(_))) {
            press.hot.refresh(store, view, now).await?;
        }
        for subject in press.due.clone() {
            let (lines, standings, chain) = match &subject {
                Subject::Hot(category) => {
                    let places = press.hot.places(category.as_deref(), view, now);
                    let (lines, standings) = places.iter().map(|place| (place.line, place.standing)).unzip();
                    (lines, standings, Chain::default())
                }
                _ => {
                    let lines = press::choose(store, &subject, view, &mut press.leads).await?;
                    let chain = archive::below(store, &subject.channel()).await?;
                    (lines, Vec::new(), chain)
                }
            };
            let now = Show {
                lines: lines.iter().map(|line| (line.number, line.version)).collect(),
                chain,
                standings,
            };
            if press.shown.get(&subject) == Some(&now) {
                continue;
            }
            let copy = Copy {
                pieces: press::gather(store, &lines, &press.entries).await?,
                standings: (lines.iter().map(|line| line.number))
                    .zip(now.standings.iter().copied())
                    .collect(),
                subject: subject.clone(),
                view: Arc::clone(view),
                identity: store.identity().clone(),
                head: None,
                chain: now.chain.clone(),
            };
            let (made, written) = composed(copy, &Form::ALL).await?;
            press.entries.extend(made);
            if subject == Subject::Hot(None) {
                printed.hot = Some(hottest(&lines, &press.entries));
            }
            printed.drafts.extend(written);
            printed.shown.insert(subject, now);
        }
        Ok(printed)
    }

    /// The drafts as documents, their ages noted by the store.
    async fn aged(&self, drafts: Vec<Draft>) -> Result<Vec<Arc<Document>>, Error> {
        let ages = self
            .stamps
            .settle(&drafts, self.store.as_ref(), self.clock.now())
            .await?;
        let documents = drafts.into_iter().zip(ages);
        Ok(documents
            .map(|(draft, since)| Arc::new(Document::new(draft, since)))
            .collect())
    }
}

impl Shelf {
    fn empty(view: View) -> Self {
        Self {
            view: Arc::new(view),
            generation: 0,
            former: Former::default(),
            ready: HashMap::new(),
            notices: Notices::default(),
        }
    }
}

impl Clone for Notices {
    fn clone(&self) -> Self {
        Self {
            malformed: self.malformed.clone(),
            missing: self.missing.clone(),
            gone: self.gone.clone(),
        }
    }
}

impl Notices {
    fn of(view: &View) -> Self {
        let notice = |status| Bytes::from(page::notice(view, status));
        Self {
            malformed: notice(StatusCode::BAD_REQUEST),
            missing: notice(StatusCode::NOT_FOUND),
            gone: notice(StatusCode::GONE),
        }
    }
}

impl Press {
    /// With every ready channel of the view due.
    fn of(view: &View) -> Self {
        let categories = view.categories.iter();
        let mut due: BTreeSet<Subject> = categories
            .map(|category| Subject::Category(category.name.clone()))
            .collect();
        due.insert(Subject::River);
        due.extend(rankings(view));
        Self {
            due,
            ..Self::default()
        }
    }

    /// Notes that what was due is out, showing this, and forgets what no document shows any more.
    fn settle(&mut self, shown: Shown) {
        self.due.clear();
        self.shown.extend(shown);
        let used: HashSet<ItemNumber> = self
            .shown
            .values()
            .flat_map(|show| &show.lines)
            .map(|(number, _)| *number)
            .collect();
        self.entries.retain(|number, _| used.contains(number));
        const LEADS: usize = 20_000;
        if self.leads.len() > LEADS {
            self.leads.retain(|number, _| used.contains(number));
        }
    }
}

async fn composed(copy: Copy, forms: &[Form]) -> Result<(Entries, Vec<Draft>), Error> {
    let path = copy.subject.folder();
    let forms = forms.to_vec();
    blocking(&path, move || press::compose(copy, &forms)).await
}

async fn blocking<T: Send + 'static>(
    path: &str,
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        Err(Error::Broken {
            path: path.to_owned(),
            why: error.to_string(),
        })
    })
}

/// The documents that are the same on every site.
fn fixed() -> Vec<Draft> {
    vec![
        Draft::new(
            page::STYLE_PATH.clone(),
            "text/css; charset=utf-8",
            page::STYLE.into(),
        ),
        Draft::new(
            "/favicon.ico".into(),
            "image/vnd.microsoft.icon",
            page::ICON.into(),
        ),
        Draft::new(
            "/robots.txt".into(),
            "text/plain; charset=utf-8",
            b"User-agent: *\nAllow: /\n".to_vec(),
        ),
    ]
}

/// Title and path of the first stories of a ranking.
fn hottest(lines: &[Listing], entries: &Entries) -> Vec<(String, String)> {
    let entries = lines.iter().filter_map(|line| entries.get(&line.number));
    entries
        .filter_map(|(_, entry)| Some((entry.title.clone(), entry.story_path()?)))
        .take(BESIDE)
        .collect()
}

/// The rankings of a view.
fn rankings(view: &View) -> impl Iterator<Item = Subject> {
    let categories = view.categories.iter();
    std::iter::once(Subject::Hot(None))
        .chain(categories.map(|category| Subject::Hot(Some(category.name.clone()))))
}

/// Folders below the root that are no categories.
const OURS: [&str; 3] = ["assets", "hot", "story"];

/// What has a stamp but is declared no longer.
fn former(stamps: &Stamps, view: &View) -> Former {
    let (categories, sources) = stamps.folders();
    let present: HashSet<String> = view
        .categories
        .iter()
        .map(|category| clean::segment(&category.name))
        .collect();
    let named: HashSet<String> = view
        .published_sources()
        .map(|source| clean::segment(&source.name))
        .collect();
    Former {
        categories: categories
            .into_iter()
            .filter(|name| !OURS.contains(&name.as_str()) && !present.contains(name))
            .collect(),
        sources: sources.into_iter().filter(|name| !named.contains(name)).collect(),
    }
}
