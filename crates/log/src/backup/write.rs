//! A backup on its way out.

use std::io::Write;
use std::ops::ControlFlow;

use attempt_ledger_domain::Position;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::format::{BACKUP_VERSION, BackupError, FirstLine, LastLine};
use crate::copy::FingerprintHasher;
use crate::record::{Digest, encode_frame};
use crate::{EventLog, ReadError};

/// A running service has other things to do.
const ZSTD_LEVEL: i32 = 1;

/// Writes a log up to `head`, whatever is appended meanwhile.
///
/// # Errors
/// [`BackupError::Log`] when a record does not read, [`BackupError::Write`] when nobody takes what is
/// written.
pub fn write_backup(log: &dyn EventLog, head: Position, out: impl Write) -> Result<(), BackupError> {
    let mut out = HashedWriter { out: zstd::Encoder::new(out, ZSTD_LEVEL)?, hasher: Sha256::new() };
    out.write_json(&FirstLine { backup: BACKUP_VERSION, head })?;
    let mut leaves = FingerprintHasher::default();
    let (mut last, mut line) = (Position(0), Vec::new());
    let mut written = Ok(());
    if last < head {
        log.visit_after(last, &mut |stored| {
            last = stored.position;
            line.clear();
            encode_frame(&mut line, stored.position, &stored.leaf, &stored.opening);
            leaves.add(&stored.leaf);
            written = out.write(&line);
            if written.is_ok() && last < head { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
    }
    written?;
    if last < head {
        return Err(ReadError::beyond_head("the log", last.next()).into());
    }
    let fingerprint = leaves.finish();
    let sha256 = Digest(out.hasher.clone().finalize().into());
    out.write_json(&LastLine { records: fingerprint.records, leaves: fingerprint.digest, sha256 })?;
    out.out.finish()?.flush()?;
    Ok(())
}

struct HashedWriter<W: Write> {
    out: W,
    hasher: Sha256,
}

impl<W: Write> HashedWriter<W> {
    fn write(&mut self, line: &[u8]) -> std::io::Result<()> {
        self.hasher.update(line);
        self.out.write_all(line)
    }

    fn write_json(&mut self, value: &impl Serialize) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        self.write(&line)
    }
}
