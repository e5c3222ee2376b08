//! What the admin files by hand stays there, and teaches.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_admins_word_moves_an_item_for_good_teaches_and_can_be_taken_back() {
    let newsroom = polled(TABLES).await;
    let say = |arguments: &[&str]| {
        let said = newsroom.newsriver(&[&["label"], arguments].concat());
        let of = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        (said.status.code(), of(&said.stdout), of(&said.stderr))
    };
    let link = "http://mixed.example.org/c";
    assert_eq!(
        say(&[link, "sport"]),
        (Some(0), "zzz: now in sport".to_owned(), String::new())
    );
    let (code, _, complaint) = say(&[link, "sports"]);
    assert_eq!(code, Some(1));
    assert!(
        complaint.contains("there is no category named sports; the nearest is sport"),
        "{complaint}"
    );
    let (_, _, complaint) = say(&[link, "天气"]);
    assert!(
        complaint.contains("no category named 天气; there is finance, sport"),
        "{complaint}"
    );
    assert_eq!(say(&["http://nowhere.example.org/", "sport"]).0, Some(1));

    let why = newsroom.newsriver(&["why", link]);
    assert!(
        String::from_utf8_lossy(&why.stdout).contains("filed by hand at"),
        "{why:?}"
    );

    let in_sport = |titles: &[(String, Vec<String>)]| {
        titles
            .iter()
            .find(|(title, _)| title.starts_with("zzz"))
            .unwrap()
            .1
            == ["sport"]
    };
    // An edit by the source, another model, and another way of sorting leave it there.
    let edited = rss(&[("c", "zzz yyy", "http://mixed.example.org/c", "央行下调存款利率")]);
    newsroom.origin.serve("/mixed", edited, &[]);
    newsroom.later(60);
    let engine = newsroom.engine().await;
    poll_all(&engine).await;
    round(&engine).await;
    assert!(in_sport(&sorted(&engine).await), "{:?}", sorted(&engine).await);
    let status = engine.learned.status();
    let examples: Vec<_> = status.categories.iter().map(|own| own.examples).collect();
    assert_eq!(examples, [60, 61], "the word is an example");
    engine.store.close().await.unwrap();
    drop(engine);

    // Nor does a store that is made anew from its journal forget it.
    for entry in std::fs::read_dir(newsroom.config().with_file_name("store")).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("sled-") {
            std::fs::remove_dir_all(path).unwrap();
        }
    }
    let without = TABLES
        .replace("[[category]]\nname = \"sport\"\n", "")
        .replace("category = \"sport\"\n", "");
    newsroom.configure(&without);
    let engine = newsroom.engine().await;
    round(&engine).await;
    assert!(!in_sport(&sorted(&engine).await), "there is no such category now");
    engine.store.close().await.unwrap();
    drop(engine);
    newsroom.configure(TABLES);
    let engine = newsroom.engine().await;
    round(&engine).await;
    assert!(in_sport(&sorted(&engine).await));
    engine.store.close().await.unwrap();
    drop(engine);

    let (code, words, _) = say(&[link, "--undo"]);
    assert_eq!(code, Some(0));
    assert_eq!(
        words, "zzz yyy: now in no category",
        "what it taught is forgotten too"
    );
    let why = newsroom.newsriver(&["why", link]);
    let why = String::from_utf8_lossy(&why.stdout).into_owned();
    assert!(!why.contains("filed by hand"), "{why}");
    assert_eq!(say(&[link, "--undo"]).0, Some(1), "there is nothing to take back");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_filed_by_hand_stays_when_its_category_gets_another_name() {
    let newsroom = polled(TABLES).await;
    let link = "http://mixed.example.org/c";
    let say = |arguments: &[&str]| {
        let said = newsroom.newsriver(&[&["label"], arguments].concat());
        String::from_utf8_lossy(&said.stdout).trim().to_owned()
    };
    assert_eq!(say(&[link, "sport"]), "zzz: now in sport");

    let renamed = TABLES
        .replace(
            "name = \"sport\"",
            "name = \"games-of-all-kinds\"\naliases = [\"sport\"]",
        )
        .replace("category = \"sport\"", "category = \"games-of-all-kinds\"");
    newsroom.configure(&renamed);
    let told = newsroom.newsriver(&["check", "--against", "store"]);
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(
        told.contains("~ zzz: sport → games-of-all-kinds (filed by hand at"),
        "{told}"
    );
    let engine = newsroom.engine().await;
    learning::after_reload(&engine, &CancellationToken::new())
        .await
        .unwrap();
    let after = sorted(&engine).await;
    assert!(
        after.contains(&("zzz".to_owned(), vec!["games-of-all-kinds".to_owned()])),
        "{after:?}"
    );
    let status = engine.learned.status();
    let examples: Vec<_> = status.categories.iter().map(|own| own.examples).collect();
    assert_eq!(examples, [60, 61], "it goes on teaching");
    engine.store.close().await.unwrap();
    drop(engine);

    // The old name still says what is meant.
    assert_eq!(say(&[link, "sport"]), "zzz: now in games-of-all-kinds");
    assert_eq!(say(&[link, "--undo"]), "zzz: now in no category");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_source_that_left_had_said_follows_the_new_name_of_its_category() {
    let newsroom = polled(TABLES).await;
    newsroom.configure(
        "[[category]]\nname = \"finance\"\n[[category]]\nname = \"games\"\naliases = [\"sport\"]\n",
    );
    let engine = newsroom.engine().await;
    round(&engine).await;
    let games = items(&engine, Channel::Category("games".to_owned())).await;
    assert_eq!(games.len(), 60);
    engine.store.close().await.unwrap();
}
