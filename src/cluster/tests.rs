use super::*;
use crate::model::{ItemNumber, Timestamp};
use proptest::prelude::*;
use std::collections::HashMap;

const HOUR: i64 = 3_600;

/// A river of its own: window, stories, and the texts that a store would keep.
#[derive(Default)]
struct World {
    window: Window,
    stories: Stories,
    articles: HashMap<ItemNumber, Article>,
    story_of: HashMap<ItemNumber, ItemNumber>,
    count: u64,
}

impl World {
    /// Takes an item of a source of its own in, `hours` after the beginning: what it repeats, and its story.
    fn take(&mut self, hours: i64, title: &str, text: &str) -> (Option<u64>, u64) {
        let source = u32::try_from(self.count).unwrap();
        self.take_from(source, hours, title, text)
    }

    fn take_from(&mut self, source: u32, hours: i64, title: &str, text: &str) -> (Option<u64>, u64) {
        let number = ItemNumber(self.count);
        self.count += 1;
        let time = Timestamp::from_seconds(hours * HOUR);
        let read = Read::new(number, source, time, title, text);
        let candidates = self.window.candidates(&read.article, time);
        let brought = candidates.likely.iter().map(|number| &self.articles[number]);
        let copy_of = decide(&read.article, &candidates, brought).map(|copy| copy.of);
        let story = match copy_of {
            Some(of) => {
                self.stories.touch(self.story_of[&of], time);
                self.story_of[&of]
            }
            None => {
                self.window.add(&read.article, time);
                self.stories.place(&read).story
            }
        };
        self.articles.insert(number, read.article);
        self.story_of.insert(number, story);
        (copy_of.map(|of| of.0), story.0)
    }

    /// What an item without text repeats.
    fn title(&mut self, hours: i64, title: &str) -> Option<u64> {
        self.take(hours, title, "").0
    }
}

const BRIDGE: &str = "本市连接南北两岸的第三座跨江大桥昨天上午正式合龙，全长两千四百米，预计明年春天通车。\
    项目负责人表示，大桥建成后两岸之间的通行时间将由四十分钟缩短到八分钟，每天可以通过六万辆汽车。";
const HARBOUR: &str = "The harbour authority said on Monday that the new breakwater will be finished two years \
    late because the sea floor turned out to be softer than the first drillings had suggested, and that the cost \
    of the work will rise by a third.";

#[test]
fn titles_cut_short_are_those_of_the_whole() {
    let mut world = World::default();
    let whole = [
        "南湖集团林晓岚：愿做小微企业最可靠的同行人",
        "“她”时代职场先锋林晓岚：把热爱写进每一个清晨",
        "暖心故事〡“爱心信使”林晓岚：让更多孩子读上好书",
        "手艺人说〡林晓岚：青瓷里的千年火候",
        "追梦者说〡林晓岚：每一次出发都是重逢",
    ];
    for (place, title) in (0..).zip(whole) {
        assert_eq!(world.take(place, title, "").0, None, "{title}");
    }
    // As a side box shows them: cut by width, with and without dots.
    for (place, cut) in (0..).zip([
        "南湖集团林晓岚：愿做小微企业最可靠的",
        "“她”时代职场先锋林晓岚:把热爱写进...",
        "暖心故事〡“爱心信使”林晓岚：让更",
        "手艺人说〡林晓岚：青瓷里的千…",
        "追梦者说〡林晓岚:每一次出发都是重",
    ]) {
        assert_eq!(world.title(6, cut), Some(place), "{cut}");
    }
    assert_eq!(
        world.title(6, "林晓岚"),
        None,
        "a name alone is too short to be a title cut"
    );
}

#[test]
fn the_same_sentence_about_two_companies_is_two_articles() {
    let mut world = World::default();
    let titles = ["贵州茅台一季度净利润同比增长19%", "五粮液一季度净利润同比增长19%"];
    assert_eq!(titles.map(|title| world.title(0, title)), [None, None]);
    let text = |name: &str| {
        format!(
            "{name}今天发布一季度业绩，净利润同比增长19%，营业收入同比增长12%，公司称渠道库存处于合理水平。"
        )
    };
    let text_of =
        |world: &mut World, name: &str| world.take(40, &format!("{name}发布一季度业绩"), &text(name)).0;
    assert_eq!(text_of(&mut world, "贵州茅台"), None);
    let other =
        "五粮液今天召开股东大会，选举产生新一届董事会，会议还审议通过了年度利润分配方案和章程修正案。";
    assert_eq!(world.take(40, "五粮液发布一季度业绩", other).0, None);
}

#[test]
fn titles_in_another_order_or_with_other_punctuation_are_one() {
    let mut world = World::default();
    world.title(0, "第三座跨江大桥合龙 两岸通行只需八分钟");
    assert_eq!(world.title(1, "两岸通行只需八分钟：第三座跨江大桥合龙"), Some(0));
    assert_eq!(
        world.title(1, "【要闻】第三座跨江大桥合龙，两岸通行只需八分钟！"),
        Some(0)
    );
    assert_eq!(world.title(1, "第三座跨江大橋合龍　兩岸通行只需八分鐘"), Some(0));
    world.title(2, "Breakwater delayed again; harbour cost rises by a third");
    assert_eq!(
        world.title(3, "Harbour cost rises by a third: breakwater delayed again"),
        Some(4)
    );
    assert_eq!(
        world.title(3, "Breakwater delayed again; harbour cost ri..."),
        Some(4)
    );
    assert_eq!(
        world.title(
            3,
            "UPDATE 1 - Breakwater delayed again; harbour cost rises by a third"
        ),
        Some(4)
    );
    assert_eq!(
        world
            .take(
                4,
                "Breakwater delayed again; harbour cost rises by a third",
                HARBOUR
            )
            .0,
        Some(4)
    );
}

#[test]
fn a_reprint_is_found_whatever_stands_round_it() {
    let mut world = World::default();
    world.take(0, "跨江大桥合龙", BRIDGE);
    world.take(0, "Breakwater late", HARBOUR);
    let traditional = BRIDGE
        .replace('桥', "橋")
        .replace('连', "連")
        .replace('两', "兩")
        .replace('过', "過");
    let wide = BRIDGE.replace('，', ",").replace('。', ".");
    for (title, text) in [
        (
            "江上又添新通道",
            format!("中新网3月2日电（记者 张三）{BRIDGE}（完）"),
        ),
        ("大桥合龙", format!("来源：晨报\n{BRIDGE}\n责任编辑：李四")),
        ("江上新橋", traditional),
        ("新桥", wide),
        ("通行时间缩短", BRIDGE.chars().take(60).collect()),
    ] {
        assert_eq!(world.take(30, title, &text).0, Some(0), "{title}");
    }
    let reprint = format!(
        "HARBOUR TOWN (Agency) -- {} Read more. All rights reserved.",
        HARBOUR.to_uppercase()
    );
    assert_eq!(world.take(30, "Softer ground than thought", &reprint).0, Some(1));
    assert_eq!(
        world.take(20 * 24, "大桥", BRIDGE).0,
        Some(0),
        "three weeks are remembered"
    );
    assert_eq!(world.take(22 * 24, "大桥", BRIDGE).0, None);
}

#[test]
fn a_reason_tells_rung_and_figures() {
    assert_eq!(
        Rung::Text(0.874).reason().as_str(),
        "87 % of the shorter text stands in the other"
    );
    assert!(Rung::Title.reason().as_str().contains("no text"));
    assert!(Rung::TextAndTitle(0.4).reason().as_str().contains("40 %"));
}

/// A report that comes each day at nine, with other numbers.
fn daily(form: &str, day: i64) -> String {
    form.replace("DAY", &day.to_string())
        .replace("A", &(10 + day * 7 % 23).to_string())
        .replace("B", &(40 + day * 11 % 37).to_string())
        .replace("C", &(1000 + day * 137 % 911).to_string())
        .replace("D", &(2 + day * 13 % 29).to_string())
}

#[test]
fn each_day_of_a_daily_report_is_an_item_and_a_story_of_its_own() {
    for (title, form) in [
        (
            "今日天气",
            "市气象台DAY日发布预报：今天白天多云，最高气温A度，夜间最低气温D度，相对湿度B%，气压C百帕，请注意增减衣物。",
        ),
        (
            "today's forecast",
            "forecast for march DAY: cloudy with a high of A and a low of D, humidity B per cent, pressure C millibars, light winds",
        ),
    ] {
        let mut world = World::default();
        let days: Vec<(Option<u64>, u64)> = (1..8)
            .map(|day| world.take(day * 24 + 9, title, &daily(form, day)))
            .collect();
        for (place, day) in (0..).zip(days) {
            assert_eq!(day, (None, place), "{title}");
        }
        // A reprint of the last day is that day's.
        assert_eq!(world.take(7 * 24 + 12, title, &daily(form, 7)), (Some(6), 6));
    }
}

#[test]
fn other_numbers_in_the_same_words_are_another_article() {
    let mut world = World::default();
    let report = |numbers: [u32; 5]| {
        let [a, b, c, d, e] = numbers;
        format!(
            "统计局公布，{a}月份全市工业增加值同比增长{b}%，其中汽车制造业增长{c}%，电子设备制造业增长{d}%，食品制造业下降{e}%，工业用电量保持平稳，企业订单总体充足。"
        )
    };
    assert_eq!(
        world.take(0, "工业增加值公布", &report([3, 61, 72, 95, 14])).0,
        None
    );
    assert_eq!(
        world.take(1, "工业增加值公布", &report([3, 61, 72, 95, 14])).0,
        Some(0)
    );
    assert_eq!(
        world.take(20, "工业增加值公布", &report([4, 58, 67, 83, 21])).0,
        None
    );
    assert_eq!(
        world.take(300, "工业增加值", &report([5, 47, 78, 91, 33])).0,
        None
    );
}

#[test]
fn a_title_that_comes_every_day_joins_nothing_by_itself() {
    let mut world = World::default();
    assert_eq!(world.title(0, "早间要闻速览"), None);
    assert_eq!(world.title(1, "早间要闻速览"), Some(0));
    assert_eq!(world.title(40, "早间要闻速览"), None);
    assert_eq!(world.title(41, "早间要闻速览"), None);
}

#[test]
fn a_footer_that_all_share_joins_nothing() {
    let mut world = World::default();
    let footer = "本网站所刊载信息不代表本社观点，刊用本网站稿件务经书面授权，未经授权禁止转载摘编复制，违者依法追究责任";
    for number in 0..60_u32 {
        let words: String = (0..20)
            .filter_map(|place| char::from_u32(0x4E00 + number * 131 + place * 7))
            .collect();
        assert_eq!(
            world
                .take_from(0, 0, &format!("第{words}"), &format!("{words}{footer}"))
                .0,
            None,
            "{number}"
        );
    }
}

#[test]
fn a_sequel_belongs_to_the_story_and_is_an_item_of_its_own() {
    let mut world = World::default();
    assert_eq!(
        world.take(0, "Breakwater at the harbour two years late", HARBOUR),
        (None, 0)
    );
    let sequel = "The contractor of the harbour breakwater rejected the blame for the delay on Tuesday and said the \
        authority had known about the soft sea floor since the drillings.";
    assert_eq!(
        world.take(20, "Contractor rejects blame for harbour breakwater", sequel),
        (None, 0)
    );
    let other = "A painter from the north won the yearly prize for her pictures of winter seas.";
    assert_eq!(world.take(21, "Painter wins prize", other), (None, 2));
    // Three days after its last item a story is closed.
    let late =
        "The harbour authority opened the breakwater to walkers, and the soft sea floor was not mentioned.";
    assert_eq!(world.take(20 + 73, "Harbour breakwater opened", late), (None, 3));
}

/// Two stories of the same words, and what becomes of them while others arrive.
fn doubled(are_apart: bool) -> (ItemNumber, ItemNumber) {
    let time = |hours: i64| Timestamp::from_seconds(hours * HOUR);
    let read = |number: u64, hours: i64, text: &str| {
        Read::new(ItemNumber(number), 0, time(hours), "跨江大桥合龙", text)
    };
    let mut stories = Stories::default();
    let first = stories.place(&read(1, 0, BRIDGE)).story;
    let own = ItemNumber(1000);
    if are_apart {
        stories.split(&read(1000, 0, BRIDGE), first, own);
    } else {
        stories.restore(&read(1000, 0, BRIDGE), own);
    }
    for number in 2..60 {
        stories.place(&read(number, 1, BRIDGE));
    }
    (stories.current(first), stories.current(own))
}

#[test]
fn what_the_admin_took_apart_the_machine_does_not_put_together() {
    let (first, own) = doubled(false);
    assert_eq!(first, own);
    let (first, own) = doubled(true);
    assert_eq!((first, own), (ItemNumber(1), ItemNumber(1000)));
}

#[test]
fn what_the_admin_put_together_goes_on_as_one() {
    let mut world = World::default();
    let bridge = world.take(0, "跨江大桥合龙", BRIDGE).1;
    let harbour = world.take(1, "Breakwater late", HARBOUR).1;
    assert_ne!(bridge, harbour);
    let (older, younger) = (ItemNumber(bridge), ItemNumber(harbour));
    world
        .stories
        .unite(younger, older, Timestamp::from_seconds(2 * HOUR));
    assert_eq!(world.stories.current(younger), older);
    let sequel = "The harbour breakwater will be finished two years late, and the soft sea floor is to blame, said its \
        builder, for the first drillings had not suggested it.";
    let sequel = world.take(3, "Late breakwater: the harbour builder speaks", sequel);
    assert_eq!(sequel, (None, bridge));
    // Said again, or of one story, it changes nothing.
    world
        .stories
        .unite(older, younger, Timestamp::from_seconds(4 * HOUR));
    assert_eq!(world.stories.current(older), older);
}

#[test]
fn a_copy_keeps_its_story_open() {
    let mut world = World::default();
    world.take(0, "Breakwater at the harbour two years late", HARBOUR);
    assert_eq!(world.take(60, "Late", HARBOUR), (Some(0), 0));
    let sequel = "The harbour breakwater will be finished two years late, and the sea floor is to blame, said its builder.";
    assert_eq!(
        world.take(120, "Builder of harbour breakwater speaks", sequel),
        (None, 0)
    );
}

/// Different texts of forty made-up words, by seed.
fn words(seed: u32, from: u32, to: u32) -> String {
    let word = |place: u32| {
        let number = (seed * 7919 + place * 104_729) % 46_656;
        let letters = [number / 1296, number / 36 % 36, number % 36];
        letters
            .map(|digit| char::from_digit(digit, 36).unwrap_or('x'))
            .iter()
            .collect::<String>()
            + "q"
    };
    (from..to).map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_restart_in_mid_story_changes_nothing() {
    let item = |world: &mut World, number: u32| {
        let text = format!("{} {}", words(number % 7, 0, 25), words(number + 100, 0, 12));
        world.take(i64::from(number), &words(number % 7, 0, 4), &text)
    };
    let (mut whole, mut broken) = (World::default(), World::default());
    for number in 0..60 {
        let expected = item(&mut whole, number);
        assert_eq!(item(&mut broken, number), expected);
        if number % 12 != 5 {
            continue;
        }
        let kept = postcard::to_stdvec(&broken.stories).unwrap();
        broken.stories = postcard::from_bytes(&kept).unwrap();
    }
    assert!(whole.stories.open() < 60);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the order, the same items are one, as long as each copy has most of the words of each other.
    #[test]
    fn the_order_of_arrival_does_not_change_what_is_one(
        order in Just((0..12_u32).collect::<Vec<_>>()).prop_shuffle()
    ) {
        let mut world = World::default();
        let mut group_of = HashMap::new();
        for (arrival, number) in (0_u32..).zip(order) {
            let (article, way) = (number / 4, number % 4);
            let text = words(article, 0, 60);
            let (title, text) = match way {
                0 => ("one title", text),
                1 => ("another", format!("our reporter writes {text}")),
                2 => ("a third", words(article, 0, 50)),
                _ => ("and a fourth", format!("{} all rights reserved", words(article, 6, 60))),
            };
            let (copy_of, _) = world.take(i64::from(arrival), &format!("{title} {article}"), &text);
            let own = u64::from(arrival);
            let group = *group_of.entry(article).or_insert(own);
            prop_assert_eq!(copy_of, (group != own).then_some(group));
        }
    }

    /// A roundup that holds two articles makes them no one article: what is joined shares words with its original.
    #[test]
    fn no_chain_joins_what_shares_nothing(
        pieces in prop::collection::vec((0..5_u32, 0..5_u32, any::<bool>()), 1..24)
    ) {
        let mut world = World::default();
        for (hours, (one, other, is_roundup)) in (0..).zip(pieces) {
            let mut text = words(one, 0, 30);
            if is_roundup {
                text = format!("{text} {}", words(other, 0, 30));
            }
            let number = ItemNumber(world.count);
            if let (Some(of), _) = world.take(hours, &format!("title {hours}"), &text) {
                let (own, original) = (&world.articles[&number], &world.articles[&ItemNumber(of)]);
                prop_assert!(own.text.containment(&original.text) >= 0.3);
            }
        }
    }
}
