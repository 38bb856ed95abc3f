//! Reads NDJSON in batches, knowing where each ends.

use std::io::{self, BufRead};

use bytes::Bytes;

use crate::byte_order_mark::BYTE_ORDER_MARK;
use crate::ledger::is_exported;

/// Lines that are sent together.
pub(super) struct LineBatch {
    /// Each line with its number in the file, from 1, without its line break. Blank lines are left out.
    pub(super) lines: Vec<(u64, Bytes)>,
    /// The bytes of the input that the batch was read from.
    pub(super) bytes: Bytes,
    /// The byte in the input after the last line.
    pub(super) end: u64,
}

impl LineBatch {
    /// Whether it begins with a line of an export, which is to be taken in order.
    pub(super) fn is_exported(&self) -> bool {
        self.lines.first().is_some_and(|(_, line)| is_exported(line))
    }
}

pub(super) struct LineBatches {
    input: Box<dyn BufRead>,
    end: u64,
    number: u64,
    lines_max: usize,
}

/// A batch is sent when it has this many bytes, however few its lines: servers limit bodies to 16 MiB.
const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;

impl LineBatches {
    pub(super) fn new(input: Box<dyn BufRead>, start: u64, lines_before: u64, lines_max: u64) -> Self {
        let lines_max = usize::try_from(lines_max).unwrap_or(usize::MAX);
        Self { input, end: start, number: lines_before, lines_max }
    }

    /// The next lines; `None` at the end of the input.
    pub(super) fn next_batch(&mut self) -> io::Result<Option<LineBatch>> {
        let mut buffer = Vec::new();
        let mut ranges = Vec::new();
        while ranges.len() < self.lines_max && buffer.len() < BATCH_BYTES_MAX {
            let start = buffer.len();
            let read = self.input.read_until(b'\n', &mut buffer)?;
            if read == 0 {
                break;
            }
            self.end += read as u64;
            self.number += 1;
            // A byte order mark at the start of the file is no part of its first line.
            let is_marked = self.end == read as u64 && buffer.starts_with(BYTE_ORDER_MARK);
            let text = start + if is_marked { BYTE_ORDER_MARK.len() } else { 0 };
            let line = buffer[text..].trim_ascii();
            if !line.is_empty() {
                let from = text + buffer[text..].len() - buffer[text..].trim_ascii_start().len();
                ranges.push((self.number, from..from + line.len()));
            }
        }
        if buffer.is_empty() {
            return Ok(None);
        }
        let buffer = Bytes::from(buffer);
        let lines = ranges.into_iter().map(|(number, range)| (number, buffer.slice(range))).collect();
        Ok(Some(LineBatch { lines, bytes: buffer, end: self.end }))
    }
}
