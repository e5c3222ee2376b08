//! Names of months and weekdays, in lower case and without accents, as the scanner hands them over.

/// The beginnings by which each month is known, in English, German, French, Spanish, Portuguese, Italian, Dutch,
/// the Scandinavian languages, Polish, Hungarian, Russian and Greek. The longest that fits wins (`juin`, `juil`).
const MONTHS: [&[&str]; 12] = [
    &["jan", "ene", "gen", "sty", "янв", "ιαν"],
    &["feb", "fev", "lut", "фев", "φεβ"],
    &["mar", "mae", "mrz", "mrt", "maa", "мар", "μαρ"],
    &["apr", "avr", "abr", "kwi", "апр", "απρ"],
    &["may", "mai", "maj", "mag", "mei", "мая", "маи", "μαι"],
    &["jun", "juin", "giu", "cze", "июн", "ιουν"],
    &["jul", "juil", "lug", "lip", "июл", "ιουλ"],
    &["aug", "aou", "ago", "sie", "авг", "αυγ"],
    &["sep", "set", "sze", "wrz", "сен", "σεπ"],
    &["oct", "okt", "out", "ott", "paz", "окт", "οκτ"],
    &["nov", "lis", "ноя", "νοε"],
    &["dec", "dez", "dic", "des", "gru", "дек", "δεκ"],
];

/// The month that `word` names, 1 to 12.
pub(super) fn month(word: &str) -> Option<u32> {
    let mut best: Option<(usize, u32)> = None;
    for (beginnings, number) in MONTHS.iter().zip(1_u32..) {
        for beginning in *beginnings {
            if word.starts_with(beginning) && best.is_none_or(|(length, _)| beginning.len() > length) {
                best = Some((beginning.len(), number));
            }
        }
    }
    best.map(|(_, number)| number)
}

/// The weekday that an English word names, 0 = Monday: all that telling `3/4` from `4/3` needs.
pub(super) fn weekday(word: &str) -> Option<u32> {
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    names
        .iter()
        .zip(0..)
        .find(|(name, _)| word.starts_with(*name))
        .map(|(_, number)| number)
}
