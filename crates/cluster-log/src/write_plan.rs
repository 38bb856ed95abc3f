//! What a batch of appends becomes: writes, by stream.

use std::collections::HashMap;

use super::options::{WAITING_BYTES_MAX, WAITING_MAX};
use attempt_ledger_log::{Expected, NewRecord, Stream, StreamAppend};

/// Records without revisions of one call that go to the cluster as one write, …
const TOGETHER_RECORDS_MAX: usize = 256;

/// … and their bytes: the cluster takes a mebibyte at once by default.
const TOGETHER_BYTES_MAX: usize = 512 * 1024;

const _: () = assert!(TOGETHER_RECORDS_MAX <= WAITING_MAX && TOGETHER_BYTES_MAX <= WAITING_BYTES_MAX);

/// Records for one stream that go to the cluster as one write.
pub(super) struct StreamWrite {
    pub stream: Stream,
    pub expected: Expected,
    pub records: Vec<NewRecord>,
    /// The appends that it consists of: their numbers in the batch, and how many of the records are theirs.
    pub parts: Vec<(usize, usize)>,
}

/// The writes of a batch, by stream and in order. Records of one stream without revisions go together,
/// as far as the cluster takes them.
pub(super) fn plan(batch: Vec<StreamAppend>) -> HashMap<Stream, Vec<StreamWrite>> {
    let mut streams: HashMap<Stream, Vec<StreamWrite>> = HashMap::with_capacity(batch.len());
    for (number, StreamAppend { stream, expected, records }) in batch.into_iter().enumerate() {
        let writes = streams.entry(stream).or_default();
        let part = (number, records.len());
        match writes.last_mut() {
            Some(last) if fits(last, expected, &records) => {
                last.parts.push(part);
                last.records.extend(records);
            }
            _ => writes.push(StreamWrite { stream, expected, records, parts: vec![part] }),
        }
    }
    streams
}

fn fits(last: &StreamWrite, expected: Expected, records: &[NewRecord]) -> bool {
    let bytes: usize = last.records.iter().chain(records).map(bytes_of).sum();
    last.expected == Expected::Any
        && expected == Expected::Any
        && last.records.len() + records.len() <= TOGETHER_RECORDS_MAX
        && bytes <= TOGETHER_BYTES_MAX
}

fn bytes_of(record: &NewRecord) -> usize {
    record.leaf_bytes.len() + record.opening_bytes.len()
}
