//! Names of zones and offsets from UTC.

use chrono_tz::Tz;

/// Where a written time stands to UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offset {
    /// East of Greenwich.
    Minutes(i32),
    /// A zone of the IANA database, `America/Los_Angeles`.
    Zone(Tz),
}

impl Offset {
    /// Hours and minutes east or west; none for offsets that no place on earth has.
    pub(super) fn new(is_west: bool, hours: u32, minutes: u32) -> Option<Self> {
        let total = i32::try_from(hours.checked_mul(60)?.checked_add(minutes)?).ok()?;
        let is_on_earth = minutes < 60 && total <= 15 * 60;
        is_on_earth.then_some(Self::Minutes(if is_west { -total } else { total }))
    }

    /// The offset a name means. `home` tells which CST: China's for a Chinese zone, else North America's.
    pub(super) fn named(name: &str, home: Option<Tz>) -> Option<Self> {
        if name == "cst" && home.is_some_and(is_chinese) {
            return Some(Self::Minutes(8 * 60));
        }
        NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|&(_, minutes)| Self::Minutes(minutes))
    }

    /// A zone of the IANA database, by its name in lower case.
    pub(super) fn of_region(name: &str) -> Option<Self> {
        let mut capital = true;
        let name: String = name
            .chars()
            .map(|letter| {
                let letter = if capital {
                    letter.to_ascii_uppercase()
                } else {
                    letter
                };
                capital = matches!(letter, '/' | '_' | '-');
                letter
            })
            .collect();
        match name.as_str() {
            "Etc/Gmt" | "Etc/Utc" => Some(Self::Minutes(0)),
            _ => name.parse().ok().map(Self::Zone),
        }
    }
}

fn is_chinese(zone: Tz) -> bool {
    matches!(
        zone,
        Tz::Asia__Shanghai
            | Tz::Asia__Chongqing
            | Tz::Asia__Chungking
            | Tz::Asia__Harbin
            | Tz::Asia__Urumqi
            | Tz::Asia__Kashgar
            | Tz::Asia__Hong_Kong
            | Tz::Asia__Macau
            | Tz::Asia__Macao
            | Tz::Asia__Taipei
            | Tz::Hongkong
            | Tz::PRC
            | Tz::ROC
    )
}

/// Names with one meaning, or with one that is meant nearly always, in minutes east of Greenwich. The single
/// letters of RFC 822 other than Z are left out: it had their signs wrong (RFC 2822 4.3).
const NAMES: &[(&str, i32)] = &[
    ("z", 0),
    ("ut", 0),
    ("utc", 0),
    ("gmt", 0),
    ("wet", 0),
    ("west", 60),
    ("bst", 60),
    ("cet", 60),
    ("met", 60),
    ("mez", 60),
    ("cest", 120),
    ("mest", 120),
    ("mesz", 120),
    ("eet", 120),
    ("sast", 120),
    ("eest", 180),
    ("msk", 180),
    ("msd", 240),
    ("ist", 330),
    ("wib", 420),
    ("ict", 420),
    ("hkt", 480),
    ("sgt", 480),
    ("pht", 480),
    ("awst", 480),
    ("jst", 540),
    ("kst", 540),
    ("acst", 570),
    ("aest", 600),
    ("acdt", 630),
    ("aedt", 660),
    ("nzst", 720),
    ("nzdt", 780),
    ("brt", -180),
    ("art", -180),
    ("clt", -240),
    ("ndt", -150),
    ("nst", -210),
    ("adt", -180),
    ("ast", -240),
    ("at", -240),
    ("edt", -240),
    ("est", -300),
    ("et", -300),
    ("cdt", -300),
    ("cst", -360),
    ("ct", -360),
    ("mdt", -360),
    ("mst", -420),
    ("mt", -420),
    ("pdt", -420),
    ("pst", -480),
    ("pt", -480),
    ("akdt", -480),
    ("akst", -540),
    ("hst", -600),
];
