//! The archive by month (RFC 5005, 4): which documents it has, what stands in each, and how they are linked.
//!
//! A channel's own documents link to the newest month that has items, and each month to the one before it: whoever
//! follows `prev-archive` to its end has everything, and in the months each item stands once. The newest month goes
//! on growing; it is no archive document yet and does not say that it is one (`fh:archive`), so that a reader who
//! keeps archive documents for good asks for it again. All others are closed: only what turns up late or is
//! back-filled comes in.
//!
//! A month larger than [`PART`] is cut from its beginning into full parts that stand still, `2026/11/1/` and so on;
//! what is left lies at `2026/11/`.

use crate::model::{ItemNumber, Month, Timestamp};
use crate::store::{Channel, Cursor, Error, Listing, Store};

/// Items of one document. The ceiling of what a request can make us write.
pub(crate) const PART: usize = 1000;

/// Months that the page of a channel names.
const NAMED: usize = 12;

/// Lines read of a list at once.
const PAGE: usize = 500;

/// One document of a channel's archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Volume {
    /// The month that its items surfaced in.
    pub(crate) month: Month,
    /// A full part, the oldest being 1; absent: the newest items of the month, all of them in most months.
    pub(crate) part: Option<u32>,
}

impl Volume {
    /// The newest items of a month.
    pub(crate) fn of(month: Month) -> Self {
        Self { month, part: None }
    }

    /// From the segments of a path; `None` for what is written otherwise than [`Self::folder`] writes it.
    pub(crate) fn read(year: &str, month: &str, part: Option<&str>) -> Option<Self> {
        let digits = |text: &str, length| {
            let is_number = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| text.parse::<u32>().ok()).flatten()
        };
        let year = i32::try_from(digits(year, 4)?).ok()?;
        let month = Month::new(year, digits(month, 2)?)?;
        let part = match part {
            None => None,
            Some(written) if written.starts_with('0') => return None,
            Some(written) => Some(digits(written, written.len())?),
        };
        Some(Self { month, part })
    }

    /// Its folder below that of its channel: `2026/11/`, `2026/11/1/`.
    pub(crate) fn folder(self) -> String {
        let (year, number) = (self.month.year(), self.month.number());
        match self.part {
            None => format!("{year:04}/{number:02}/"),
            Some(part) => format!("{year:04}/{number:02}/{part}/"),
        }
    }
}

/// How a document hangs in its channel's archive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Chain {
    /// Which it is; absent: the channel's own document, the one to subscribe to.
    pub(crate) volume: Option<Volume>,
    /// It stands still, back-fills aside.
    pub(crate) is_closed: bool,
    /// The next older document.
    pub(crate) previous: Option<Volume>,
    /// The next newer one, the channel's own aside.
    pub(crate) next: Option<Volume>,
    /// The newest months that have items, newest first: for the page of the channel.
    pub(crate) months: Vec<Month>,
}

/// What the channel's own documents link to.
pub(crate) async fn below(store: &dyn Store, channel: &Channel) -> Result<Chain, Error> {
    let months = months(store, channel, NAMED).await?;
    Ok(Chain {
        previous: months.first().copied().map(Volume::of),
        months,
        ..Chain::default()
    })
}

/// The lines of one document, newest first, and how it hangs in the archive; `None` when there is nothing in it.
pub(crate) async fn open(
    store: &dyn Store,
    channel: &Channel,
    volume: Volume,
) -> Result<Option<(Vec<Listing>, Chain)>, Error> {
    let month = volume.month;
    let lines = lines_of(store, channel, month, usize::MAX).await?;
    let Some(newest) = newest(store, channel, Month::LAST.end()).await? else {
        return Ok(None);
    };
    let full = full_parts(lines.len());
    let (is_closed, previous, next, range) = match volume.part {
        None => {
            let newest = Month::of(newest.surfaced);
            let previous = if full > 0 {
                part(month, full)
            } else {
                before(store, channel, month).await?
            };
            let rest = lines.len() - full * PART;
            (
                newest > month,
                previous,
                after(store, channel, month, newest).await?,
                0..rest,
            )
        }
        Some(number) => {
            let number = usize::try_from(number).unwrap_or(usize::MAX);
            if number == 0 || number > full {
                return Ok(None);
            }
            let previous = if number > 1 {
                part(month, number - 1)
            } else {
                before(store, channel, month).await?
            };
            let next = if number < full {
                part(month, number + 1)
            } else {
                Some(Volume::of(month))
            };
            (
                true,
                previous,
                next,
                lines.len() - number * PART..lines.len() - (number - 1) * PART,
            )
        }
    };
    let lines = lines.get(range).unwrap_or_default().to_vec();
    let chain = Chain {
        volume: Some(volume),
        is_closed,
        previous,
        next,
        months: Vec::new(),
    };
    Ok((!lines.is_empty()).then_some((lines, chain)))
}

/// Every document of a channel's archive.
pub(crate) async fn volumes(store: &dyn Store, channel: &Channel) -> Result<Vec<Volume>, Error> {
    let mut volumes = Vec::new();
    for month in months(store, channel, usize::MAX).await? {
        let count = lines_of(store, channel, month, usize::MAX).await?.len();
        volumes.push(Volume::of(month));
        volumes.extend((1..=full_parts(count)).filter_map(|number| part(month, number)));
    }
    Ok(volumes)
}

/// Does any item of the channel lie in this month or before it?
pub(crate) async fn reaches(store: &dyn Store, channel: &Channel, month: Month) -> Result<bool, Error> {
    Ok(newest(store, channel, month.end()).await?.is_some())
}

/// Parts that are full and stand still, of a month of so many items: the newest items always stay outside.
fn full_parts(count: usize) -> usize {
    count.saturating_sub(1) / PART
}

fn part(month: Month, number: usize) -> Option<Volume> {
    let part = Some(u32::try_from(number).ok()?);
    Some(Volume { month, part })
}

/// The newest item that surfaced at this instant or before it.
async fn newest(store: &dyn Store, channel: &Channel, until: Timestamp) -> Result<Option<Listing>, Error> {
    Ok(store
        .list(channel, Some(from(until)), 1)
        .await?
        .into_iter()
        .next())
}

/// The place before all items of this instant: numbers begin at 1.
fn from(instant: Timestamp) -> Cursor {
    Cursor {
        surfaced: instant,
        number: ItemNumber(0),
    }
}

/// The months that have items, newest first, at most so many: one question to the list for each.
async fn months(store: &dyn Store, channel: &Channel, most: usize) -> Result<Vec<Month>, Error> {
    let mut months = Vec::new();
    let mut until = Month::LAST.end();
    while months.len() < most {
        let Some(line) = newest(store, channel, until).await? else {
            break;
        };
        let month = Month::of(line.surfaced);
        months.push(month);
        if month == Month::FIRST {
            break;
        }
        until = Timestamp::from_millis(month.start().millis() - 1);
    }
    Ok(months)
}

/// The lines of a month, newest first, at most so many.
async fn lines_of(
    store: &dyn Store,
    channel: &Channel,
    month: Month,
    most: usize,
) -> Result<Vec<Listing>, Error> {
    let mut lines: Vec<Listing> = Vec::new();
    let mut place = from(month.end());
    loop {
        let page = store.list(channel, Some(place), PAGE).await?;
        let is_last = page.len() < PAGE;
        for line in page {
            if line.surfaced < month.start() || lines.len() == most {
                return Ok(lines);
            }
            place = line.cursor();
            lines.push(line);
        }
        if is_last {
            return Ok(lines);
        }
    }
}

/// The newest document of the months before this one.
async fn before(store: &dyn Store, channel: &Channel, month: Month) -> Result<Option<Volume>, Error> {
    if month == Month::FIRST {
        return Ok(None);
    }
    let until = Timestamp::from_millis(month.start().millis() - 1);
    let line = newest(store, channel, until).await?;
    Ok(line.map(|line| Volume::of(Month::of(line.surfaced))))
}

/// The oldest document of the months after this one, the last of which is `last`.
async fn after(
    store: &dyn Store,
    channel: &Channel,
    month: Month,
    last: Month,
) -> Result<Option<Volume>, Error> {
    if last <= month {
        return Ok(None);
    }
    // Lists are read backwards only, so the first month after this one is found by halving.
    let (mut low, mut high) = (month.next(), last);
    while low < high {
        let middle = low.halfway(high);
        let line = newest(store, channel, middle.end()).await?;
        match line.map(|line| Month::of(line.surfaced)) {
            Some(found) if found > month => high = found,
            _ => low = middle.next(),
        }
    }
    let count = lines_of(store, channel, high, PART + 1).await?.len();
    Ok(if full_parts(count) > 0 {
        part(high, 1)
    } else {
        Some(Volume::of(high))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_has_one_spelling() {
        let volume = Volume::read("2026", "11", None).unwrap();
        assert_eq!(volume.folder(), "2026/11/");
        let part = Volume::read("2026", "01", Some("12")).unwrap();
        assert_eq!(part.folder(), "2026/01/12/");
        for (year, month, part) in [
            ("2026", "13", None),
            ("2026", "00", None),
            ("2026", "1", None),
            ("2026", "+1", None),
            ("26", "11", None),
            ("0000", "11", None),
            ("２０２６", "11", None),
            ("2026", "11", Some("0")),
            ("2026", "11", Some("01")),
            ("2026", "11", Some("")),
            ("2026", "11", Some("99999999999")),
        ] {
            assert_eq!(Volume::read(year, month, part), None, "{year}/{month}/{part:?}");
        }
    }

    #[test]
    fn the_newest_items_are_in_no_full_part() {
        let counts = [0, 1, PART, PART + 1, 2 * PART, 2 * PART + 1];
        assert_eq!(counts.map(full_parts), [0, 0, 0, 1, 1, 2]);
    }
}
