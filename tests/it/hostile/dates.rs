//! Dates that are absent, absurd or in another zone: every item is published, each with a sane one.
