//! The lineage at the end of a packed segment: which ledger it is of, and which segment lies before it.
//!
//! It is a zstd *skippable* frame behind the last frame of records. The table lists it as a frame without
//! records, so that releases that know no lineage read the segment as well:
//! ```text
//! magic length {"crc32c":"9ae0daaf","ledger":"…","lines":"…","previous":"…"}
//! ```

use serde::Deserialize;

use crate::record::Digest;

const SKIPPABLE_MAGIC: [u8; 4] = 0x184D_2A51_u32.to_le_bytes();
const HEADER_BYTES: usize = 8;

/// Where a packed segment belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Lineage {
    /// The hash of the ledger's first leaf.
    pub ledger: Digest,
    /// SHA-256 over the segment's lines: what `zstdcat FILE | sha256sum` prints.
    pub lines: Digest,
    /// The same of the segment before it; `None` for the first one.
    pub previous: Option<Digest>,
}

impl Lineage {
    /// The skippable frame.
    pub fn encode(&self) -> Vec<u8> {
        let previous = self.previous.map_or("null".to_owned(), |previous| format!("\"{previous}\""));
        let checked = format!(
            "\"ledger\":\"{}\",\"lines\":\"{}\",\"previous\":{previous}}}\n",
            self.ledger, self.lines
        );
        let line = format!("{{\"crc32c\":\"{:08x}\",{checked}", crc32c::crc32c(checked.as_bytes()));
        let length = u32::try_from(line.len()).expect("the line is short");
        [&SKIPPABLE_MAGIC[..], &length.to_le_bytes(), line.as_bytes()].concat()
    }

    /// Reads the skippable frame; `None` when it is not exactly what this program writes.
    pub fn decode(frame: &[u8]) -> Option<Self> {
        let read: Self = serde_json::from_slice(frame.get(HEADER_BYTES..)?).ok()?;
        (read.encode() == frame).then_some(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lineage_is_read_back_and_any_flipped_bit_makes_it_unreadable() {
        for previous in [None, Some(Digest([3; 32]))] {
            let lineage = Lineage { ledger: Digest([1; 32]), lines: Digest([2; 32]), previous };
            let frame = lineage.encode();
            assert_eq!(Lineage::decode(&frame), Some(lineage));
            for at in 0..frame.len() * 8 {
                let mut flipped = frame.clone();
                flipped[at / 8] ^= 1 << (at % 8);
                assert_eq!(Lineage::decode(&flipped), None, "bit {at}");
            }
            assert_eq!(Lineage::decode(&frame[..frame.len() - 1]), None);
        }
    }
}
