//! What an admin has changed in the entries of a source before anything is made of them.

/// `rewrite` of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewrite {
    /// What a title may begin with and should not.
    pub titles: Vec<TitlePrefix>,
    /// Names of parameters that links lose; one that ends in `*` stands for all that begin so.
    pub parameters: Vec<String>,
}

/// The beginning of a title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TitlePrefix {
    /// These words, regardless of case.
    Words(String),
    /// What this regular expression finds at the beginning.
    Pattern(String),
}
