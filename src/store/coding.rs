//! How small values become bytes: the same in the journal and in sled, so that neither has to open what the other
//! wrote. States carry a version byte in front: a later form can stand beside this one.

use super::Error;
use crate::model::{ItemNumber, KnownLink, SourceState};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const STATE: u8 = 1;

/// A known link in 17 to 49 bytes: digests are random, so fixed widths beat variable ones. One byte counts the
/// titles (low half) and the texts (high half), fifteen of each at most.
pub(super) fn link_bytes(link: &KnownLink) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(52);
    bytes.extend_from_slice(&link.digest.to_le_bytes());
    bytes.extend_from_slice(&link.link.to_le_bytes());
    let (titles, texts) = (link.titles.len().min(15), link.texts.len().min(15));
    bytes.push(u8::try_from(titles | texts << 4).unwrap_or_default());
    for digest in link
        .titles
        .iter()
        .take(titles)
        .chain(link.texts.iter().take(texts))
    {
        bytes.extend_from_slice(&digest.to_le_bytes());
    }
    let number = link.item.0.to_le_bytes();
    let used = number
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1);
    bytes.extend(number.iter().take(used));
    bytes
}

/// The link of such bytes.
pub(super) fn link_of(bytes: &[u8]) -> Result<KnownLink, Error> {
    read_link(bytes).ok_or_else(|| damaged("what is known under a key"))
}

fn read_link(bytes: &[u8]) -> Option<KnownLink> {
    let (digest, rest) = bytes.split_first_chunk()?;
    let (link, rest) = rest.split_first_chunk()?;
    let (counts, rest) = rest.split_first()?;
    let (titles, rest) = digests(rest, counts & 15)?;
    let (texts, rest) = digests(rest, counts >> 4)?;
    let mut number = [0; 8];
    number.get_mut(..rest.len())?.copy_from_slice(rest);
    Some(KnownLink {
        item: ItemNumber(u64::from_le_bytes(number)),
        digest: u64::from_le_bytes(*digest),
        link: u64::from_le_bytes(*link),
        titles,
        texts,
    })
}

fn digests(mut bytes: &[u8], count: u8) -> Option<(Vec<u32>, &[u8])> {
    let mut digests = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        let (digest, after) = bytes.split_first_chunk()?;
        digests.push(u32::from_le_bytes(*digest));
        bytes = after;
    }
    Some((digests, bytes))
}

/// A source's state without what its document listed, which is kept apart.
pub(super) fn state_bytes(state: &SourceState) -> Result<Vec<u8>, Error> {
    postcard::to_extend(state, vec![STATE]).map_err(|_| damaged("a state that cannot be written"))
}

/// The state of such bytes.
pub(super) fn state_of(bytes: &[u8]) -> Result<SourceState, Error> {
    let state = match bytes.split_first() {
        Some((&STATE, bytes)) => postcard::from_bytes(bytes).ok(),
        _ => None,
    };
    state.ok_or_else(|| damaged("the state of a source"))
}

/// Item numbers, written as the steps from one to the next: a list of neighbours takes a byte each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Numbers(pub(super) Vec<ItemNumber>);

impl Serialize for Numbers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut last = 0;
        serializer.collect_seq(self.0.iter().map(|number| {
            let step = number.0.wrapping_sub(last);
            last = number.0;
            step.cast_signed()
        }))
    }
}

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let steps = Vec::<i64>::deserialize(deserializer)?;
        let mut last = 0_u64;
        let numbers = steps.into_iter().map(|step| {
            last = last.wrapping_add(step.cast_unsigned());
            ItemNumber(last)
        });
        Ok(Self(numbers.collect()))
    }
}

pub(super) fn damaged(what: &str) -> Error {
    Error::Damaged {
        what: what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_comes_back_and_is_short() {
        for (item, titles) in [(0, vec![]), (300, vec![1]), (u64::MAX, vec![1, 2, u32::MAX])] {
            let link = KnownLink {
                item: ItemNumber(item),
                digest: u64::MAX,
                link: 3,
                texts: titles.iter().rev().copied().collect(),
                titles,
            };
            assert_eq!(link_of(&link_bytes(&link)).unwrap(), link);
        }
        assert!(link_of(&[1, 2, 3]).is_err());
    }

    #[test]
    fn neighbouring_numbers_take_a_byte_each() {
        let numbers = Numbers([1_000_003, 1_000_002, 1_000_007].map(ItemNumber).to_vec());
        let bytes = postcard::to_stdvec(&numbers).unwrap();
        assert_eq!(bytes.len(), 6);
        assert_eq!(postcard::from_bytes::<Numbers>(&bytes).unwrap(), numbers);
        let extremes = Numbers([u64::MAX, 0, u64::MAX].map(ItemNumber).to_vec());
        let bytes = postcard::to_stdvec(&extremes).unwrap();
        assert_eq!(postcard::from_bytes::<Numbers>(&bytes).unwrap(), extremes);
    }
}
