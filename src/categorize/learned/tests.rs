use super::*;
use proptest::prelude::*;

const MONEY: [&str; 6] = [
    "央行宣布降准半个百分点",
    "股市收盘上涨两个百分点",
    "银行下调存款利率",
    "central bank cuts interest rates again",
    "shares rise as the bank reports profit",
    "央行开展逆回购操作",
];
const SPORT: [&str; 6] = [
    "国足主场战平对手",
    "联赛球队客场大胜",
    "球员加盟英超球队",
    "striker scores twice in cup final",
    "the team wins the league match",
    "女排决赛三比零获胜",
];

fn examples() -> Vec<Example<'static>> {
    let of = |categories: &'static [usize], titles: &'static [&'static str]| {
        titles.iter().map(move |title| Example {
            categories,
            title,
            text: "",
            importance: 1.0,
            group: 0,
        })
    };
    of(&[0], &MONEY).chain(of(&[1], &SPORT)).collect()
}

fn model() -> Model {
    let names = vec!["money".to_owned(), "sport".to_owned()];
    Model::learn(names, &examples(), &[], Floor::at(0.7)).unwrap()
}

#[test]
fn what_resembles_the_examples_is_put_where_they_are() {
    let model = model();
    for (title, category) in [
        ("央行下调利率", 0),
        ("球队获胜", 1),
        ("bank shares", 0),
        ("league final", 1),
        ("銀行股市", 0),
    ] {
        let answer = model.answer(title, "");
        assert_eq!(answer.category, category, "{title}");
        assert!(answer.confidence > 0.5 && answer.confidence <= 1.0);
    }
}

#[test]
fn the_answer_names_words_of_the_item() {
    let model = model();
    let words = model.answer("今天央行下调利率", "").words;
    assert!(words.iter().any(|word| word.contains("央行")), "{words:?}");
    assert_eq!(
        model.answer("the bank", "").words.first().map(String::as_str),
        Some("bank")
    );
}

#[test]
fn what_nothing_is_known_of_is_answered_without_confidence() {
    let answer = model().answer("ξένος", "");
    assert!(answer.confidence < 0.7, "{}", answer.confidence);
    assert!(answer.words.is_empty());
}

#[test]
fn the_same_examples_give_the_same_bytes_and_bytes_give_the_model_back() {
    let bytes = model().to_bytes();
    assert_eq!(bytes, model().to_bytes());
    let again = Model::from_bytes(&bytes).unwrap();
    assert_eq!(again.answer("央行", "降准"), model().answer("央行", "降准"));
    assert_eq!(again.figures, model().figures);
    assert_eq!(again.to_bytes(), bytes);
}

#[test]
fn one_category_alone_teaches_nothing() {
    let names = vec!["money".to_owned(), "sport".to_owned()];
    assert!(Model::learn(names.clone(), &examples()[..6], &[], Floor::at(0.7)).is_none());
    assert!(Model::learn(names.clone(), &[], &[], Floor::at(0.7)).is_none());
    assert!(Model::learn(names[..1].to_vec(), &examples(), &[], Floor::at(0.7)).is_none());
}

#[test]
fn the_figures_count_each_example_once() {
    let figures = model().figures;
    assert_eq!(figures.examples, 12);
    assert!(figures.accuracy() > 0.5);
}

/// A word of a subject; no two have parts in common, save by chance.
fn word(subject: &str, number: usize) -> String {
    let seed = xxhash_rust::xxh3::xxh3_64(format!("{subject} {number}").as_bytes());
    let mut dice = fastrand::Rng::with_seed(seed);
    (0..6).map(|_| dice.lowercase()).collect()
}

/// Titles of two words of their subject and two that any title may have.
fn titles(subject: &str, count: usize, dice: &mut fastrand::Rng) -> Vec<String> {
    let mut title = || {
        let mut word = |of: &str| word(of, dice.usize(..40));
        format!(
            "{} {} {} {}",
            word(subject),
            word("any"),
            word(subject),
            word("any")
        )
    };
    (0..count).map(|_| title()).collect()
}

/// Titles with the categories of each.
type Sorted = Vec<(Vec<usize>, String)>;

fn sorted(categories: &[usize], titles: Vec<String>) -> Sorted {
    titles
        .into_iter()
        .map(|title| (categories.to_vec(), title))
        .collect()
}

fn examples_of(sorted: &Sorted) -> Vec<Example<'_>> {
    sorted
        .iter()
        .map(|(categories, title)| Example {
            categories,
            title,
            text: "",
            importance: 1.0,
            group: 0,
        })
        .collect()
}

#[test]
fn items_that_wait_teach_the_words_that_the_examples_lack() {
    let mut dice = fastrand::Rng::with_seed(7);
    let mut of = |count| -> Sorted {
        let subjects = [(0, "ab"), (0, "cd"), (1, "kl"), (1, "mn")];
        let mut titles =
            |(category, subject): (usize, &str)| sorted(&[category], titles(subject, count, &mut dice));
        subjects.into_iter().flat_map(&mut titles).collect()
    };
    let (known, waiting, asked) = (of(10), of(200), of(200));
    let examples = examples_of(&known);
    let waiting: Vec<Unsorted<'_>> = waiting
        .iter()
        .map(|(_, title)| Unsorted { title, text: "" })
        .collect();
    let names = || vec!["a".to_owned(), "b".to_owned()];
    let right = |model: &Model| {
        let is_right = |(categories, title): &&(Vec<usize>, String)| {
            categories.contains(&model.answer(title, "").category)
        };
        asked.iter().filter(is_right).count() as f32 / asked.len() as f32
    };
    let alone = Model::learn(names(), &examples, &[], Floor::at(0.7)).unwrap();
    let along = Model::learn(names(), &examples, &waiting, Floor::at(0.7)).unwrap();
    assert_eq!((alone.figures.unsorted, along.figures.unsorted), (0, 800));
    assert!(
        right(&along) > right(&alone) + 0.02,
        "{} {}",
        right(&alone),
        right(&along)
    );
    let again = Model::learn(names(), &examples, &waiting, Floor::at(0.7)).unwrap();
    assert_eq!(again.to_bytes(), along.to_bytes());
}

#[test]
fn of_long_texts_fewer_are_learned_from() {
    let text = "央".repeat(2000);
    let unsorted = [Unsorted {
        title: "降准",
        text: &text,
    }; 2000];
    assert_eq!(first_of(&unsorted, 998).len(), 999);
    assert_eq!(first_of(&unsorted, 98).len(), 2000);
}

#[test]
fn items_that_nothing_is_known_of_teach_nothing() {
    let noise: Vec<String> = (0..50).map(|number| format!("zz{number} yy{number}")).collect();
    let waiting: Vec<Unsorted<'_>> = noise.iter().map(|title| Unsorted { title, text: "" }).collect();
    let names = vec!["money".to_owned(), "sport".to_owned()];
    let model = Model::learn(names, &examples(), &waiting, Floor::at(0.7)).unwrap();
    assert_eq!(model.figures.unsorted, 0);
    assert!(model.answer("zz1", "").confidence < 0.7);
}

#[test]
fn an_item_of_two_subjects_gets_both_categories_and_one_of_one_gets_one() {
    let mut dice = fastrand::Rng::with_seed(11);
    let (money, sport) = (titles("money", 160, &mut dice), titles("sport", 160, &mut dice));
    let (money, of_both) = money.split_at(80);
    let (sport, and_sport) = sport.split_at(80);
    let both = of_both.iter().zip(and_sport);
    let both = both.map(|(money, sport)| format!("{money} {sport}")).collect();
    let single = [sorted(&[0], money.to_vec()), sorted(&[1], sport.to_vec())].concat();
    let all = [single.clone(), sorted(&[0, 1], both)].concat();
    let learned = |from: &Sorted| {
        let names = vec!["money".to_owned(), "sport".to_owned()];
        Model::learn(names, &examples_of(from), &[], Floor::at(0.7)).unwrap()
    };
    let (money, sport) = (titles("money", 50, &mut dice), titles("sport", 50, &mut dice));
    let both: Vec<String> = money
        .iter()
        .zip(&sport)
        .map(|(money, sport)| format!("{sport} {money}"))
        .collect();
    // Of fifty titles, how many are given exactly these categories.
    let given = |model: &Model, titles: &[String], categories: &[usize]| {
        let are_these = |title: &&String| {
            let answers = model.answers(title, "", 0.7);
            assert!(answers.is_sorted_by(|one, other| one.confidence >= other.confidence));
            let mut given: Vec<usize> = answers.iter().map(|answer| answer.category).collect();
            given.sort_unstable();
            given == categories
        };
        titles.iter().filter(are_these).count()
    };
    let model = learned(&all);
    assert!(given(&model, &both, &[0, 1]) >= 45);
    assert!(given(&model, &money, &[0]) >= 45);
    assert!(given(&model, &sport, &[1]) >= 45);
    assert_eq!(given(&model, &["1234".to_owned()], &[]), 1);
    // Nothing shows that any item is of both.
    assert_eq!(given(&learned(&single), &both, &[0, 1]), 0);
}

proptest! {
    #[test]
    fn foreign_bytes_are_no_model_and_no_crash(cut in 0_usize..4000, place in 0_usize..4000, byte: u8) {
        let mut bytes = model().to_bytes();
        let place = place.min(bytes.len() - 1);
        bytes[place] = byte;
        bytes.truncate(bytes.len().saturating_sub(cut));
        if let Some(model) = Model::from_bytes(&bytes) {
            model.answer("央行 bank", "");
        }
    }

    #[test]
    fn any_text_has_an_answer(title in "\\PC{0,40}", text in "\\PC{0,80}") {
        let answer = model().answer(&title, &text);
        prop_assert!(answer.confidence >= 0.0 && answer.confidence <= 1.0);
    }
}
