//! `N.keys`: what opening the log needs of a full plain segment, beside that segment, so that it is not
//! scanned.
//!
//! ```text
//! mark first records end last_leaf before attempts others refusals
//! offset* { attempt ordinal+event }* { checksum ordinal }* refusal* xxh3
//! ```
//! All numbers are little-endian. The file is derived: it is believed only where its checksum holds and it
//! names this segment's first position, length, number of records and last leaf. Otherwise the segment is
//! scanned.

use std::fs;
use std::io;
use std::path::Path;

use attempt_ledger_domain::Position;
use attempt_ledger_system::disk::Disk;
use attempt_ledger_system::durable_file;
use xxhash_rust::xxh3::xxh3_128;

use super::key_checksums::KeyChecksums;
use super::key_table::{AttemptEntry, KeyTable};
use crate::record::Digest;

const MARK: [u8; 8] = *b"ALKEYS05";
/// The mark of a file in which identities compare the numbers of variables by their value.
const MARK_OF_NUMBERS_BY_VALUE: [u8; 8] = *b"ALKEYS04";
/// The mark of a file that lacks the identities of events and refusals.
const MARK_WITHOUT_IDENTITIES: [u8; 8] = *b"ALKEYS03";
/// The mark of a file that lacks `before`, too.
const MARK_WITHOUT_BEFORE: [u8; 8] = *b"ALKEYS02";
/// Stands for no digest.
const NO_DIGEST: Digest = Digest([0; 32]);
const CHECKSUM_BYTES: usize = 16;
/// The bit of an ordinal that says that the record is an event: a segment has fewer than 2^31 records.
const EVENT: u32 = 1 << 31;

/// What the file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeysFile {
    pub first: Position,
    /// The segment's length.
    pub end: u64,
    /// The hash of the segment's last leaf.
    pub last_leaf: Digest,
    /// The hash of the leaf before the segment; `None` where that is not known.
    pub before: Option<Digest>,
    /// Where each record starts.
    pub offsets: Vec<u64>,
    pub keys: KeyTable,
    /// Whether an earlier release gave its records other keys. Such a file is evidence, and answers nothing.
    pub has_other_keys: bool,
}

impl KeysFile {
    /// Reads the file; `None` where there is none.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(path: &Path) -> Result<Option<Self>, String> {
        match fs::read(path) {
            Ok(bytes) => match Self::decode(&bytes) {
                Some(read) => Ok(Some(read)),
                None => Err("it is damaged, or of another format".to_owned()),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    pub fn write(&self, path: &Path, disk: &dyn Disk) -> io::Result<()> {
        durable_file::replace(disk, path, &self.encode())
    }

    fn encode(&self) -> Vec<u8> {
        let KeyTable { attempts, others, refusals } = &self.keys;
        let mut out = Vec::new();
        out.extend_from_slice(&MARK);
        for number in [self.first.0, self.offsets.len() as u64, self.end] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&self.last_leaf.0);
        out.extend_from_slice(&self.before.unwrap_or(NO_DIGEST).0);
        for count in [attempts.len(), others.0.len(), refusals.len()] {
            put(&mut out, number(count as u64));
        }
        self.offsets.iter().for_each(|offset| put(&mut out, number(*offset)));
        for AttemptEntry { attempt, ordinal, is_event } in attempts {
            out.extend_from_slice(&attempt.to_le_bytes());
            put(&mut out, ordinal | if *is_event { EVENT } else { 0 });
        }
        for (checksum, ordinal) in &others.0 {
            put(&mut out, *checksum);
            put(&mut out, *ordinal);
        }
        refusals.iter().for_each(|ordinal| put(&mut out, *ordinal));
        let checksum = xxh3_128(&out);
        out.extend_from_slice(&checksum.to_le_bytes());
        out
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (checked, stated) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM_BYTES)?)?;
        if xxh3_128(checked).to_le_bytes() != stated {
            return None;
        }
        let (mark, rest) = checked.split_first_chunk()?;
        let (has_before, has_other_keys) = match *mark {
            MARK => (true, false),
            MARK_OF_NUMBERS_BY_VALUE | MARK_WITHOUT_IDENTITIES => (true, true),
            MARK_WITHOUT_BEFORE => (false, true),
            _ => return None,
        };
        let mut rest = Bytes(rest);
        let first = Position(rest.u64()?);
        let records = usize::try_from(rest.u64()?).ok()?;
        let end = rest.u64()?;
        let last_leaf = rest.digest()?;
        let before = if has_before { rest.digest().filter(|digest| *digest != NO_DIGEST) } else { None };
        let (attempts, others, refusals) = (rest.u32()?, rest.u32()?, rest.u32()?);
        let offsets = rest.entries(records, |entry| entry.u32().map(u64::from))?;
        let attempts = rest.entries(attempts as usize, |entry| {
            let attempt = i64::from_le_bytes(entry.u64()?.to_le_bytes());
            let ordinal = entry.u32()?;
            Some(AttemptEntry { attempt, ordinal: ordinal & !EVENT, is_event: ordinal & EVENT != 0 })
        })?;
        let others = rest.entries(others as usize, |entry| Some((entry.u32()?, entry.u32()?)))?;
        let refusals = rest.entries(refusals as usize, Bytes::u32)?;
        let keys = KeyTable { attempts, others: KeyChecksums(others), refusals };
        let read = Self { first, end, last_leaf, before, offsets, keys, has_other_keys };
        (rest.0.is_empty() && read.is_sound()).then_some(read)
    }

    /// Whether what it says can be true of any segment.
    fn is_sound(&self) -> bool {
        let KeyTable { attempts, others, refusals } = &self.keys;
        let attempts = attempts.iter().map(|entry| &entry.ordinal);
        let mut ordinals = attempts.chain(others.0.iter().map(|(_, ordinal)| ordinal)).chain(refusals);
        self.offsets.first() == Some(&0)
            && self.offsets.is_sorted_by(|one, next| one < next)
            && self.offsets.last().is_some_and(|last| *last < self.end)
            && ordinals.all(|ordinal| (*ordinal as usize) < self.offsets.len())
    }
}

fn put(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn number(number: u64) -> u32 {
    u32::try_from(number).expect("a segment is far smaller than 4 GiB")
}

/// What is left to read.
struct Bytes<'b>(&'b [u8]);

impl<'b> Bytes<'b> {
    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn digest(&mut self) -> Option<Digest> {
        Some(Digest(self.take(32)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(size_of::<u32>())?.try_into().ok()?))
    }

    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(size_of::<u64>())?.try_into().ok()?))
    }

    /// `count` entries of a few bytes each. No count reserves more memory than the file has bytes.
    fn entries<T>(&mut self, count: usize, mut entry: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut entries = Vec::with_capacity(count.min(self.0.len() / size_of::<u32>()));
        for _ in 0..count {
            entries.push(entry(self)?);
        }
        Some(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> KeysFile {
        let entry = |attempt, ordinal, is_event| AttemptEntry { attempt, ordinal, is_event };
        KeysFile {
            first: Position(70),
            end: 3_000,
            last_leaf: Digest([7; 32]),
            before: Some(Digest([8; 32])),
            offsets: vec![0, 1_100, 2_050],
            keys: KeyTable {
                attempts: vec![entry(-4, 0, true), entry(9, 1, false), entry(9, 2, true)],
                others: KeyChecksums(vec![(5, 0), (u32::MAX, 2)]),
                refusals: vec![1],
            },
            has_other_keys: false,
        }
    }

    #[test]
    fn a_keys_file_of_an_earlier_release_is_read_as_one_of_other_keys() {
        let bytes = file().encode();
        let stated = MARK.len() + 3 * size_of::<u64>() + 32;
        let (head, rest) = (&bytes[MARK.len()..stated], &bytes[stated + 32..bytes.len() - CHECKSUM_BYTES]);
        let without_before = [&MARK_WITHOUT_BEFORE, head, rest].concat();
        let marked = |mark: &[u8]| [mark, &bytes[MARK.len()..bytes.len() - CHECKSUM_BYTES]].concat();
        for (mut old, before) in [
            (without_before, None),
            (marked(&MARK_WITHOUT_IDENTITIES), file().before),
            (marked(&MARK_OF_NUMBERS_BY_VALUE), file().before),
        ] {
            old.extend_from_slice(&xxh3_128(&old).to_le_bytes());
            let expected = KeysFile { before, has_other_keys: true, ..file() };
            assert_eq!(KeysFile::decode(&old), Some(expected));
        }
    }

    #[test]
    fn a_keys_file_is_read_back_and_any_flipped_bit_or_cut_makes_it_unreadable() {
        let bytes = file().encode();
        assert_eq!(KeysFile::decode(&bytes), Some(file()));
        for at in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[at / 8] ^= 1 << (at % 8);
            assert_eq!(KeysFile::decode(&flipped), None, "bit {at}");
        }
        for length in 0..bytes.len() {
            assert_eq!(KeysFile::decode(&bytes[..length]), None, "{length} bytes");
        }
    }
}
