//! The tables of the river as a whole: the site, the daemon, and how it fetches, sorts and publishes.

use super::Default::{Is, Otherwise};
use super::{CONTENT, DAY, GIB, HOUR, KIB, Kind, MIB, SECOND, Table, YEAR, key, later};

/// `[site]`.
pub(crate) static SITE: Table = Table {
    name: "site",
    is_list: false,
    about: "How the river presents itself.",
    keys: &[
        key(
            "title",
            Kind::Text,
            Is("\"Newsriver\""),
            "What people read as the name of the whole river.",
        ),
        key(
            "url",
            Kind::SiteAddress,
            Otherwise("`http://` and what `listen` says"),
            "The address as readers reach it, http or https. Self links are made from it, and its path is the prefix of all routes.",
        ),
        key(
            "language",
            Kind::Language,
            Is("\"en\""),
            "The language of the pages, as BCP 47 names it: `en`, `zh`, `zh-Hant`.",
        ),
        key(
            "timezone",
            Kind::Zone,
            Otherwise("UTC; for texts in Simplified Chinese Asia/Shanghai"),
            "The zone of dates that name none, of `schedule`, and of times on pages. A source can set its own.",
        ),
        key(
            "contact",
            Kind::Text,
            Otherwise("none"),
            "Whom to write to: a mail address or a page. It stands in the `User-Agent`, so that those we poll can ask for something.",
        ),
    ],
};

/// `[server]`.
pub(crate) static SERVER: Table = Table {
    name: "server",
    is_list: false,
    about: "Where the feeds are served.",
    keys: &[
        key(
            "listen",
            Kind::Listen,
            Is("\"127.0.0.1:8080\""),
            "`HOST:PORT` to listen on. A socket handed over by systemd wins over it.",
        ),
        later("admin"),
    ],
};

/// `[store]`.
pub(crate) static STORE: Table = Table {
    name: "store",
    is_list: false,
    about: "What is kept, where, and for how long.",
    keys: &[
        key(
            "path",
            Kind::Folder,
            Is("\"newsriver.store\""),
            "A folder (journal, sled, lock), relative to this file. Left out in a service of systemd: `store` in its `STATE_DIRECTORY`.",
        ),
        key(
            "retention",
            Kind::Duration(SECOND, 100 * YEAR),
            Is("\"180d\""),
            "Items that no source has listed for so long leave. Their identity stays known: they never come back as new.",
        ),
        key(
            "max_size",
            Kind::Size(MIB, u64::MAX),
            Is("\"10GiB\""),
            "The oldest items leave sooner when the folder would outgrow this.",
        ),
    ],
};

/// `[fetch]`.
pub(crate) static FETCH: Table = Table {
    name: "fetch",
    is_list: false,
    about: "How sources are polled. A source can set its own `interval`, `min_interval`, `timeout` and `allow_private_networks`.",
    keys: &[
        key(
            "interval",
            Kind::Duration(SECOND, YEAR),
            Is("\"30m\""),
            "The first guess of the time between two polls of a source. The pace then follows each source.",
        ),
        key(
            "min_interval",
            Kind::Duration(SECOND, YEAR),
            Is("\"5m\""),
            "A source is never asked twice within this time, whatever asks for it.",
        ),
        key(
            "max_interval",
            Kind::Duration(SECOND, YEAR),
            Is("\"1d\""),
            "The ceiling of the pace, and of the back-off after failures.",
        ),
        key(
            "concurrency",
            Kind::Count(1, 4096),
            Is("64"),
            "Polls under way at once.",
        ),
        key(
            "per_host",
            Kind::Count(1, 256),
            Is("2"),
            "Polls under way at one host.",
        ),
        key(
            "timeout",
            Kind::Duration(100, HOUR),
            Is("\"30s\""),
            "The bound on one whole poll.",
        ),
        key(
            "max_body",
            Kind::Size(KIB, GIB),
            Is("\"16MiB\""),
            "The bound on one document, both as sent and as decompressed.",
        ),
        key(
            "memory",
            Kind::Size(MIB, 1 << 40),
            Is("\"96MiB\""),
            "What all documents in flight share. A large one waits its turn, its clock stopped.",
        ),
        key(
            "allow_private_networks",
            Kind::Switch,
            Is("false"),
            "Loopback, private, link-local and metadata addresses may be asked. They are refused otherwise.",
        ),
        key(
            "allow_files",
            Kind::Switch,
            Is("false"),
            "The `url` of a source may be a file of this machine (`file:///var/lib/scripts/feed.xml`), which a script of yours writes. No redirect ever leads to one.",
        ),
    ],
};

/// `[publish]`.
pub(crate) static PUBLISH: Table = Table {
    name: "publish",
    is_list: false,
    about: "What stands in the published feeds.",
    keys: &[
        key(
            "items",
            Kind::Count(1, 500),
            Is("50"),
            "The newest items in a feed.",
        ),
        key(
            "window",
            Kind::Duration(0, 7 * DAY),
            Is("\"2h\""),
            "And all that arrived in this time, up to 500, so that a burst passes no slow reader by.",
        ),
        key(
            "per_source",
            Kind::Count(0, 500),
            Is("0"),
            "At most so many items of one source in a feed; 0: no limit. A category can set its own.",
        ),
        key(
            "content",
            CONTENT,
            Is("\"full\""),
            "How much of an item is published: `full`, `summary` or `title`. A source can set its own.",
        ),
        key(
            "duplicates",
            Kind::Choice(&["collapse", "keep"], &[]),
            Is("\"collapse\""),
            "`collapse`: one entry for an article and its reprints, naming the others; `keep`: an entry for each.",
        ),
    ],
};

/// `[websub]`.
pub(crate) static WEBSUB: Table = Table {
    name: "websub",
    is_list: false,
    about: "WebSub. So far the feeds name hubs; newsriver neither tells a hub what is new nor is one itself.",
    keys: &[key(
        "hubs",
        Kind::Addresses,
        Otherwise("none"),
        "Hubs that every feed names (`rel=\"hub\"`). Name only such as ask for the feeds of their own accord.",
    )],
};

/// `[story]`.
pub(crate) static STORY: Table = Table {
    name: "story",
    is_list: false,
    about: "Items that tell the same are one story, with a page of its own at `/story/ID`.",
    keys: &[key(
        "index",
        Kind::Switch,
        Is("false"),
        "`true`: search engines may list the pages of stories. `false`: they are asked not to.",
    )],
};

/// `[hot]`.
pub(crate) static HOT: Table = Table {
    name: "hot",
    is_list: false,
    about: "The hot ranking at `/hot/` and `/CATEGORY/hot/`: stories by how many independent publishers tell them, and how lately. A publisher is the owner of a domain, however many feeds it has; a copy of another's text counts half.",
    keys: &[
        key(
            "items",
            Kind::Count(1, 500),
            Is("50"),
            "The hottest so many stories.",
        ),
        key(
            "half_life",
            Kind::Duration(10 * 60 * SECOND, 30 * DAY),
            Is("\"6h\""),
            "After so long what a publisher told counts half.",
        ),
        key(
            "publishers",
            Kind::Count(1, 100),
            Is("2"),
            "A story is ranked once so many publishers tell it.",
        ),
        key(
            "per_source",
            Kind::Count(0, 500),
            Is("0"),
            "At most so many stories that one source leads; 0: no limit.",
        ),
    ],
};

/// `[filter]`.
pub(crate) static FILTER: Table = Table {
    name: "filter",
    is_list: false,
    about: "What is not wanted, of whatever source. A source and a category can have filters of their own.",
    keys: &[
        key(
            "drop",
            Kind::Filter,
            Otherwise("nothing"),
            "Entries for which this holds become no items: a list of terms of which one suffices, or a rule as in `match`. `why` with the link of a dropped entry says which rule dropped it.",
        ),
        key(
            "keep",
            Kind::Filter,
            Otherwise("everything"),
            "Only entries for which this holds become items.",
        ),
    ],
};

/// `[categorize]`.
pub(crate) static CATEGORIZE: Table = Table {
    name: "categorize",
    is_list: false,
    about: "How items find a category that nobody's word puts into one: learned, offline, from the items that sources, rules and sections put into categories, from what was filed by hand and from each `[[example]]`. It takes two categories with 50 of these each; a further one is learned from 20. Where examples are few, the items that wait for a category teach their words along. An item gets several categories where each is sure; that is learned from items that are in several.",
    keys: &[
        key(
            "learned",
            Kind::Switch,
            Is("true"),
            "Learn, and sort by what was learned. `false`: only `category`, `sections` and `match` decide.",
        ),
        key(
            "floor",
            Kind::Share,
            Is("0.7"),
            "From this confidence on an item gets the category that was learned for it; below, it has none. Where it is not written, more is asked, up to 0.95, as long as it takes for 97 of 100 examples that were held back to be answered rightly.",
        ),
    ],
};
