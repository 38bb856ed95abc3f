//! Judges a fault in the last plain segment: a torn write that was never acknowledged, or rot.
//!
//! A group of appends is written at once and acknowledged after its fsync; the next group is written only
//! then. So only the last group can be torn, and everything before it was durable.

use attempt_ledger_domain::Position;
use memchr::memmem;

use crate::record::decode_frame;

/// The start of every line.
const LINE_START: &[u8] = b"{\"crc32c\":\"";
/// Disks tear writes at this boundary; a sector that was not written reads as zeros.
const SECTOR_BYTES: usize = 512;
/// Room for one record above the group's limit.
const RECORD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The circumstances of a fault.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tail<'a> {
    /// The whole file.
    pub bytes: &'a [u8],
    /// Where the first line starts that is no intact record.
    pub fault: usize,
    /// The position that the line should have had.
    pub expected: Position,
    /// How many bytes of this file are known to have been fsynced, if that is known.
    pub durable: Option<u64>,
    /// See [`super::options::GROUP_BYTES_MAX`].
    pub group_bytes_max: usize,
}

impl Tail<'_> {
    /// Why the tail must not be dropped; `None` when it was never acknowledged.
    pub fn refusal(&self) -> Option<&'static str> {
        if self.durable.is_some_and(|durable| (self.fault as u64) < durable) {
            return Some("the record was acknowledged");
        }
        if self.is_complete_line() {
            return Some("the line is complete, so this is no torn write");
        }
        if self.is_followed() && !self.is_hole() {
            return Some("an intact record follows, so this is no torn write");
        }
        None
    }

    /// A line of exactly the length that it states, without zero bytes, was once written completely.
    fn is_complete_line(&self) -> bool {
        let rest = &self.bytes[self.fault..];
        let Some(length) = memchr::memchr(b'\n', rest) else { return false };
        let line = &rest[..length];
        let states_length = |line: &[u8]| {
            let label = b"\"length\":";
            let start = memmem::find(line.get(..64).unwrap_or(line), label)? + label.len();
            let digits = line[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            std::str::from_utf8(&line[start..start + digits]).ok()?.parse::<usize>().ok()
        };
        let is_whole = states_length(line) == Some(length + 1) && memchr::memchr(0, line).is_none();
        // An intact copy of an earlier record is no loss: somebody has appended it.
        is_whole && decode_frame(line).is_err()
    }

    /// Whether a record that must have been written later lies behind the fault.
    fn is_followed(&self) -> bool {
        memmem::find_iter(&self.bytes[self.fault..], LINE_START).any(|start| {
            let rest = &self.bytes[self.fault + start..];
            let line = memchr::memchr(b'\n', rest).map(|length| &rest[..length]);
            line.and_then(|line| decode_frame(line).ok()).is_some_and(|frame| frame.position >= self.expected)
        })
    }

    /// A power cut may keep later sectors of a group and lose earlier ones: zeros within the reach of one
    /// group, where nothing is known to have been durable.
    fn is_hole(&self) -> bool {
        let reach = self.group_bytes_max + RECORD_BYTES_MAX;
        let first_sector = self.fault.next_multiple_of(SECTOR_BYTES);
        let has_lost_sector = || {
            let sectors = self.bytes.get(first_sector..).unwrap_or_default();
            sectors.chunks(SECTOR_BYTES).any(|sector| sector.iter().all(|byte| *byte == 0))
        };
        self.durable.is_some() && self.bytes.len() - self.fault <= reach && has_lost_sector()
    }
}
