//! The table at the end of a packed segment: which records lie in which frame, and which are refusals.
//!
//! It is a zstd *skippable* frame, so that `zstdcat` passes over it:
//! ```text
//! magic length { compressed raw records }* refusals* first records frames refusals refusal_bytes crc32c mark
//! ```
//! All numbers are little-endian. The checksum covers everything before it except magic and length, which
//! must follow from the rest.

use attempt_ledger_domain::Position;

use super::varint;

const SKIPPABLE_MAGIC: [u8; 4] = 0x184D_2A50_u32.to_le_bytes();
const HEADER_BYTES: usize = 8;
const FRAME_BYTES: usize = 12;
/// The fixed part at the very end of the file.
pub(super) const FOOTER_BYTES: usize = 40;
const MARK: &[u8; 8] = b"ALSEAL01";

/// One compressed frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PackedFrame {
    pub compressed: u32,
    pub raw: u32,
    pub records: u32,
}

/// The table of one packed segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FrameTable {
    pub first: Position,
    pub records: u64,
    pub frames: Vec<PackedFrame>,
    /// Ordinals, ascending.
    pub refusals: Vec<u32>,
}

/// The fixed part, read first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Footer {
    pub first: Position,
    pub records: u64,
    frames: u32,
    pub refusals: u32,
    refusal_bytes: u32,
    pub checksum: u32,
}

impl Footer {
    /// Reads the last [`FOOTER_BYTES`] of a file. Nothing in it is trusted before the table is decoded.
    pub fn decode(bytes: &[u8; FOOTER_BYTES]) -> Option<Self> {
        let short = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        let long = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        (bytes.ends_with(MARK)).then(|| Self {
            first: Position(long(0)),
            records: long(8),
            frames: short(16),
            refusals: short(20),
            refusal_bytes: short(24),
            checksum: short(28),
        })
    }

    /// Bytes of the whole skippable frame, its header included.
    pub fn table_bytes(self) -> u64 {
        HEADER_BYTES as u64 + self.payload_bytes()
    }

    fn payload_bytes(self) -> u64 {
        u64::from(self.frames) * FRAME_BYTES as u64 + u64::from(self.refusal_bytes) + FOOTER_BYTES as u64
    }
}

impl FrameTable {
    /// The skippable frame.
    pub fn encode(&self) -> Vec<u8> {
        let mut refusals = Vec::new();
        let mut previous = 0;
        for ordinal in &self.refusals {
            varint::put(&mut refusals, u64::from(ordinal - previous));
            previous = *ordinal;
        }
        let payload = self.frames.len() * FRAME_BYTES + refusals.len() + FOOTER_BYTES;
        let mut out = Vec::with_capacity(HEADER_BYTES + payload);
        out.extend_from_slice(&SKIPPABLE_MAGIC);
        out.extend_from_slice(&length(payload).to_le_bytes());
        for frame in &self.frames {
            for number in [frame.compressed, frame.raw, frame.records] {
                out.extend_from_slice(&number.to_le_bytes());
            }
        }
        out.extend_from_slice(&refusals);
        out.extend_from_slice(&self.first.0.to_le_bytes());
        out.extend_from_slice(&self.records.to_le_bytes());
        out.extend_from_slice(&length(self.frames.len()).to_le_bytes());
        out.extend_from_slice(&length(self.refusals.len()).to_le_bytes());
        out.extend_from_slice(&length(refusals.len()).to_le_bytes());
        let checksum = crc32c::crc32c(&out[HEADER_BYTES..]);
        out.extend_from_slice(&checksum.to_le_bytes());
        out.extend_from_slice(MARK);
        assert_eq!(out.len(), HEADER_BYTES + payload, "the footer has its fixed size");
        out
    }

    /// Reads the skippable frame that `footer` describes.
    pub fn decode(bytes: &[u8], footer: Footer) -> Result<Self, &'static str> {
        let (header, payload) = bytes.split_at_checked(HEADER_BYTES).ok_or("the frame table is cut")?;
        let checked_end = payload.len().checked_sub(12).ok_or("the frame table is cut")?;
        if crc32c::crc32c(&payload[..checked_end]) != footer.checksum {
            return Err("the frame table's checksum does not match");
        }
        let expected_header = [SKIPPABLE_MAGIC, length(payload.len()).to_le_bytes()].concat();
        if header != expected_header || payload.len() as u64 != footer.payload_bytes() {
            return Err("the frame table's header does not match its length");
        }
        let (frames, rest) = payload.split_at(footer.frames as usize * FRAME_BYTES);
        let frames: Vec<PackedFrame> = frames.chunks_exact(FRAME_BYTES).map(decode_frame).collect();
        if frames.iter().map(|frame| u64::from(frame.records)).sum::<u64>() != footer.records {
            return Err("the frame table's record counts do not add up");
        }
        let refusals = decode_refusals(&rest[..footer.refusal_bytes as usize], footer.refusals)
            .ok_or("the frame table's refusals do not decode")?;
        Ok(Self { first: footer.first, records: footer.records, frames, refusals })
    }

    /// The checksum that the table of the records' frames has, whether a lineage follows them or not.
    pub fn checksum_of_records(&self) -> u32 {
        let mut frames = self.frames.clone();
        frames.retain(|frame| frame.records > 0);
        let encoded = Self { frames, ..self.clone() }.encode();
        let at = encoded.len() - MARK.len() - size_of::<u32>();
        u32::from_le_bytes(encoded[at..at + size_of::<u32>()].try_into().expect("four bytes"))
    }

    /// Bytes of all compressed frames.
    pub fn compressed_bytes(&self) -> u64 {
        self.frames.iter().map(|frame| u64::from(frame.compressed)).sum()
    }
}

fn length(number: usize) -> u32 {
    u32::try_from(number).expect("a segment is far smaller than 4 GiB")
}

fn decode_frame(bytes: &[u8]) -> PackedFrame {
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    PackedFrame { compressed: number(0), raw: number(4), records: number(8) }
}

fn decode_refusals(mut bytes: &[u8], count: u32) -> Option<Vec<u32>> {
    let mut ordinals = Vec::with_capacity(bytes.len());
    let mut previous = 0_u32;
    for _ in 0..count {
        previous = previous.checked_add(u32::try_from(varint::take(&mut bytes)?).ok()?)?;
        ordinals.push(previous);
    }
    bytes.is_empty().then_some(ordinals)
}
