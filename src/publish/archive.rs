//! The archive by month (RFC 5005, 4): which documents it has, what stands in each, and how they are linked.
//!
//! A channel's own documents link to the newest month that has items, and each month to the one before it: whoever
//! follows `prev-archive` to its end has everything, and in the months each item stands once. The newest month goes
//! on growing; it is no archive document yet and does not say that it is one (`fh:archive`), so that a reader who
//! keeps archive documents for good asks for it again. All others are closed: only what turns up late or is
//! back-filled comes in.
//!
//! A month larger than [`PART`] is cut from its beginning into full parts that stand still, `2026/11/1/` and so on;
//! what is left lies at `2026/11/`. Where the texts of a part are longer than [`MOST_TEXT_BYTES`] together, it is cut
//! in the same way into pieces, `2026/11/1.1/` and so on, the last of which lies at `2026/11/1/`; `2026/11/2.1/` is a
//! piece of what is to become the second part. So every document has a bounded size, and no text is left out.

use super::lengths::Lengths;
use crate::model::{ItemNumber, Month, Timestamp};
use crate::store::{Channel, Cursor, Error, Listing, Store};

/// Items of one document. The ceiling of what a request can make us write.
pub(crate) const PART: usize = 1000;

/// Bytes of text in one document: what memory and a reader's line bear.
pub(crate) const MOST_TEXT_BYTES: usize = 16 << 20;

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
    /// A full piece of the part, the oldest being 1; absent: the newest items of the part, all of them mostly.
    pub(crate) piece: Option<u32>,
}

impl Volume {
    /// The newest items of a month.
    pub(crate) fn of(month: Month) -> Self {
        Self {
            month,
            part: None,
            piece: None,
        }
    }

    /// From the segments of a path; `None` for what is written otherwise than [`Self::folder`] writes it.
    pub(crate) fn read(year: &str, month: &str, part: Option<&str>) -> Option<Self> {
        let digits = |text: &str, length| {
            let is_number = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| text.parse::<u32>().ok()).flatten()
        };
        let counted = |text: &str| {
            let number = digits(text, text.len())?;
            (!text.starts_with('0')).then_some(number)
        };
        let year = i32::try_from(digits(year, 4)?).ok()?;
        let month = Month::new(year, digits(month, 2)?)?;
        let (part, piece) = match part {
            None => (None, None),
            Some(written) => match written.split_once('.') {
                None => (Some(counted(written)?), None),
                Some((part, piece)) => (Some(counted(part)?), Some(counted(piece)?)),
            },
        };
        Some(Self { month, part, piece })
    }

    /// Its folder below that of its channel: `2026/11/`, `2026/11/1/`, `2026/11/1.1/`.
    pub(crate) fn folder(self) -> String {
        let (year, number) = (self.month.year(), self.month.number());
        let folder = format!("{year:04}/{number:02}/");
        match (self.part, self.piece) {
            (None, _) => folder,
            (Some(part), None) => format!("{folder}{part}/"),
            (Some(part), Some(piece)) => format!("{folder}{part}.{piece}/"),
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
    lengths: &Lengths,
    channel: &Channel,
    volume: Volume,
) -> Result<Option<(Vec<Listing>, Chain)>, Error> {
    let month = volume.month;
    let Some(newest) = newest(store, channel, Month::LAST.end()).await? else {
        return Ok(None);
    };
    let whole = Whole::read(store, channel, month).await?;
    let Some(number) = whole.part_of(volume) else {
        return Ok(None);
    };
    let pieces = whole.pieces(store, lengths, number).await?;
    let index = match volume.piece {
        None => pieces.len(),
        Some(piece) => usize::try_from(piece).unwrap_or(usize::MAX),
    };
    if volume.piece.is_some() && index >= pieces.len() {
        return Ok(None);
    }
    let Some(lines) = index.checked_sub(1).and_then(|place| pieces.get(place)) else {
        return Ok(None);
    };
    let previous = if index > 1 {
        Some(whole.volume(number, index - 1, pieces.len()))
    } else if number > 1 {
        // The last piece of a part has its name.
        Some(whole.volume(number - 1, 1, 1))
    } else {
        before(store, channel, month).await?
    };
    let is_last = volume.part.is_none();
    let next = if index < pieces.len() {
        Some(whole.volume(number, index + 1, pieces.len()))
    } else if is_last {
        after(store, lengths, channel, month, Month::of(newest.surfaced)).await?
    } else {
        let count = whole.pieces(store, lengths, number + 1).await?.len();
        Some(whole.volume(number + 1, 1, count))
    };
    let chain = Chain {
        volume: Some(volume),
        is_closed: !is_last || Month::of(newest.surfaced) > month,
        previous,
        next,
        months: Vec::new(),
    };
    Ok(Some((lines.clone(), chain)))
}

/// Every document of a channel's archive.
pub(crate) async fn volumes(
    store: &dyn Store,
    lengths: &Lengths,
    channel: &Channel,
) -> Result<Vec<Volume>, Error> {
    let mut volumes = Vec::new();
    for month in months(store, channel, usize::MAX).await? {
        let whole = Whole::read(store, channel, month).await?;
        for number in 1..=whole.full + 1 {
            let count = whole.pieces(store, lengths, number).await?.len();
            volumes.extend((1..=count).map(|piece| whole.volume(number, piece, count)));
        }
    }
    Ok(volumes)
}

/// All of a month.
struct Whole {
    month: Month,
    /// Newest first.
    lines: Vec<Listing>,
    /// Parts that are full and stand still; the one after them has the newest items.
    full: usize,
}

impl Whole {
    async fn read(store: &dyn Store, channel: &Channel, month: Month) -> Result<Self, Error> {
        let lines = lines_of(store, channel, month).await?;
        let full = full_parts(lines.len());
        Ok(Self { month, lines, full })
    }

    /// Which part a volume is of, counted from 1; `None` when there is no such part.
    fn part_of(&self, volume: Volume) -> Option<usize> {
        let Some(part) = volume.part else {
            return Some(self.full + 1);
        };
        let number = usize::try_from(part).ok()?;
        // What is to be a part has a name already where it has pieces.
        let most = self.full + usize::from(volume.piece.is_some());
        (1..=most).contains(&number).then_some(number)
    }

    /// The lines of one part in its pieces, the oldest piece first, newest lines first in each.
    async fn pieces(
        &self,
        store: &dyn Store,
        lengths: &Lengths,
        number: usize,
    ) -> Result<Vec<Vec<Listing>>, Error> {
        let end = self.lines.len().saturating_sub((number - 1) * PART);
        let start = if number > self.full {
            0
        } else {
            end.saturating_sub(PART)
        };
        let lines = self.lines.get(start..end).unwrap_or_default();
        let lengths = lengths.of(store, lines).await?;
        let mut pieces: Vec<Vec<Listing>> = Vec::new();
        let mut bytes = 0;
        for (line, length) in lines.iter().zip(lengths).rev() {
            bytes += length;
            match pieces.last_mut() {
                Some(piece) if bytes <= MOST_TEXT_BYTES => piece.push(*line),
                _ => {
                    bytes = length;
                    pieces.push(vec![*line]);
                }
            }
        }
        pieces.iter_mut().for_each(|piece| piece.reverse());
        Ok(pieces)
    }

    /// The name of one of so many pieces of a part.
    fn volume(&self, number: usize, piece: usize, pieces: usize) -> Volume {
        let counted = |number: usize| u32::try_from(number).ok();
        let is_last = piece >= pieces;
        Volume {
            month: self.month,
            part: if is_last && number > self.full {
                None
            } else {
                counted(number)
            },
            piece: if is_last { None } else { counted(piece) },
        }
    }
}

/// Does any item of the channel lie in this month or before it?
pub(crate) async fn reaches(store: &dyn Store, channel: &Channel, month: Month) -> Result<bool, Error> {
    Ok(newest(store, channel, month.end()).await?.is_some())
}

/// Parts that are full and stand still, of a month of so many items: the newest items always stay outside.
fn full_parts(count: usize) -> usize {
    count.saturating_sub(1) / PART
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

/// The lines of a month, newest first.
async fn lines_of(store: &dyn Store, channel: &Channel, month: Month) -> Result<Vec<Listing>, Error> {
    let mut lines: Vec<Listing> = Vec::new();
    let mut place = from(month.end());
    loop {
        let page = store.list(channel, Some(place), PAGE).await?;
        let is_last = page.len() < PAGE;
        for line in page {
            if line.surfaced < month.start() {
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
    lengths: &Lengths,
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
    let whole = Whole::read(store, channel, high).await?;
    let count = whole.pieces(store, lengths, 1).await?.len();
    Ok(Some(whole.volume(1, 1, count)))
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
        let piece = Volume::read("2026", "01", Some("12.3")).unwrap();
        assert_eq!(piece.folder(), "2026/01/12.3/");
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
            ("2026", "11", Some("1.")),
            ("2026", "11", Some(".1")),
            ("2026", "11", Some("1.0")),
            ("2026", "11", Some("1.01")),
            ("2026", "11", Some("1.1.1")),
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
