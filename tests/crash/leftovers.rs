//! A data directory as crashes leave it: everything that opening can find unfinished, at once.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use attempt_ledger::environment::System;
use attempt_ledger::ledger::{Ledger, LedgerOptions, Submission};
use attempt_ledger::log::{EmbeddedLog, EmbeddedOptions};
use bytes::Bytes;

use super::acks::AckLog;
use super::hooks::Hook;
use super::server::SEGMENT_BYTES_MAX;
use super::tools::log_files;

/// A packed segment whose plain form is still there, full segments that are not packed, an unfinished packed
/// file, and an active segment with a torn end.
pub fn leave(data: &Path, hooks: &[Hook], acks: &mut AckLog) {
    let (packed, unpacked) = hooks.split_at(hooks.len() / 2);
    record(data, false, packed, acks);
    let first = log_files(data, ".ndjson").swap_remove(0);
    let kept = fs::read(&first).unwrap();
    record(data, true, &[], acks);
    record(data, false, unpacked, acks);
    fs::write(&first, kept).unwrap();
    let plain = log_files(data, ".ndjson");
    assert!(plain.len() >= 3 && !log_files(data, ".zst").is_empty(), "{plain:?}");
    let active = plain.last().unwrap();
    fs::write(active.with_extension("ndjson.zst.tmp"), b"half a frame").unwrap();
    let line = fs::read(active).unwrap();
    let torn = &line[..line.iter().position(|byte| *byte == b'\n').unwrap() / 2];
    fs::OpenOptions::new().append(true).open(active).unwrap().write_all(torn).unwrap();
}

/// Records through the library; `pack` also waits until every full segment is packed.
fn record(data: &Path, pack: bool, hooks: &[Hook], acks: &mut AckLog) {
    let mut options = EmbeddedOptions::default();
    (options.segment_bytes_max, options.pack) = (SEGMENT_BYTES_MAX, pack);
    let log = Arc::new(EmbeddedLog::open(data, &options).unwrap());
    let ledger = Ledger::open(log.clone(), Arc::new(System), LedgerOptions::default()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for hook in hooks {
        acks.will_send(hook);
        let body = Bytes::from(hook.body.clone());
        let submission = Submission { address: hook.address(), body, source: Arc::from("test") };
        acks.note_receipt(hook, &runtime.block_on(ledger.record(submission)).unwrap());
    }
    log.wait_until_packed().unwrap();
    drop((ledger, log));
}
