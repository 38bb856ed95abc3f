//! The first half of a check: every record of the log, whatever is wrong with those before it.

use std::collections::HashMap;
use std::path::Path;

use attempt_ledger_domain::Position;

use crate::cli::{CliError, progress_bar};
use crate::log::{EmbeddedLog, EventLog as _, ReadError, StoredRecord};
use crate::record::{Digest, Leaf, Opening, RecordKind, leaf_hash};

/// Records read at once.
const PAGE: usize = 4_096;

/// The end of one stream's chain. KNOWN GAP: one entry for each attempt, about 80 bytes, stays in memory.
type Chains = HashMap<(RecordKind, i64), (u32, Digest)>;

/// What reading the whole log showed.
#[derive(Default)]
pub(super) struct LogCheck {
    pub(super) records: u64,
    pub(super) events: u64,
    pub(super) refusals: u64,
    /// Each place that is not what was written.
    pub(super) damage: Vec<String>,
    chains: Chains,
    /// Records that do not read: the chains that they belong to go on after them.
    unread: u64,
}

/// Reads the log in order. The log checks checksums and positions, this checks what the leaves promise.
pub(super) fn check(log: &EmbeddedLog) -> Result<LogCheck, CliError> {
    let head = log.head();
    let bar = progress_bar::over_records(head.0);
    let mut check = LogCheck::default();
    let mut after = Position(0);
    while after < head {
        match log.read_after(after, PAGE) {
            Ok(page) => {
                let Some(last) = page.last() else { break };
                after = last.position;
                page.iter().for_each(|stored| check.take(log, stored));
            }
            // Which of these it is shows one by one.
            Err(_) => {
                let end = Position((after.0 + PAGE as u64).min(head.0));
                while after < end {
                    after = after.next();
                    check.read_one(log, after)?;
                }
            }
        }
        bar.set_position(after.0);
    }
    bar.finish_and_clear();
    for damage in log.lineage_damage() {
        check.note(&damage);
    }
    if after != head {
        check.damage.push(format!("the log ends at position {after}, not at {head}"));
    }
    Ok(check)
}

/// Each damaged place of a log that does not open.
pub(super) fn of_files(directory: &Path) -> Vec<String> {
    EmbeddedLog::file_damage(directory).unwrap_or_default().iter().map(in_words).collect()
}

fn in_words(error: &ReadError) -> String {
    match error {
        ReadError::Damaged { file, offset, reason } => {
            format!("{file} is damaged at byte {offset}: {reason}")
        }
        other => other.to_string(),
    }
}

impl LogCheck {
    pub(super) fn attempts(&self) -> usize {
        self.chains.keys().filter(|(kind, _)| *kind == RecordKind::Event).count()
    }

    fn read_one(&mut self, log: &EmbeddedLog, position: Position) -> Result<(), CliError> {
        match log.read(&[position]) {
            Ok(records) => records.iter().for_each(|stored| self.take(log, stored)),
            Err(error @ ReadError::Damaged { .. }) => {
                self.unread += 1;
                self.note(&error);
            }
            Err(error) => return Err(anyhow::Error::from(error).into()),
        }
        Ok(())
    }

    /// Notes damage once: the records of a packed frame are damaged together.
    fn note(&mut self, error: &ReadError) {
        let text = in_words(error);
        if !self.damage.contains(&text) {
            self.damage.push(text);
        }
    }

    fn take(&mut self, log: &EmbeddedLog, stored: &StoredRecord) {
        self.records += 1;
        if let Err(what) = self.judge(stored) {
            let (file, offset) = log.place_of(stored.position).unwrap_or_else(|| ("the log".into(), 0));
            let (file, position) = (file.display(), stored.position);
            self.damage.push(format!(
                "{file} is damaged at byte {offset}: the record at position {position} {what}"
            ));
        }
    }

    fn judge(&mut self, stored: &StoredRecord) -> Result<(), String> {
        let leaf = Leaf::parse(&stored.leaf).map_err(|error| error.to_string())?;
        let opening = Opening::parse(&stored.opening).map_err(|error| error.to_string())?;
        self.events += u64::from(leaf.kind == RecordKind::Event);
        self.refusals += u64::from(leaf.rule.is_some());
        self.follow(&leaf, &stored.leaf)?;
        if leaf.to_bytes() != stored.leaf.as_ref() {
            return Err("has a leaf that is not canonical".to_owned());
        }
        if opening.commitment() != leaf.commitment {
            return Err("has a payload that its leaf does not commit to".to_owned());
        }
        Ok(())
    }

    /// Revisions are gapless, and every leaf names the one before it; where records do not read, a chain may
    /// go on behind them.
    fn follow(&mut self, leaf: &Leaf<'_>, bytes: &[u8]) -> Result<(), String> {
        let stream = match leaf.kind {
            RecordKind::Event => leaf.attempt_id.map(|id| id.0),
            RecordKind::Queue => leaf.queue_id.map(|id| id.0),
            RecordKind::Observation | RecordKind::Refusal => return Ok(()),
        };
        let stream = stream.ok_or("names no stream")?;
        let before = self.chains.get(&(leaf.kind, stream)).copied();
        let expected = before.map_or(1, |(revision, _)| revision + 1);
        let revision = leaf.revision.map_or(0, |revision| revision.0);
        self.chains.insert((leaf.kind, stream), (revision.max(expected), leaf_hash(bytes)));
        if self.unread > 0 && revision > expected {
            return Ok(());
        }
        if revision != expected {
            return Err(format!("should have revision {expected}"));
        }
        if leaf.previous != before.map(|(_, hash)| hash) {
            return Err("does not name the leaf before it".to_owned());
        }
        Ok(())
    }
}
