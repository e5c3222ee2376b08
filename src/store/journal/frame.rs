//! How one record lies in a file: found again by its mark, believed by its checksum.
//!
//! mark (4) · length of the payload (4) · sequence (8) · CRC32 of length, sequence and payload (4) · payload;
//! numbers little-endian. The mark lets a reader go on behind damaged bytes.

use std::ops::Range;

const MARK: [u8; 4] = *b"nrJ\x1a";
const HEAD: usize = 20;

/// Appends a frame to `bytes`. A payload over 4 GiB is none of ours.
pub(super) fn write(bytes: &mut Vec<u8>, sequence: u64, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&MARK);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&sequence.to_le_bytes());
    bytes.extend_from_slice(&checksum(length, sequence, payload).to_le_bytes());
    bytes.extend_from_slice(payload);
}

/// What a reader meets.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A whole record.
    Frame {
        /// Its number.
        sequence: u64,
        /// What it says.
        payload: &'a [u8],
        /// Where in the file the next one begins.
        end: usize,
    },
    /// Bytes that are no record, up to the next record or the end.
    Junk(Range<usize>),
}

/// Reads frames one after another, going on behind damage.
pub(super) struct Frames<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Frames<'a> {
    /// Reads `bytes` from `offset` on.
    pub(super) fn new(bytes: &'a [u8], offset: usize) -> Self {
        Self { bytes, offset }
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.offset >= self.bytes.len() {
            return None;
        }
        if let Some(piece) = frame_at(self.bytes, self.offset) {
            if let Piece::Frame { end, .. } = piece {
                self.offset = end;
            }
            return Some(piece);
        }
        let from = self.offset;
        let behind = self.bytes.get(from + 1..).unwrap_or_default();
        self.offset = memchr::memmem::find_iter(behind, &MARK)
            .map(|at| from + 1 + at)
            .find(|at| frame_at(self.bytes, *at).is_some())
            .unwrap_or(self.bytes.len());
        Some(Piece::Junk(from..self.offset))
    }
}

fn frame_at(bytes: &[u8], offset: usize) -> Option<Piece<'_>> {
    let rest = bytes.get(offset..)?.strip_prefix(&MARK)?;
    let (length, rest) = rest.split_first_chunk()?;
    let (sequence, rest) = rest.split_first_chunk()?;
    let (crc, rest) = rest.split_first_chunk()?;
    let length = u32::from_le_bytes(*length);
    let sequence = u64::from_le_bytes(*sequence);
    let size = usize::try_from(length).ok()?;
    let payload = rest.get(..size)?;
    (checksum(length, sequence, payload) == u32::from_le_bytes(*crc)).then_some(Piece::Frame {
        sequence,
        payload,
        end: offset + HEAD + size,
    })
}

fn checksum(length: u32, sequence: u64, payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length.to_le_bytes());
    hasher.update(&sequence.to_le_bytes());
    hasher.update(payload);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&mut bytes, 1, b"one");
        write(&mut bytes, 2, b"two, longer");
        write(&mut bytes, 3, b"three");
        bytes
    }

    fn sequences(bytes: &[u8]) -> Vec<u64> {
        Frames::new(bytes, 0)
            .filter_map(|piece| match piece {
                Piece::Frame { sequence, .. } => Some(sequence),
                Piece::Junk(_) => None,
            })
            .collect()
    }

    #[test]
    fn what_was_written_is_read() {
        assert_eq!(sequences(&three()), [1, 2, 3]);
    }

    #[test]
    fn one_flipped_byte_costs_one_frame() {
        for at in 0..three().len() {
            let mut bytes = three();
            bytes[at] ^= 0x40;
            assert_eq!(sequences(&bytes).len(), 2, "flipped at {at}");
        }
    }

    #[test]
    fn a_torn_tail_is_junk_to_the_end() {
        let bytes = three();
        for cut in 24..bytes.len() {
            let last = Frames::new(&bytes[..cut], 0).last().unwrap();
            match last {
                Piece::Junk(range) => assert_eq!(range.end, cut),
                Piece::Frame { end, .. } => assert_eq!(end, cut),
            }
        }
    }
}
