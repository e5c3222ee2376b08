//! What a rule looks for, and where.

/// `match = { any, all, none, threshold }`. Holds when the weights of those of `any` that are there reach the
/// threshold, all of `all` are there, and none of `none` is.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchRule {
    /// Enough of these must be there; empty: `all` decides.
    pub any: Vec<Term>,
    /// All of these must be there.
    pub all: Vec<Term>,
    /// None of these may be there.
    pub none: Vec<Term>,
    /// What the weights of `any` must reach; with 1 and no weights written, one of them suffices.
    pub threshold: f32,
}

impl Default for MatchRule {
    fn default() -> Self {
        Self {
            any: Vec::new(),
            all: Vec::new(),
            none: Vec::new(),
            threshold: 1.0,
        }
    }
}

/// What is not wanted: `drop` and `keep`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// What this holds for is not wanted.
    pub drop: Option<MatchRule>,
    /// Only what this holds for is wanted.
    pub keep: Option<MatchRule>,
}

impl Filter {
    /// Everything is wanted.
    pub const fn is_empty(&self) -> bool {
        self.drop.is_none() && self.keep.is_none()
    }
}

/// One term of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// What is looked for.
    pub wanted: Wanted,
    /// Where.
    pub fields: Fields,
    /// What it counts for among `any`: more than 0.
    pub weight: f32,
}

/// What a term looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A plain word, matched regardless of case, width and Traditional or Simplified script: whole in scripts
    /// with spaces, anywhere in those without.
    Word(String),
    /// `/…/`: a regular expression (known to compile).
    Pattern(String),
}

impl Wanted {
    /// As the admin wrote it, without slashes.
    pub fn written(&self) -> &str {
        match self {
            Self::Word(written) | Self::Pattern(written) => written,
        }
    }
}

impl Term {
    /// A plain word in title or text, with weight 1.
    pub fn word(word: impl Into<String>) -> Self {
        Self::new(Wanted::Word(word.into()))
    }

    /// A regular expression over title and text, with weight 1.
    pub fn pattern(pattern: impl Into<String>) -> Self {
        Self::new(Wanted::Pattern(pattern.into()))
    }

    /// What is wanted, in title or text, with weight 1.
    pub const fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            fields: Fields::TITLE_AND_BODY,
            weight: 1.0,
        }
    }
}

/// A part of an item that a term can look into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// Its title.
    Title,
    /// Its text.
    Body,
    /// The address of its page.
    Url,
    /// The name of its source.
    Source,
    /// The feed or outlet it is credited to, and the one that its own text names (来源).
    Outlet,
    /// The tags its source gave it.
    Tag,
    /// Who wrote it.
    Author,
    /// BCP 47.
    Language,
}

impl Field {
    /// All of them, in the order in which they are looked into.
    pub const ALL: [Self; 8] = [
        Self::Title,
        Self::Body,
        Self::Url,
        Self::Source,
        Self::Outlet,
        Self::Tag,
        Self::Author,
        Self::Language,
    ];

    /// As written in `feeds.toml`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Body => "body",
            Self::Url => "url",
            Self::Source => "source",
            Self::Outlet => "outlet",
            Self::Tag => "tag",
            Self::Author => "author",
            Self::Language => "language",
        }
    }
}

/// A set of fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fields(u8);

impl Fields {
    /// No field.
    pub const NONE: Self = Self(0);

    /// Where a term looks when nothing else is written.
    pub const TITLE_AND_BODY: Self = Self::of(Field::Title).union(Self::of(Field::Body));

    /// One field.
    pub const fn of(field: Field) -> Self {
        Self(1 << field as u8)
    }

    /// The fields of both.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The field is one of them.
    pub const fn contains(self, field: Field) -> bool {
        self.0 & Self::of(field).0 != 0
    }

    /// The first field that both have.
    pub fn first_within(self, other: Self) -> Option<Field> {
        let both = Self(self.0 & other.0);
        Field::ALL.into_iter().find(|&field| both.contains(field))
    }
}
