//! The words of the pages, in the languages they speak.

use crate::model::Month;
use chrono::{DateTime, Datelike};
use chrono_tz::Tz;

/// What a page says in its own voice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    /// The link past the navigation.
    pub(crate) skip: &'static str,
    /// What the navigation is of.
    pub(crate) categories: &'static str,
    /// The whole river.
    pub(crate) all: &'static str,
    /// Above the whole river, whose name stands at the top of every page.
    pub(crate) latest: &'static str,
    /// Before the links to the feeds.
    pub(crate) subscribe: &'static str,
    /// Before the other sources of an entry.
    pub(crate) also: &'static str,
    /// Between names.
    pub(crate) comma: &'static str,
    /// What the hot ranking is called.
    pub(crate) hot: &'static str,
    /// What was not in the ranking before.
    pub(crate) new: &'static str,
    /// Before a change of rank.
    pub(crate) in_an_hour: &'static str,
    /// Before a change of rank.
    pub(crate) in_a_day: &'static str,
    /// What a story's page is.
    pub(crate) story: &'static str,
    /// The link from an entry to the page of its story.
    pub(crate) whole_story: &'static str,
    /// Above who told a story when.
    pub(crate) timeline: &'static str,
    /// Before the outlet that a text says it is from.
    pub(crate) text_of: &'static str,
    /// What stands before a story in its category.
    pub(crate) previous: &'static str,
    /// What stands after it.
    pub(crate) next: &'static str,
    /// Above what speaks of the same.
    pub(crate) related: &'static str,
    /// The link to where a text is from.
    pub(crate) at_origin: &'static str,
    /// What began a story.
    pub(crate) first_word: &'static str,
    /// What goes on with it.
    pub(crate) follow_up: &'static str,
    /// What repeats a text.
    pub(crate) reprint: &'static str,
    /// What the links to older news are.
    pub(crate) archive: &'static str,
    /// Before the months of a channel.
    pub(crate) older: &'static str,
    /// Before the month before.
    pub(crate) earlier: &'static str,
    /// Before the month after.
    pub(crate) later: &'static str,
    /// An empty channel.
    pub(crate) nothing: &'static str,
    /// Before the name of the zone.
    pub(crate) zone: &'static str,
    /// The list of all feeds.
    pub(crate) all_feeds: &'static str,
    /// The list of all sources.
    pub(crate) all_sources: &'static str,
    /// 400.
    pub(crate) malformed: (&'static str, &'static str),
    /// 404.
    pub(crate) missing: (&'static str, &'static str),
    /// 410.
    pub(crate) gone: (&'static str, &'static str),
    /// Back to the river.
    pub(crate) home: &'static str,
    date: fn(DateTime<Tz>) -> String,
    month: fn(Month) -> String,
}

impl Words {
    /// The words of a BCP 47 language: Chinese for its kinds, English for all others.
    pub(crate) fn of(language: &str) -> &'static Self {
        match language.split('-').next() {
            Some("zh") => &CHINESE,
            _ => &ENGLISH,
        }
    }

    /// The month, as people write it.
    pub(crate) fn month(&self, month: Month) -> String {
        (self.month)(month)
    }

    /// The day, as people write it.
    pub(crate) fn day(&self, time: DateTime<Tz>) -> String {
        (self.date)(time)
    }
}

static ENGLISH: Words = Words {
    skip: "Skip to the news",
    categories: "Categories",
    all: "All",
    latest: "Latest news",
    subscribe: "Subscribe",
    also: "Also carried by",
    comma: ", ",
    hot: "Hot",
    new: "new",
    in_an_hour: "1 h",
    in_a_day: "1 d",
    story: "Story",
    whole_story: "The whole story",
    timeline: "Who told it when",
    text_of: "Text:",
    previous: "Previous",
    next: "Next",
    related: "Related",
    at_origin: "At its origin",
    first_word: "First report",
    follow_up: "Follow-up",
    reprint: "Reprint",
    archive: "Archive",
    older: "Older news",
    earlier: "Earlier:",
    later: "Later:",
    nothing: "Nothing has arrived here yet.",
    zone: "Times are in",
    all_feeds: "All feeds (OPML)",
    all_sources: "Sources (OPML)",
    malformed: ("Bad address", "This address is not well-formed."),
    missing: ("Not found", "There is nothing at this address."),
    gone: ("Gone", "What was here is published no longer."),
    home: "To the whole river",
    date: |time| time.format("%A, %-d %B %Y").to_string(),
    month: |month| {
        const NAMES: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        let place = usize::try_from(month.number()).unwrap_or(1) - 1;
        format!(
            "{} {}",
            NAMES.get(place).copied().unwrap_or_default(),
            month.year()
        )
    },
};

static CHINESE: Words = Words {
    skip: "跳到新闻",
    categories: "栏目",
    all: "全部",
    latest: "最新消息",
    subscribe: "订阅",
    also: "同见于",
    comma: "、",
    hot: "热榜",
    new: "新",
    in_an_hour: "1小时",
    in_a_day: "1天",
    story: "事件",
    whole_story: "事件全程",
    timeline: "报道经过",
    text_of: "来源：",
    previous: "上一篇",
    next: "下一篇",
    related: "相关报道",
    at_origin: "阅读原文",
    first_word: "首发",
    follow_up: "后续",
    reprint: "转载",
    archive: "往期",
    older: "往期新闻",
    earlier: "更早：",
    later: "之后：",
    nothing: "这里还没有内容。",
    zone: "时间所用时区：",
    all_feeds: "全部订阅源（OPML）",
    all_sources: "全部来源（OPML）",
    malformed: ("地址有误", "这个地址的写法不对。"),
    missing: ("没有找到", "这个地址下没有内容。"),
    gone: ("已经撤下", "这里的内容不再发布。"),
    home: "回到首页",
    date: |time| {
        let day = match time.weekday() {
            chrono::Weekday::Mon => "一",
            chrono::Weekday::Tue => "二",
            chrono::Weekday::Wed => "三",
            chrono::Weekday::Thu => "四",
            chrono::Weekday::Fri => "五",
            chrono::Weekday::Sat => "六",
            chrono::Weekday::Sun => "日",
        };
        format!("{}年{}月{}日 星期{day}", time.year(), time.month(), time.day())
    },
    month: |month| format!("{}年{}月", month.year(), month.number()),
};
