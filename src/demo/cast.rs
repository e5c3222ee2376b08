//! The sources that the origin plays: what each is called, writes, and does wrong.

use super::samples::{self, Sample};
use std::sync::OnceLock;

/// In what a source writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Rss2,
    Rss091,
    Rdf,
    Atom,
    JsonFeed,
}

/// How a source answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    /// As the standards want it.
    Ordinary,
    /// 404, always.
    Missing,
    /// Long after anybody's patience is over.
    Slow,
    /// Any conditional request gets 304, whatever it carries.
    NotModifiedOnly,
    /// The same bytes under a new `ETag` each time.
    TurningEtag,
    /// Compressed for those who take gzip.
    Gzip,
}

/// Where a source's texts come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Texts {
    /// Its own, in turn; a new one whenever the turn is its own.
    Own(&'static str),
    /// Every second text of these others, a little later, under the same addresses; with campaign parameters
    /// in the address when the flag is set.
    Reprints {
        of: &'static [&'static str],
        with_campaign: bool,
        /// At an address of its own, under another title, with the whole text: only its words tell what it is.
        as_its_own: bool,
    },
    /// Two texts of the quiet file, from this one on, which never change.
    Still(usize),
}

/// A source of the demo.
#[derive(Clone, Copy, Debug)]
pub(super) struct Player {
    /// Its name in `feeds.toml` and the first segment of its addresses.
    pub(super) name: &'static str,
    /// What people read.
    pub(super) title: &'static str,
    /// A sentence about it.
    pub(super) description: &'static str,
    /// The last segment of its feed's address.
    pub(super) file: &'static str,
    /// BCP 47.
    pub(super) language: &'static str,
    pub(super) format: Format,
    pub(super) behaviour: Behaviour,
    pub(super) texts: Texts,
    /// What `feeds.toml` says of it; empty: the rules decide.
    pub(super) categories: &'static [&'static str],
    /// What `feeds.toml` says of its interval, in seconds.
    pub(super) interval_seconds: u64,
}

impl Player {
    /// The path of its feed.
    pub(super) fn path(&self) -> String {
        format!("/{}/{}", self.name, self.file)
    }

    pub(super) fn is_chinese(&self) -> bool {
        self.language.starts_with("zh")
    }

    /// It writes GB18030 and calls it gb2312, as much of the Chinese web does.
    pub(super) fn is_gb18030(&self) -> bool {
        self.name == "linjiang"
    }

    /// The texts it has or takes turns with; none for one that only reprints.
    pub(super) fn samples(&self) -> &'static [Sample] {
        static READ: OnceLock<Vec<(&'static str, Vec<Sample>)>> = OnceLock::new();
        let file = match self.texts {
            Texts::Own(file) => file,
            Texts::Still(_) => QUIET,
            Texts::Reprints { .. } => return &[],
        };
        let all = READ.get_or_init(|| {
            let own = CAST.iter().filter_map(|player| match player.texts {
                Texts::Own(file) => Some((file, samples::read(file))),
                Texts::Reprints { .. } | Texts::Still(_) => None,
            });
            own.chain([(QUIET, samples::read(QUIET))]).collect()
        });
        all.iter()
            .find(|(read, _)| *read == file)
            .map_or(&[], |(_, samples)| samples)
    }
}

/// The player of this name.
pub(super) fn player(name: &str) -> Option<&'static Player> {
    CAST.iter().find(|player| player.name == name)
}

const QUIET: &str = include_str!("samples/quiet.txt");

const ENGLISH: Player = Player {
    name: "",
    title: "",
    description: "",
    file: "rss.xml",
    language: "en",
    format: Format::Rss2,
    behaviour: Behaviour::Ordinary,
    texts: Texts::Still(0),
    categories: &[],
    interval_seconds: 2,
};

const CHINESE: Player = Player {
    language: "zh-CN",
    ..ENGLISH
};

/// Everybody, in the order in which those with own texts take their turns.
pub(super) const CAST: [Player; 17] = [
    Player {
        name: "harbour-post",
        title: "The Harbour Post",
        description: "News of a harbour town & its ferries",
        texts: Texts::Own(include_str!("samples/harbour-post.txt")),
        categories: &["world"],
        ..ENGLISH
    },
    Player {
        name: "linjiang",
        title: "临江财经",
        description: "临江的市场、港口与夜市 ©",
        texts: Texts::Own(include_str!("samples/linjiang.txt")),
        categories: &["finance"],
        ..CHINESE
    },
    Player {
        name: "lantern",
        title: "Lantern Technology Review",
        description: "Small machines, patiently explained",
        file: "atom.xml",
        format: Format::Atom,
        texts: Texts::Own(include_str!("samples/lantern.txt")),
        categories: &["technology"],
        ..ENGLISH
    },
    Player {
        name: "baita",
        title: "白塔时报",
        description: "白塔镇新闻",
        texts: Texts::Own(include_str!("samples/baita.txt")),
        categories: &[],
        ..CHINESE
    },
    Player {
        name: "meridian",
        title: "Meridian Science Wire",
        description: "Findings, some of them confirmed",
        file: "index.rdf",
        format: Format::Rdf,
        texts: Texts::Own(include_str!("samples/meridian.txt")),
        categories: &["science"],
        interval_seconds: 3,
        ..ENGLISH
    },
    Player {
        name: "yunshan",
        title: "云杉科技",
        description: "慢一点的科技新闻",
        file: "atom.xml",
        format: Format::Atom,
        texts: Texts::Own(include_str!("samples/yunshan.txt")),
        categories: &["technology"],
        ..CHINESE
    },
    Player {
        name: "old-mill",
        title: "Old Mill Gazette",
        description: "Notices of a village",
        format: Format::Rss091,
        texts: Texts::Own(include_str!("samples/old-mill.txt")),
        interval_seconds: 3,
        ..ENGLISH
    },
    Player {
        name: "qingshi",
        title: "青石文化",
        description: "书、戏与展览",
        file: "feed.json",
        format: Format::JsonFeed,
        texts: Texts::Own(include_str!("samples/qingshi.txt")),
        categories: &["文化"],
        ..CHINESE
    },
    Player {
        name: "kestrel",
        title: "Kestrel Notes",
        description: "Books, plays and games",
        file: "feed.json",
        format: Format::JsonFeed,
        texts: Texts::Own(include_str!("samples/kestrel.txt")),
        interval_seconds: 3,
        ..ENGLISH
    },
    Player {
        name: "nanpu",
        title: "南浦体育",
        description: "赛事与茶歇",
        file: "index.rdf",
        format: Format::Rdf,
        texts: Texts::Own(include_str!("samples/nanpu.txt")),
        categories: &["sport"],
        interval_seconds: 3,
        ..CHINESE
    },
    Player {
        name: "morning-digest",
        title: "Morning Digest",
        description: "What others wrote, with thanks",
        texts: Texts::Reprints {
            of: &["harbour-post", "lantern"],
            with_campaign: true,
            as_its_own: false,
        },
        ..ENGLISH
    },
    Player {
        name: "zhaiyao",
        title: "新闻摘要",
        description: "转载白塔时报与云杉科技",
        file: "atom.xml",
        format: Format::Atom,
        texts: Texts::Reprints {
            of: &["baita", "yunshan"],
            with_campaign: true,
            as_its_own: true,
        },
        ..CHINESE
    },
    Player {
        name: "standing-stone",
        title: "The Standing Stone",
        description: "Answers 304 for ever",
        behaviour: Behaviour::NotModifiedOnly,
        texts: Texts::Still(0),
        interval_seconds: 4,
        ..ENGLISH
    },
    Player {
        name: "weathercock",
        title: "The Weathercock",
        description: "The same bytes under another ETag each time",
        file: "atom.xml",
        format: Format::Atom,
        behaviour: Behaviour::TurningEtag,
        texts: Texts::Still(2),
        interval_seconds: 4,
        ..ENGLISH
    },
    Player {
        name: "pressed-flowers",
        title: "Pressed Flowers",
        description: "Comes compressed",
        behaviour: Behaviour::Gzip,
        texts: Texts::Still(4),
        interval_seconds: 5,
        ..ENGLISH
    },
    Player {
        name: "vanished",
        title: "The Vanished Courier",
        description: "Answers 404",
        behaviour: Behaviour::Missing,
        interval_seconds: 5,
        ..ENGLISH
    },
    Player {
        name: "snail",
        title: "The Snail",
        description: "Answers too late",
        behaviour: Behaviour::Slow,
        interval_seconds: 5,
        ..ENGLISH
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_format_both_languages_and_every_fault_are_on_stage() {
        for format in [
            Format::Rss2,
            Format::Rss091,
            Format::Rdf,
            Format::Atom,
            Format::JsonFeed,
        ] {
            assert!(CAST.iter().any(|player| player.format == format), "{format:?}");
        }
        assert!(CAST.len() >= 12);
        assert!(CAST.iter().filter(|player| player.is_chinese()).count() >= 5);
        assert_eq!(CAST.iter().filter(|player| player.is_gb18030()).count(), 1);
        let names: BTreeSet<_> = CAST.iter().map(|player| player.name).collect();
        assert_eq!(names.len(), CAST.len());
    }

    #[test]
    fn every_text_is_whole() {
        for player in &CAST {
            if let Texts::Own(_) = player.texts {
                assert!(player.samples().len() >= 8, "{}", player.name);
            }
            for sample in player.samples() {
                let is_whole = !sample.author.is_empty()
                    && !sample.summary.is_empty()
                    && !sample.tags.is_empty()
                    && !sample.paragraphs.is_empty();
                assert!(is_whole, "{}: {}", player.name, sample.title);
            }
        }
    }
}
