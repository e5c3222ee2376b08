//! Durations and sizes as people write them: `30m`, `1h 30m`, `2 days`, `1w`; `16MiB`, `10 GB`.

use std::time::Duration;

/// Reads a duration. The answer in the other case is what is wrong with it, as the end of a sentence
/// that begins with the text (`"2 fortnights" …`).
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let trimmed = text.trim();
    // To the crate `M` is a month; people who write `30M` mean minutes as often.
    if trimmed.ends_with('M') {
        return Err("could mean minutes or months".to_owned());
    }
    humantime::parse_duration(trimmed).map_err(|error| match error {
        humantime::DurationError::UnknownUnit { unit, .. } if unit.is_empty() => "lacks its unit".to_owned(),
        humantime::DurationError::UnknownUnit { unit, .. } => {
            format!("has the unit `{unit}`, which is unknown")
        }
        humantime::DurationError::NumberOverflow => "is longer than can be reckoned with".to_owned(),
        humantime::DurationError::Empty => "is empty".to_owned(),
        _ => "is no duration".to_owned(),
    })
}

/// Reads a size in bytes. Without a unit the number counts bytes.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    text.trim()
        .parse::<bytesize::ByteSize>()
        .map(|size| size.as_u64())
        .map_err(|_| "is no size".to_owned())
}

/// A duration in the words in which it may be written.
pub(crate) fn duration_words(duration: Duration) -> String {
    let words = humantime::format_duration(duration).to_string();
    ["day", "month", "year"]
        .iter()
        .fold(words, |words, unit| words.replace(unit, &format!(" {unit}")))
}

/// A size in the words in which it may be written.
pub(crate) fn size_words(bytes: u64) -> String {
    let units = [
        (1 << 40, "TiB"),
        (1 << 30, "GiB"),
        (1 << 20, "MiB"),
        (1 << 10, "KiB"),
    ];
    units
        .iter()
        .find(|(unit, _)| bytes >= *unit && bytes.is_multiple_of(*unit))
        .map_or_else(
            || format!("{bytes}B"),
            |(unit, name)| format!("{}{name}", bytes / unit),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("30m", 1800),
            ("1h 30m", 5400),
            ("2 days", 172_800),
            ("180d", 15_552_000),
            ("1w", 604_800),
            ("90 seconds", 90),
            (" 5 min ", 300),
            ("0s", 0),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_told_apart() {
        assert_eq!(
            duration("2 fortnights").unwrap_err(),
            "has the unit `fortnights`, which is unknown"
        );
        assert_eq!(duration("30").unwrap_err(), "lacks its unit");
        assert_eq!(duration("30M").unwrap_err(), "could mean minutes or months");
        assert_eq!(duration("").unwrap_err(), "is empty");
        assert_eq!(
            duration("100000000000000000000 d").unwrap_err(),
            "is longer than can be reckoned with"
        );
        for text in ["-5m", "10^20 d", "soon", "五分钟"] {
            assert_eq!(duration(text).unwrap_err(), "is no duration", "{text}");
        }
    }

    #[test]
    fn sizes_are_read_as_people_write_them() {
        assert_eq!(size("10GiB"), Ok(10 << 30));
        assert_eq!(size("96 MiB"), Ok(96 << 20));
        assert_eq!(size("10 GB"), Ok(10_000_000_000));
        assert_eq!(size("4096"), Ok(4096));
        for text in ["", "big", "-1MiB", "1 furlong", "."] {
            assert_eq!(size(text).unwrap_err(), "is no size", "{text}");
        }
    }

    #[test]
    fn a_quantity_written_by_us_is_read_back() {
        assert_eq!(duration_words(Duration::from_secs(5400)), "1h 30m");
        assert_eq!(duration_words(Duration::from_secs(176_400)), "2 days 1h");
        for bytes in [1, 1023, 1 << 20, 10 << 30, 3 << 40] {
            assert_eq!(size(&size_words(bytes)), Ok(bytes));
        }
    }
}
