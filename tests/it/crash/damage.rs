//! Damage to either copy is found, said, and mended from the other: whatever is broken, the store opens by
//! itself and says what it said before.

use super::world::{self, Seen, at, item, look};
use newsriver::model::{ItemNumber, Key, KnownLink, SourceId, SourceState};
use newsriver::store::{
    Changes, Channel, Edit, Error, Keep, LinkChange, Options, SourceClaim, Stamp, Store, Target,
};
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Enough that the store has learned a dictionary from them.
const ITEMS: i64 = 1500;

/// A store with a past: items new, edited, purged, listed, left; sources, states, stamps.
async fn fill(store: &dyn Store) {
    let claims = ["a", "b", "c"].map(|name| SourceClaim {
        was: None,
        identity: format!("name:{name}"),
        name: name.to_owned(),
        is_written: true,
        enabled: true,
    });
    store.register(claims.to_vec(), at(0)).await.unwrap();
    for poll in 0..ITEMS / 20 {
        let serials = poll * 20..poll * 20 + 20;
        let source = u32::try_from(poll % 3 + 1).unwrap();
        let new_items: Vec<_> = serials
            .map(|serial| {
                let bytes = if serial % 97 == 0 { 20_000 } else { 1500 };
                item(&serial.to_string(), serial, "news", source, bytes)
            })
            .collect();
        let link = LinkChange {
            key: Key(u128::from(poll.unsigned_abs())),
            target: Target::New(3),
            link: KnownLink {
                item: ItemNumber(0),
                digest: 5,
                link: 6,
                titles: vec![7],
                texts: vec![],
            },
        };
        let changes = Changes {
            source: SourceId(source),
            at: at(poll),
            state: Some(SourceState {
                last_words: format!("poll {poll}"),
                ..SourceState::default()
            }),
            listed: Some((0..new_items.len()).map(Target::New).collect()),
            links: vec![link],
            new_items,
            ..Changes::default()
        };
        store.commit(changes).await.unwrap();
    }
    edit_and_purge(store).await;
}

async fn edit_and_purge(store: &dyn Store) {
    for number in (1..=ITEMS.unsigned_abs()).step_by(5).map(ItemNumber) {
        let edit = Edit {
            number,
            version: 1,
            item: item(&format!("{} again", number.0), 0, "财经", 2, 900),
        };
        let changes = Changes {
            edits: vec![edit],
            ..Changes::default()
        };
        store.commit(changes).await.unwrap();
    }
    let keep = Keep {
        retention: Duration::from_secs(20),
        max_size_bytes: u64::MAX,
    };
    assert!(store.housekeep(keep, at(30)).await.unwrap().purged > 100);
    let stamp = Stamp {
        path: "/atom.xml".to_owned(),
        digest: 1,
        since: at(5),
    };
    store.stamp(vec![stamp]).await.unwrap();
}

struct Filled {
    _folder: tempfile::TempDir,
    /// As a clean end leaves it.
    clean: PathBuf,
    /// As a kill leaves it.
    killed: PathBuf,
    seen: Seen,
}

async fn filled() -> Filled {
    let folder = tempfile::tempdir().unwrap();
    let clean = folder.path().join("clean");
    let killed = folder.path().join("killed");
    let store = world::open(&clean);
    fill(&*store).await;
    copy(&clean, &killed);
    let seen = look(&*store).await;
    store.close().await.unwrap();
    Filled {
        _folder: folder,
        clean,
        killed,
        seen,
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A copy of a store, damaged, opens and says what it said. Answers what opening had to say.
async fn mended(store: &Path, seen: &Seen, damage: impl Fn(&Path)) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    copy(store, folder.path());
    damage(folder.path());
    let opened = world::open(folder.path());
    assert_eq!(&look(&*opened).await, seen);
    let words = opened.figures().await.unwrap().opening;
    opened.close().await.unwrap();
    let again = world::open(folder.path());
    assert_eq!(&look(&*again).await, seen);
    assert_eq!(again.figures().await.unwrap().opening, Vec::<String>::new());
    again.close().await.unwrap();
    words
}

fn sled_folder(folder: &Path) -> PathBuf {
    let entries = fs::read_dir(folder).unwrap().flatten();
    let mut paths = entries.map(|entry| entry.path());
    let is_sled = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with("sled-") && !name.ends_with(".damaged")
    };
    paths.find(is_sled).unwrap()
}

fn sled_file(folder: &Path) -> PathBuf {
    sled_folder(folder).join("db")
}

fn logs(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("journal")).unwrap().flatten();
    let mut logs: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    logs.retain(|path| path.file_name().unwrap().to_string_lossy().starts_with("log-"));
    logs.sort();
    logs
}

fn cut(path: &Path, bytes: u64) {
    let file = fs::File::options().write(true).open(path).unwrap();
    let length = file.metadata().unwrap().len();
    file.set_len(length.saturating_sub(bytes)).unwrap();
}

fn overwrite(path: &Path, offset: usize, with: &[u8]) {
    let mut bytes = fs::read(path).unwrap();
    let end = (offset + with.len()).min(bytes.len());
    bytes[offset..end].copy_from_slice(&with[..end - offset]);
    fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn an_undamaged_store_opens_after_an_end_and_after_a_kill() {
    let filled = filled().await;
    assert_eq!(
        mended(&filled.clean, &filled.seen, |_| {}).await,
        Vec::<String>::new()
    );
    let words = mended(&filled.killed, &filled.seen, |_| {}).await;
    assert!(words[0].contains("did not end cleanly"), "{words:?}");
}

#[tokio::test]
async fn a_deleted_sled_folder_is_made_anew() {
    let filled = filled().await;
    for store in [&filled.clean, &filled.killed] {
        let damage = |folder: &Path| fs::remove_dir_all(sled_folder(folder)).unwrap();
        let words = mended(store, &filled.seen, damage).await;
        assert!(words[0].contains("made anew from the journal"), "{words:?}");
    }
}

#[tokio::test]
async fn a_cut_sled_file_never_empties_the_store() {
    let filled = filled().await;
    for store in [&filled.clean, &filled.killed] {
        for kilobytes in [4, 512, 1024, 100_000] {
            mended(store, &filled.seen, |folder| {
                cut(&sled_file(folder), kilobytes << 10)
            })
            .await;
        }
    }
}

#[tokio::test]
async fn a_zeroed_page_or_a_flipped_byte_of_sled_costs_nothing() {
    let filled = filled().await;
    let rounds: usize = std::env::var("NEWSRIVER_PAGES").map_or(6, |rounds| rounds.parse().unwrap());
    for store in [&filled.clean, &filled.killed] {
        let length = usize::try_from(sled_file(store).metadata().unwrap().len()).unwrap();
        for round in 0..rounds {
            let page = length / 4096 * round / rounds * 4096;
            mended(store, &filled.seen, |folder| {
                overwrite(&sled_file(folder), page, &[0; 4096])
            })
            .await;
            mended(store, &filled.seen, |folder| {
                overwrite(&sled_file(folder), page + 77, b"x")
            })
            .await;
        }
    }
}

#[tokio::test]
async fn sixty_four_kilobytes_of_zeros_anywhere_cost_nothing() {
    static ZEROS: [u8; 64 << 10] = [0; 64 << 10];
    let filled = filled().await;
    let log = |folder: &Path| logs(folder).last().unwrap().clone();
    let texts = |folder: &Path| sled_folder(folder).join("texts");
    let file = [&sled_file as &dyn Fn(&Path) -> PathBuf, &texts, &log];
    // After a kill sled may lack what the journal has: there it has to be whole.
    for (store, files) in [(&filled.clean, &file[..]), (&filled.killed, &file[..2])] {
        for file in files {
            let length = usize::try_from(file(store).metadata().unwrap().len()).unwrap();
            for at in [0, length / 2] {
                mended(store, &filled.seen, |folder| overwrite(&file(folder), at, &ZEROS)).await;
            }
        }
    }
}

#[tokio::test]
async fn texts_that_are_cut_changed_or_gone_cost_nothing() {
    let filled = filled().await;
    for store in [&filled.clean, &filled.killed] {
        let texts = |folder: &Path| sled_folder(folder).join("texts");
        let length = usize::try_from(texts(store).metadata().unwrap().len()).unwrap();
        mended(store, &filled.seen, |folder| cut(&texts(folder), 1)).await;
        mended(store, &filled.seen, |folder| cut(&texts(folder), 200_000)).await;
        mended(store, &filled.seen, |folder| {
            fs::remove_file(texts(folder)).unwrap();
        })
        .await;
        for at in [0, length / 2, length - 1] {
            mended(store, &filled.seen, |folder| overwrite(&texts(folder), at, b"x")).await;
        }
    }
}

#[tokio::test]
async fn a_store_of_the_format_before_is_taken_over() {
    let filled = filled().await;
    let age = |folder: &Path| {
        // Its sled held the texts itself.
        fs::remove_file(sled_folder(folder).join("texts")).unwrap();
        let format = fs::read_to_string(folder.join("FORMAT")).unwrap();
        let (text, _) = format.trim_end().rsplit_once('\n').unwrap();
        let text = text.replace("format 5", "format 2") + "\n";
        let crc = crc32fast::hash(text.as_bytes());
        fs::write(folder.join("FORMAT"), format!("{text}{crc:08x}\n")).unwrap();
    };
    let words = mended(&filled.clean, &filled.seen, age).await;
    assert!(words[0].contains("made anew from the journal"), "{words:?}");
    let folder = tempfile::tempdir().unwrap();
    copy(&filled.clean, folder.path());
    age(folder.path());
    world::open(folder.path()).close().await.unwrap();
    let format = fs::read_to_string(folder.path().join("FORMAT")).unwrap();
    assert!(format.starts_with("newsriver store, format 5\n"), "{format}");
}

#[tokio::test]
async fn a_torn_journal_gets_back_what_sled_still_has() {
    let filled = filled().await;
    for bytes in [1, 30, 5000] {
        let damage = |folder: &Path| cut(logs(folder).last().unwrap(), bytes);
        let words = mended(&filled.clean, &filled.seen, damage).await;
        assert!(
            words.iter().any(|words| words.contains("sled still has")),
            "{words:?}"
        );
    }
}

#[tokio::test]
async fn a_journal_that_rots_or_vanishes_is_written_anew_from_sled() {
    let filled = filled().await;
    let gone = |folder: &Path| fs::remove_dir_all(folder.join("journal")).unwrap();
    let last = |folder: &Path| overwrite(logs(folder).last().unwrap(), 200, b"rot");
    let manifest = |folder: &Path| fs::write(folder.join("journal/MANIFEST"), "rot").unwrap();
    for damage in [gone, last, manifest] {
        let words = mended(&filled.clean, &filled.seen, damage).await;
        assert!(
            words.iter().any(|words| words.contains("written anew")),
            "{words:?}"
        );
    }
}

#[tokio::test]
async fn garbage_in_the_small_files_is_said_and_mended() {
    let filled = filled().await;
    let small = [
        "FORMAT",
        "CURRENT",
        "FLUSHED",
        "LOCK",
        "DICTIONARY",
        "sled-000001/conf",
    ];
    assert!(filled.clean.join("DICTIONARY").is_file());
    for name in small {
        let damage = |folder: &Path| {
            let path = match name.strip_prefix("sled/") {
                Some(name) => sled_folder(folder).join(name),
                None => folder.join(name),
            };
            fs::write(path, b"\xff\x00junk").unwrap();
        };
        mended(&filled.clean, &filled.seen, damage).await;
        mended(&filled.killed, &filled.seen, damage).await;
    }
}

#[tokio::test]
async fn what_left_before_housekeeping_failed_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let store = world::open(folder.path());
    let changes = Changes {
        source: SourceId(1),
        new_items: (0..20)
            .map(|serial| item(&format!("{serial}"), serial, "news", 1, 2000))
            .collect(),
        ..Changes::default()
    };
    store.commit(changes).await.unwrap();
    // Without it sled cannot be made anew.
    fs::remove_file(folder.path().join("FORMAT")).unwrap();
    let keep = Keep {
        retention: Duration::from_secs(1_000_000),
        max_size_bytes: 0,
    };
    let kept = store.housekeep(keep, at(30)).await.unwrap();
    assert_eq!(kept.purged, 20);
    assert!(kept.touched.contains(&Channel::River));
    assert!(
        store.housekeep(keep, at(31)).await.is_err(),
        "it is said when nothing has left"
    );
}

#[tokio::test]
async fn rot_in_a_closed_log_is_found_by_housekeeping() {
    let filled = filled().await;
    overwrite(&logs(&filled.clean)[1], 500, b"rot");
    let store = world::open(&filled.clean);
    let keep = Keep {
        retention: Duration::from_secs(1_000_000),
        max_size_bytes: u64::MAX,
    };
    let mut compacted = false;
    for _ in 0..logs(&filled.clean).len() + 1 {
        compacted |= store.housekeep(keep, at(30)).await.unwrap().compacted;
    }
    assert!(compacted);
    store.close().await.unwrap();
    fs::remove_dir_all(sled_folder(&filled.clean)).unwrap();
    let store = world::open(&filled.clean);
    assert_eq!(look(&*store).await, filled.seen);
}

#[tokio::test]
async fn rot_under_a_running_store_is_mended_while_it_is_read() {
    let filled = filled().await;
    let opened = newsriver::store::open(Options {
        cache_bytes: 1 << 16,
        ..world::options(&filled.clean)
    });
    let store = opened.unwrap();
    let file = sled_file(&filled.clean);
    let length = file.metadata().unwrap().len();
    let handle = fs::File::options().write(true).open(&file).unwrap();
    handle
        .write_all_at(&vec![0; usize::try_from(length).unwrap()], 0)
        .unwrap();
    assert_eq!(look(&*store).await, filled.seen);
    let words = store.figures().await.unwrap().opening;
    assert!(words[0].contains("made anew from the journal"), "{words:?}");
    let more = Changes {
        new_items: vec![item("later", 5, "news", 1, 10)],
        ..Changes::default()
    };
    store.commit(more).await.unwrap();
    store.close().await.unwrap();
}

#[tokio::test]
async fn when_both_are_damaged_what_can_be_read_is_kept_and_the_loss_is_said() {
    let filled = filled().await;
    overwrite(&logs(&filled.clean)[1], 500, b"rot");
    fs::remove_dir_all(sled_folder(&filled.clean)).unwrap();
    let store = world::open(&filled.clean);
    let figures = store.figures().await.unwrap();
    assert!(figures.items > 300, "{figures:?}");
    assert!(
        figures.opening.iter().any(|words| words.contains("are damaged")),
        "{figures:?}"
    );
}

#[tokio::test]
async fn with_both_gone_it_refuses_rather_than_begin_anew() {
    let filled = filled().await;
    fs::remove_dir_all(filled.clean.join("journal")).unwrap();
    fs::write(sled_file(&filled.clean), "junk").unwrap();
    for _ in 0..2 {
        let refused = newsriver::store::open(world::options(&filled.clean));
        let error = refused.err().expect("there is nothing to serve");
        assert!(error.to_string().contains("remove the folder"), "{error}");
    }
    fs::remove_dir_all(sled_folder(&filled.clean)).unwrap();
    assert!(newsriver::store::open(world::options(&filled.clean)).is_err());
}

#[tokio::test]
async fn a_store_in_use_a_newer_one_and_a_device_are_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let store = world::open(folder.path());
    let error = newsriver::store::open(world::options(folder.path()))
        .err()
        .unwrap();
    let holder = format!("process {}", std::process::id());
    assert!(error.to_string().contains(&holder), "{error}");
    store.close().await.unwrap();
    fs::write(folder.path().join("FORMAT"), "newsriver store, format 9\n").unwrap();
    let error = newsriver::store::open(world::options(folder.path()))
        .err()
        .unwrap();
    assert!(matches!(error, Error::Newer { found: 9, .. }), "{error}");
    for path in ["/dev/null", "/dev/null/below", "/proc/newsriver"] {
        let error = newsriver::store::open(world::options(Path::new(path)))
            .err()
            .unwrap();
        assert!(
            error.to_string().contains(path.trim_end_matches("/below")),
            "{error}"
        );
    }
}
