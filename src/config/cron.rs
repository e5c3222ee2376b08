//! Which cron patterns count as good: in one place, for the checker and for the station that follows them.

use chrono::{TimeZone, Utc};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

/// The longest pattern, in bytes.
const MAX_BYTES: usize = 256;

/// Parses a cron pattern: five fields, or six with the seconds first; names of months and weekdays and
/// `@hourly` and its like too. Day of month and day of week are alternatives when both are restricted, as in cron.
/// A pattern that no instant fulfils is refused. The error is the end of a sentence.
pub fn cron_pattern(pattern: &str) -> Result<Cron, String> {
    if pattern.len() > MAX_BYTES {
        return Err(format!("it is longer than {MAX_BYTES} bytes"));
    }
    let fields = pattern.split_whitespace().count();
    if !(5..=6).contains(&fields) && !pattern.trim_start().starts_with('@') {
        return Err(format!(
            "it has {fields} field{} instead of five or six",
            if fields == 1 { "" } else { "s" }
        ));
    }
    let parser = CronParser::builder()
        .seconds(Seconds::Optional)
        .year(Year::Disallowed)
        .build();
    let cron = parser.parse(pattern.trim()).map_err(|error| words(&error))?;
    // Any instant does: what never comes after one, never comes.
    let instant = Utc
        .with_ymd_and_hms(2024, 1, 1, 0, 0, 0)
        .single()
        .unwrap_or_default();
    if cron.find_next_occurrence(&instant, false).is_err() {
        return Err("no day fulfils it".to_owned());
    }
    Ok(cron)
}

fn words(error: &croner::errors::CronError) -> String {
    use croner::errors::CronError;
    match error {
        CronError::InvalidPattern(words)
        | CronError::IllegalCharacters(words)
        | CronError::ComponentError(words) => words.trim_end_matches('.').to_owned(),
        other => other.to_string().trim_end_matches('.').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_and_six_fields_are_read() {
        for pattern in [
            "*/10 6-23 * * *",
            "0 */10 6-23 * * *",
            "0 9 * * MON-FRI",
            "0 0 1 JAN *",
            "@hourly",
            "0 2 29 2 *",
        ] {
            assert!(
                cron_pattern(pattern).is_ok(),
                "{pattern}: {:?}",
                cron_pattern(pattern).err()
            );
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused_in_words() {
        for pattern in [
            "",
            "* * * *",
            "* * * * * * *",
            "61 * * * *",
            "a b c d e",
            "0 25 * * *",
            "*/0 * * * *",
            "0 0 30 2 *",
            "@never",
            "五 * * * *",
            "5-1 * * * *",
        ] {
            let fault = cron_pattern(pattern).unwrap_err();
            assert!(!fault.is_empty(), "{pattern}");
        }
        assert_eq!(
            cron_pattern("* * *").unwrap_err(),
            "it has 3 fields instead of five or six"
        );
        assert_eq!(cron_pattern("0 0 30 2 *").unwrap_err(), "no day fulfils it");
    }
}
