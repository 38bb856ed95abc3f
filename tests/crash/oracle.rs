//! The oracle: whether a data directory holds what was acknowledged, and nothing that was not sent.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use attempt_ledger::log::{EmbeddedLog, EmbeddedOptions, EventLog, Key, StoredRecord};
use attempt_ledger::projector::{bring_forward, compare, folds};
use attempt_ledger::read_store::{Models as _, ModelsDirectory, Projection, ReadStore, SqliteStore};
use attempt_ledger::record::{Digest, Leaf, Opening, RecordKind, leaf_hash};
use attempt_ledger_domain::{AttemptId, HookName, Position};

use super::acks::AckLog;
use super::server::SEGMENT_BYTES_MAX;
use crate::support::program::run;

/// What the directory holds.
pub struct Checked {
    /// Events and observations.
    pub recorded: u64,
}

#[derive(Default)]
struct Scan {
    /// Revision and leaf hash of each attempt's newest event.
    ends: HashMap<i64, (u32, Digest)>,
    /// Every record that names the attempt.
    positions: HashMap<i64, Vec<Position>>,
    /// How often each event and each observation is stored.
    stored: HashMap<(HookName, Vec<u8>), u32>,
    recorded: u64,
}

/// Panics with the first thing that is wrong. Opens the ledger, so it must not be open elsewhere.
pub fn check(data: &Path, acks: &AckLog) -> Checked {
    let options = EmbeddedOptions { segment_bytes_max: SEGMENT_BYTES_MAX, ..EmbeddedOptions::default() };
    let log = EmbeddedLog::open(data, &options).unwrap_or_else(|error| panic!("it does not open: {error}"));
    let records = log.read_after(Position(0), usize::MAX).expect("every record reads");
    assert_eq!(records.len() as u64, log.head().0, "the log is read up to its head");
    let mut scan = Scan::default();
    for (at, record) in records.iter().enumerate() {
        assert_eq!(record.position.0, at as u64 + 1, "positions have no gap");
        scan.add(record, acks);
    }
    for ((hook, body), times) in &scan.stored {
        assert_eq!(*times, 1, "{hook:?} is stored {times} times: {}", String::from_utf8_lossy(body));
    }
    acknowledged_is_there(&records, acks);
    for (attempt_id, positions) in &scan.positions {
        let found = log.find(Key::Attempt(AttemptId(*attempt_id))).expect("the index answers");
        assert_eq!(found, *positions, "the index and a full scan agree about attempt {attempt_id}");
    }
    log.close();
    let output = run(&["verify", "--data", data.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.starts_with("intact:"), "verify does not agree: {output:?}");
    Checked { recorded: scan.recorded }
}

/// Panics when the read models, brought up to the log, are not a fresh fold of it.
pub fn check_models(data: &Path) {
    let options = EmbeddedOptions { segment_bytes_max: SEGMENT_BYTES_MAX, ..EmbeddedOptions::default() };
    let log: Arc<dyn EventLog> = Arc::new(EmbeddedLog::open(data, &options).expect("the log opens"));
    let models = ModelsDirectory::open(&data.join("read-models")).expect("the read models open");
    let fresh: Arc<dyn ReadStore> = Arc::new(SqliteStore::temporary().expect("a temporary store"));
    for store in [&models.current(), &fresh] {
        let go_on = &mut |_| ControlFlow::Continue(());
        assert!(bring_forward(&log, store, &folds(), log.head(), go_on).expect("it folds").is_continue());
    }
    for projection in Projection::ALL {
        let mut differences = Vec::new();
        let found = &mut |difference| differences.push(difference);
        compare(&models.current(), &fresh, projection, found).expect("both read");
        assert_eq!(differences, [], "{projection} is not a fresh fold");
    }
}

impl Scan {
    fn add(&mut self, record: &StoredRecord, acks: &AckLog) {
        let position = record.position;
        let leaf = Leaf::parse(&record.leaf).expect("a leaf parses");
        let opening = Opening::parse(&record.opening).expect("an opening parses");
        assert_eq!(opening.commitment(), leaf.commitment, "the payload at {position} is the committed one");
        let attempt_id = leaf.attempt_id.expect("the tests send only hooks that name an attempt").0;
        let (hook, body) = (hook_of(&leaf).unwrap(), opening.payload.as_bytes());
        let text = std::str::from_utf8(body).unwrap().to_owned();
        assert!(acks.sent.contains(&(hook, text)), "position {position} holds what nobody sent");
        self.positions.entry(attempt_id).or_default().push(position);
        if leaf.kind != RecordKind::Refusal {
            self.recorded += 1;
            *self.stored.entry((hook, body.to_vec())).or_default() += 1;
        }
        if leaf.kind != RecordKind::Event {
            return;
        }
        let end = self.ends.get(&attempt_id).copied();
        let revision = end.map_or(1, |(revision, _)| revision + 1);
        assert_eq!(leaf.revision.unwrap().0, revision, "revisions of attempt {attempt_id} at {position}");
        assert_eq!(
            leaf.previous,
            end.map(|(_, hash)| hash),
            "the chain of attempt {attempt_id} at {position}"
        );
        self.ends.insert(attempt_id, (revision, leaf_hash(&record.leaf)));
    }
}

fn hook_of(leaf: &Leaf<'_>) -> Option<HookName> {
    leaf.observation.map(HookName::Observation).or_else(|| leaf.event.map(HookName::Event))
}

fn acknowledged_is_there(records: &[StoredRecord], acks: &AckLog) {
    for ack in &acks.acks {
        let at = usize::try_from(ack.position).unwrap() - 1;
        let record = records.get(at).unwrap_or_else(|| panic!("LOST of {} records: {ack:?}", records.len()));
        let leaf = Leaf::parse(&record.leaf).unwrap();
        let opening = Opening::parse(&record.opening).unwrap();
        assert_eq!(leaf.attempt_id.map(|id| id.0), Some(ack.attempt_id), "{ack:?}");
        assert_eq!(leaf.revision.map(|revision| revision.0), ack.revision, "{ack:?}");
        assert_eq!(hook_of(&leaf), Some(ack.hook), "{ack:?}");
        assert_eq!(opening.payload.as_bytes(), ack.body.as_bytes(), "{ack:?}");
    }
    for kept in &acks.refusals {
        let is_kept = records.iter().any(|record| {
            let leaf = Leaf::parse(&record.leaf).unwrap();
            leaf.id == kept.refusal_id
                && Opening::parse(&record.opening).unwrap().payload.as_bytes() == kept.body.as_bytes()
        });
        assert!(is_kept, "LOST of {} records: {kept:?}", records.len());
    }
}
