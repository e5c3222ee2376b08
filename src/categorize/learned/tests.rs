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
    let of = |category: usize, titles: &'static [&'static str]| {
        titles.iter().map(move |title| Example {
            category,
            title,
            text: "",
            importance: 1.0,
            group: 0,
        })
    };
    of(0, &MONEY).chain(of(1, &SPORT)).collect()
}

fn model() -> Model {
    let names = vec!["money".to_owned(), "sport".to_owned()];
    Model::learn(names, &examples(), Floor::at(0.7)).unwrap()
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
    assert!(Model::learn(names.clone(), &examples()[..6], Floor::at(0.7)).is_none());
    assert!(Model::learn(names.clone(), &[], Floor::at(0.7)).is_none());
    assert!(Model::learn(names[..1].to_vec(), &examples(), Floor::at(0.7)).is_none());
}

#[test]
fn the_figures_count_each_example_once() {
    let figures = model().figures;
    assert_eq!(figures.examples(), 12);
    assert!(figures.accuracy() > 0.5);
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
