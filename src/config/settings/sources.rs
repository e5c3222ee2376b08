//! The tables that stand once for each category and each source.

use super::Default::{Is, Otherwise, Required};
use super::{CONTENT, HOUR, Kind, SECOND, Table, YEAR, key, later};

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
            "`{ any = […], all = […], none = […], threshold = … }`: holds when one of `any` is in title or text, all of `all` are, and none of `none` is. A plain word counts regardless of case, width, Traditional or Simplified script and straight or curled apostrophe, as a whole word in scripts with spaces; `/…/` is a regular expression. A term may be `{ word = \"央行\", in = \"title\", weight = 2 }`: `in` is one of `title`, `body`, `url`, `source`, `outlet` (also the one that the text names: 来源), `tag`, `author`, `language`, or a list of them, and the weights of `any` that are there must reach `threshold` (1).",
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

/// `[[example]]`.
pub(crate) static EXAMPLE: Table = Table {
    name: "example",
    is_list: true,
    about: "A line whose category is known: the classifier learns from it as from five items of a source of that category. It is for what the sources do not teach; twenty lines can stand for a category that no source has.",
    keys: &[
        key(
            "title",
            Kind::Text,
            Required,
            "What an item of the category might have as its title.",
        ),
        key(
            "text",
            Kind::Passage,
            Otherwise("none"),
            "Some of its text, on one or several lines; the first 500 characters count.",
        ),
        key(
            "category",
            Kind::CategoryName,
            Required,
            "The one category it is of. It must be declared.",
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
            Kind::Choice(&["feed", "ranking"], &["page", "sitemap"]),
            Is("\"feed\""),
            "What it is, in RSS, Atom or JSON Feed: a feed, or a hot list, whose order is a vote for the hot ranking and which publishes nothing.",
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
        key(
            "rewrite",
            Kind::Rewrite,
            Otherwise("nothing"),
            "What its entries lose on the way in, before rules and filters see them: `{ title = [\"独家：\", '/\\[.*?\\]/'], parameters = [\"sid\", \"x-*\"] }`. `title`: words, or what a `/…/` finds, at the beginning of titles, regardless of case. `parameters`: names of parameters of links; a star stands for any ending. Name none that tells one page from another. The known tracking parameters (`utm_*` and the like) already count for nothing when entries are recognized. A rewrite that comes or goes announces nothing: what is stored follows with the source's next document.",
        ),
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
