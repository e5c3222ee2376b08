//! `kill -9` at any moment: a child process commits and says what was acknowledged, and is killed.

use super::world::{self, at, item};
use newsriver::model::{Key, KnownLink, SourceId, SourceState};
use newsriver::store::{Changes, Channel, Keep, LinkChange, Options, Store, Target};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

const FOLDER: &str = "NEWSRIVER_TEST_STORE";
const FIRST: &str = "NEWSRIVER_TEST_FIRST";

/// Not a test by itself: what the killed child runs. It commits polls of one to forty items, some long, two at a
/// time, and says the serial numbers of each poll once it is acknowledged; housekeeping goes on meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn child_that_commits_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let mut serial: u64 = std::env::var(FIRST).unwrap().parse().unwrap();
    let store = world::open(Path::new(&folder));
    let mut random = fastrand::Rng::new();
    let kept = Arc::clone(&store);
    tokio::spawn(async move {
        let keep = Keep {
            retention: Duration::from_secs(1_000_000),
            max_size_bytes: u64::MAX,
        };
        while kept.housekeep(keep, at(1)).await.is_ok() {}
    });
    loop {
        let split = serial + random.u64(1..40);
        let end = split + random.u64(1..10);
        let (one, other) = tokio::join!(commit(&*store, 1, serial, split), commit(&*store, 2, split, end));
        for (first, behind) in [one, other] {
            writeln!(std::io::stdout(), "acknowledged {first} {behind}").unwrap();
        }
        serial = end;
    }
}

/// Commits the items `first..behind` that are not known yet.
async fn commit(store: &dyn Store, source: u32, first: u64, behind: u64) -> (u64, u64) {
    let mut changes = Changes {
        source: SourceId(source),
        at: at(1),
        state: Some(SourceState {
            items_total: behind,
            ..SourceState::default()
        }),
        ..Changes::default()
    };
    for serial in first..behind {
        let key = Key(u128::from(serial));
        if store.known(&[key]).await.unwrap() != [None] {
            continue;
        }
        let target = Target::New(changes.new_items.len());
        changes.rests_on.push((key, None));
        changes.links.push(LinkChange {
            key,
            target,
            link: KnownLink {
                item: Default::default(),
                digest: serial,
                link: 0,
                titles: vec![],
                texts: vec![],
            },
        });
        let bytes = if serial % 50 == 0 { 30_000 } else { 700 };
        changes
            .new_items
            .push(item(&serial.to_string(), 10, "news", source, bytes));
    }
    store.commit(changes).await.unwrap();
    (first, behind)
}

fn start(folder: &Path, first: u64) -> Child {
    let name = "crash::kills::child_that_commits_until_it_is_killed";
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Lets a child commit until it has said `lines` polls and a moment more, kills it, and answers what it said.
fn run_and_kill(folder: &Path, first: u64, lines: usize, moment: Duration) -> Vec<(u64, u64)> {
    let mut child = start(folder, first);
    let (heard, hear) = std::sync::mpsc::channel();
    let output = child.stdout.take().unwrap();
    let listener = std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let Some(words) = line.split("acknowledged ").nth(1) else {
                continue;
            };
            let Some((first, behind)) = words.split_once(' ') else {
                continue;
            };
            if let (Ok(first), Ok(behind)) = (first.parse(), behind.parse()) {
                let _ = heard.send((first, behind));
            }
        }
    });
    let mut said = Vec::new();
    while said.len() < lines {
        said.push(
            hear.recv_timeout(Duration::from_secs(60))
                .expect("the child commits"),
        );
    }
    // The moment of the kill is the point of the test; nothing waits for anything here.
    let _ = hear.recv_timeout(moment).map(|more| said.push(more));
    child.kill().unwrap();
    child.wait().unwrap();
    listener.join().unwrap();
    said.extend(hear.try_iter());
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_loses_nothing_acknowledged_and_doubles_nothing() {
    let rounds: usize = std::env::var("NEWSRIVER_KILLS").map_or(10, |rounds| rounds.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = 1;
    for round in 0..rounds {
        let lines = fastrand::usize(0..40);
        let moment = Duration::from_micros(fastrand::u64(0..20_000));
        let said = run_and_kill(folder.path(), acknowledged, lines, moment);
        acknowledged = said
            .iter()
            .map(|(_, behind)| *behind)
            .max()
            .unwrap_or(acknowledged);
        // Every other time as it is by default, when so small a sled is made anew rather than recovered.
        let distrusted = if round % 2 == 0 { 0 } else { 24 << 20 };
        let store = newsriver::store::open(Options {
            max_distrusted_bytes: distrusted,
            ..world::options(folder.path())
        });
        let store = store.expect("the store opens by itself");
        let titles = titles(&*store).await;
        let once: BTreeSet<u64> = titles.iter().copied().collect();
        assert_eq!(once.len(), titles.len(), "round {round}: an item came twice");
        let missing: Vec<u64> = (1..acknowledged)
            .filter(|serial| !once.contains(serial))
            .collect();
        assert!(
            missing.is_empty(),
            "round {round}: {missing:?} of {acknowledged} are missing"
        );
        for source in [1, 2].map(SourceId) {
            // What a state says, its validators too, vouches for every item of the poll that brought it.
            let behind = store.state(source).await.unwrap().items_total;
            assert!(
                behind == 0 || once.contains(&(behind - 1)),
                "round {round}: a state was kept without its items"
            );
        }
        store.close().await.unwrap();
    }
}

async fn titles(store: &dyn Store) -> Vec<u64> {
    let lines = store.list(&Channel::River, None, usize::MAX).await.unwrap();
    let numbers: Vec<_> = lines.iter().map(|line| line.number).collect();
    let items = store.items(&numbers).await.unwrap();
    let titles = items
        .into_iter()
        .map(|stored| stored.unwrap().item.title.parse().unwrap());
    titles.collect()
}
