//! What the log says of a plain segment that cannot say it itself: a checksum of its bytes, and which record
//! lies before it. A segment of another ledger has neither.

use std::fmt;

use xxhash_rust::xxh3::Xxh3;

use super::segments::Segment;
use crate::record::{Digest, leaf_hash};
use attempt_ledger_domain::Position;

/// How many hexadecimal digits a checksum has.
const DIGITS: usize = 32;

/// XXH3 over the first bytes of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ContentChecksum(pub u128);

impl ContentChecksum {
    pub fn of(bytes: &[u8]) -> Self {
        Self(xxhash_rust::xxh3::xxh3_128(bytes))
    }

    /// Reads what [`fmt::Display`] writes, at the start of a text.
    pub fn parse(text: &str) -> Option<Self> {
        u128::from_str_radix(text.get(..DIGITS)?, 16).ok().map(Self)
    }
}

impl fmt::Display for ContentChecksum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:0DIGITS$x}", self.0)
    }
}

/// The checksum of a segment that grows.
#[derive(Clone, Default)]
pub(super) struct GrowingContent(Xxh3);

impl GrowingContent {
    pub fn of(bytes: &[u8]) -> Self {
        let mut content = Self::default();
        content.add(bytes);
        content
    }

    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn checksum(&self) -> ContentChecksum {
        ContentChecksum(self.0.digest128())
    }
}

/// The hash of the last leaf in a run of segments; `None` where there is no record, or it does not read: a
/// caller that asks for that record is told.
pub(super) fn last_leaf_of(segments: &[Segment]) -> Option<Digest> {
    let last = segments.iter().rev().find(|segment| segment.records() > 0)?;
    let position = Position(last.first().0 + last.records() - 1);
    let block = last.block(position, 0).ok()??;
    block.record(position).ok().map(|record| leaf_hash(&record.leaf))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_that_grows_is_that_of_all_bytes_and_is_read_back() {
        let mut content = GrowingContent::of(b"one");
        content.add(b"two");
        assert_eq!(content.checksum(), ContentChecksum::of(b"onetwo"));
        let small = ContentChecksum(7);
        assert_eq!(ContentChecksum::parse(&format!("{small}\"}}")), Some(small));
        assert_eq!(ContentChecksum::parse("7"), None);
    }
}
