//! Every table and key of `feeds.toml`, once: its name, what it may hold, its default and what it is for.
//!
//! The checker reads files by these lists, the JSON Schema and `docs/feeds-toml.md` are written from them.
//! A key whose part of newsriver does not exist yet stands here too, as [`Kind::Later`]: it is refused by name.

/// A table of the file.
#[derive(Debug)]
pub(crate) struct Table {
    /// As written between the brackets.
    pub(crate) name: &'static str,
    /// `[[name]]`: one for each thing it describes.
    pub(crate) is_list: bool,
    /// What it is for, in whole sentences.
    pub(crate) about: &'static str,
    /// Its keys, in the order in which people are told of them.
    pub(crate) keys: &'static [Key],
}

/// A key of a table.
#[derive(Debug)]
pub(crate) struct Key {
    /// As written.
    pub(crate) name: &'static str,
    /// What it may hold.
    pub(crate) kind: Kind,
    /// What holds when it is not written.
    pub(crate) default: Default,
    /// What it is for, in whole sentences.
    pub(crate) about: &'static str,
}

/// What holds when a key is not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Default {
    /// It must be written.
    Required,
    /// This value, as it would be written in TOML.
    Is(&'static str),
    /// Nothing in particular, or another key's value: said in words.
    Otherwise(&'static str),
}

/// What a key may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One line of text.
    Text,
    /// The address of this site.
    SiteAddress,
    /// The address of a source.
    SourceAddress,
    /// A language, BCP 47.
    Language,
    /// An IANA time zone.
    Zone,
    /// A cron pattern of five or six fields.
    Cron,
    /// `HOST:PORT`.
    Listen,
    /// A folder.
    Folder,
    /// A file that holds a secret or certificates.
    File,
    /// The value of a header field: visible ASCII and blanks.
    FieldValue,
    /// `{ NAME = "value", … }`: header fields.
    Fields,
    /// The address of a proxy.
    ProxyAddress,
    /// The name of a source: one path segment.
    SourceName,
    /// The name of a category: one path segment that no page of ours has.
    CategoryName,
    /// A list of such names.
    CategoryNames,
    /// The name of a declared category, or a list of them.
    CategoryReferences,
    /// A list of texts.
    Texts,
    /// A list of addresses.
    Addresses,
    /// A share from 0 to 1.
    Share,
    /// A rule, or a list of terms of which one suffices.
    Filter,
    /// `{ any = […], all = […], none = […], threshold = … }`.
    Rule,
    /// `true` or `false`.
    Switch,
    /// A whole number in these bounds.
    Count(u64, u64),
    /// A duration in these bounds, in milliseconds.
    Duration(u64, u64),
    /// A size in these bounds, in bytes.
    Size(u64, u64),
    /// One of the first words; the second ones come with a later version.
    Choice(&'static [&'static str], &'static [&'static str]),
    /// Comes with a later version.
    Later,
}

const SECOND: u64 = 1000;
const HOUR: u64 = 3600 * SECOND;
const DAY: u64 = 24 * HOUR;
/// A year as durations are read: 365 days and a quarter.
const YEAR: u64 = 31_557_600 * SECOND;
const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

const fn key(name: &'static str, kind: Kind, default: Default, about: &'static str) -> Key {
    Key {
        name,
        kind,
        default,
        about,
    }
}

const fn later(name: &'static str) -> Key {
    key(name, Kind::Later, Default::Otherwise(""), "")
}

use self::Default::{Is, Otherwise, Required};

/// The words of `content`.
const CONTENT: Kind = Kind::Choice(&["full", "summary", "title"], &[]);

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
    about: "How items find a category that nobody's word puts into one: learned, offline, from the items of sources with one `category`, and those that rules and sections put into one. It takes two categories with 50 such items each.",
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
            "From this confidence on an item gets the category that was learned for it; below, it has none.",
        ),
    ],
};

/// `[[category]]`.
pub(crate) static CATEGORY: Table = Table {
    name: "category",
    is_list: true,
    about: "A category: a page and feeds of its own at `/NAME/`. An item is in it when its source says so (`category` of the source), when its source puts it in one of `sections`, or when `match` holds.",
    keys: &[
        key(
            "name",
            Kind::CategoryName,
            Required,
            "The path: one path segment, any script, at most 60 characters.",
        ),
        key("title", Kind::Text, Otherwise("the name"), "What people read."),
        key(
            "description",
            Kind::Text,
            Otherwise("none"),
            "A sentence about it.",
        ),
        key(
            "aliases",
            Kind::CategoryNames,
            Otherwise("none"),
            "Old names, answered with a permanent redirect.",
        ),
        key(
            "match",
            Kind::Rule,
            Otherwise("nothing matches"),
            "`{ any = […], all = […], none = […], threshold = … }`: holds when one of `any` is in title or text, all of `all` are, and none of `none` is. A plain word counts regardless of case, width and Traditional or Simplified script, as a whole word in scripts with spaces; `/…/` is a regular expression. A term may be `{ word = \"央行\", in = \"title\", weight = 2 }`: `in` is one of `title`, `body`, `url`, `source`, `outlet`, `tag`, `author`, `language`, or a list of them, and the weights of `any` that are there must reach `threshold` (1).",
        ),
        key(
            "sections",
            Kind::Texts,
            Otherwise("none"),
            "Names of sections that the sources themselves give (their tags) and that mean this category.",
        ),
        key(
            "per_source",
            Kind::Count(0, 500),
            Otherwise("that of `[publish]`"),
            "At most so many items of one source in its feeds; 0: no limit.",
        ),
        key(
            "drop",
            Kind::Filter,
            Otherwise("nothing"),
            "Items for which this holds do not come into the category, whatever else says so: a list of terms of which one suffices, or a rule as in `match`.",
        ),
        key(
            "keep",
            Kind::Filter,
            Otherwise("everything"),
            "Only items for which this holds come into the category.",
        ),
    ],
};

/// `[[source]]`.
pub(crate) static SOURCE: Table = Table {
    name: "source",
    is_list: true,
    about: "A feed to poll.",
    keys: &[
        key(
            "url",
            Kind::SourceAddress,
            Required,
            "Its address, http or https; with `allow_files` of `[fetch]` also `file:`.",
        ),
        key(
            "name",
            Kind::SourceName,
            Otherwise("made from the address at first sight, then fixed"),
            "Its name, in messages and at `/source/NAME/`. With a name written, the address may change and nothing is announced twice.",
        ),
        key(
            "category",
            Kind::CategoryReferences,
            Otherwise("what `match` and `sections` say"),
            "The category of all its items, or a list of several. Each must be declared.",
        ),
        key(
            "kind",
            Kind::Choice(&["feed"], &["page", "sitemap", "ranking"]),
            Is("\"feed\""),
            "What it is: RSS, Atom or JSON Feed.",
        ),
        key(
            "enabled",
            Kind::Switch,
            Is("true"),
            "`false`: kept and shown, not polled.",
        ),
        key(
            "interval",
            Kind::Duration(SECOND, YEAR),
            Otherwise("that of `[fetch]`"),
            "The first guess of the time between two polls.",
        ),
        key(
            "min_interval",
            Kind::Duration(SECOND, YEAR),
            Otherwise("that of `[fetch]`"),
            "It is never asked twice within this time.",
        ),
        key(
            "schedule",
            Kind::Cron,
            Otherwise("the pace decides"),
            "A cron pattern of five fields, or six with seconds first, in its time zone, instead of the pace.",
        ),
        key(
            "timezone",
            Kind::Zone,
            Otherwise("that of `[site]`"),
            "The zone of its dates that name none, and of its `schedule`.",
        ),
        key(
            "timeout",
            Kind::Duration(100, HOUR),
            Otherwise("that of `[fetch]`"),
            "The bound on one whole poll.",
        ),
        key(
            "content",
            CONTENT,
            Otherwise("that of `[publish]`"),
            "How much of its items is published: rights differ.",
        ),
        key(
            "language",
            Kind::Language,
            Otherwise("what the feed says"),
            "The language of its items, where the feed says none or a wrong one.",
        ),
        key(
            "priority",
            Kind::Count(0, 1000),
            Is("0"),
            "Whose copy leads when several sources carry an article: the greatest, then the longest, then the first.",
        ),
        key(
            "weight",
            Kind::Count(0, 100),
            Is("1"),
            "How much its publisher counts in the hot ranking; 0: not at all.",
        ),
        key(
            "allow_private_networks",
            Kind::Switch,
            Otherwise("that of `[fetch]`"),
            "It may be at a loopback or private address.",
        ),
        later("full_text"),
        later("page"),
        key(
            "drop",
            Kind::Filter,
            Otherwise("nothing"),
            "Entries for which this holds become no items: a list of terms of which one suffices, or a rule as in `match`.",
        ),
        key(
            "keep",
            Kind::Filter,
            Otherwise("everything"),
            "Only entries for which this holds become items.",
        ),
        later("rewrite"),
        key(
            "user_agent",
            Kind::FieldValue,
            Otherwise("`newsriver/VERSION (+URL)`"),
            "What it is told of who asks, where it refuses our own words.",
        ),
        key(
            "headers",
            Kind::Fields,
            Otherwise("none"),
            "More header fields of its requests: `{ Accept-Language = \"zh\" }`. They go to its own scheme, host and port alone, wherever it redirects, and are never shown.",
        ),
        key(
            "cookie_file",
            Kind::File,
            Otherwise("none"),
            "A file with the cookies to send it: as in the header (`name=value; name=value`), or as browsers export them (cookies.txt). No cookie that it sets is ever kept.",
        ),
        key(
            "username",
            Kind::FieldValue,
            Otherwise("none"),
            "The name for its password (RFC 7617). Name and password go to its own scheme, host and port alone.",
        ),
        key(
            "password_file",
            Kind::File,
            Otherwise("none"),
            "A file whose first line is the password. It is read at each poll.",
        ),
        key(
            "bearer_file",
            Kind::File,
            Otherwise("none"),
            "A file whose first line is a token (RFC 6750), in the place of name and password.",
        ),
        key(
            "proxy",
            Kind::ProxyAddress,
            Otherwise("none; the environment is not asked"),
            "The proxy that its requests go through. With `socks5:` names are looked up here, and the address that is checked is the one the proxy is asked for; with `http:`, `https:` and `socks5h:` the proxy looks them up again by itself.",
        ),
        key(
            "http1_only",
            Kind::Switch,
            Is("false"),
            "HTTP/2 is not offered to it.",
        ),
        key(
            "insecure_tls",
            Kind::Switch,
            Is("false"),
            "Its certificate is not checked: anybody on the way can read and change what it sends. `ca_file` is nearly always the better way.",
        ),
        key(
            "ca_file",
            Kind::File,
            Otherwise("none"),
            "A file of certificates (PEM) that are trusted for its host besides those of this machine. It is read when newsriver starts or reloads.",
        ),
    ],
};

/// All tables that this version serves, in the order of the shipped file.
pub(crate) static TABLES: [&Table; 12] = [
    &SITE,
    &SERVER,
    &STORE,
    &FETCH,
    &PUBLISH,
    &STORY,
    &HOT,
    &WEBSUB,
    &FILTER,
    &CATEGORIZE,
    &CATEGORY,
    &SOURCE,
];

/// Tables that come with a later version.
pub(crate) static LATER_TABLES: [&str; 1] = ["example"];

/// Words for a key that people bring from elsewhere, in any table that has the key.
pub(crate) static SYNONYMS: [(&str, &str); 12] = [
    ("link", "url"),
    ("href", "url"),
    ("feed", "url"),
    ("address", "url"),
    ("cron", "schedule"),
    ("tz", "timezone"),
    ("zone", "timezone"),
    ("lang", "language"),
    ("ttl", "interval"),
    ("port", "listen"),
    ("email", "contact"),
    ("rules", "match"),
];

impl Table {
    /// The key of this name.
    pub(crate) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// `[site]` or `[[source]]`.
    pub(crate) fn header(&self) -> String {
        if self.is_list {
            format!("[[{}]]", self.name)
        } else {
            format!("[{}]", self.name)
        }
    }
}

impl Key {
    /// This version serves it.
    pub(crate) fn is_served(&self) -> bool {
        self.kind != Kind::Later
    }
}
