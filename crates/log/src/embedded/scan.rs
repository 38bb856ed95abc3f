//! Reads a whole plain segment when the log is opened.

use attempt_ledger_domain::Position;

use super::plain_segment::PlainIndex;
use crate::record::{Leaf, decode_frame, delivery_identity_of};

/// What a scan found.
#[derive(Debug)]
pub(super) struct Scan {
    /// The intact records from the start on; its `end` is where the first fault or the file's end is.
    pub index: PlainIndex,
    /// Why the scan stopped before the end of the file.
    pub fault: Option<String>,
}

/// Scans lines until the first one that is not the record it should be.
pub(super) fn scan(bytes: &[u8], first: Position) -> Scan {
    let mut index = PlainIndex::default();
    let mut start = 0;
    let mut fault = None;
    while start < bytes.len() {
        let Some(length) = memchr::memchr(b'\n', &bytes[start..]) else {
            fault = Some("the last line has no line break".to_owned());
            break;
        };
        let line = &bytes[start..start + length];
        let ordinal = u32::try_from(index.offsets.len()).expect("a segment has fewer than 2^31 records");
        let expected = Position(first.0 + u64::from(ordinal));
        if let Err(reason) = add(&mut index, line, ordinal, expected) {
            fault = Some(reason);
            break;
        }
        index.offsets.push(start as u64);
        start += length + 1;
    }
    index.end = start as u64;
    Scan { index, fault }
}

fn add(index: &mut PlainIndex, line: &[u8], ordinal: u32, expected: Position) -> Result<(), String> {
    let frame = decode_frame(line).map_err(|error| error.to_string())?;
    if frame.position != expected {
        return Err(format!("position {} lies where {expected} should", frame.position));
    }
    let leaf = Leaf::parse(&line[frame.leaf]).map_err(|error| error.to_string())?;
    let identity = delivery_identity_of(&leaf, &line[frame.opening]);
    index.keys.insert(ordinal, &leaf, identity);
    Ok(())
}
