//! What was refused of an attempt, and what corrects it, gathered from its records.

use std::collections::{HashMap, HashSet};

use attempt_ledger_domain::timeline::{Timeline, TimelineRefusal};
use attempt_ledger_log::record::Verdict;
use uuid::Uuid;

use crate::record::Record;

/// The refusals of an attempt, taken record by record in the order of the log.
#[derive(Debug, Default)]
pub(crate) struct AttemptRefusals {
    refusals: Vec<TimelineRefusal>,
    replayed: HashSet<Uuid>,
    dismissed: HashSet<Uuid>,
    /// The refusal that each event corrects, by the event's id.
    corrections: HashMap<Uuid, Uuid>,
}

impl AttemptRefusals {
    /// Takes note of a record, if it is a refusal, a decision about one, or a correction.
    pub(crate) fn note(&mut self, record: &Record<'_>) {
        let leaf = &record.leaf;
        if let Some(rule) = leaf.rule {
            self.refusals.push(TimelineRefusal {
                id: leaf.id,
                position: record.position,
                rule,
                event: leaf.event,
                recorded_at: leaf.recorded_at,
                replayed: false,
                dismissed: false,
            });
        }
        match leaf.verdict {
            Some(Verdict::Replayed) => self.replayed.extend(leaf.settles),
            Some(Verdict::Dismissed) => self.dismissed.extend(leaf.settles),
            None => {}
        }
        self.corrections.extend(leaf.corrects.map(|refusal_id| (leaf.id, refusal_id)));
    }

    /// Adds them to the attempt's timeline.
    pub(crate) fn add_to(mut self, timeline: &mut Timeline) {
        for one in &mut self.refusals {
            one.replayed = self.replayed.contains(&one.id);
            one.dismissed = self.dismissed.contains(&one.id);
        }
        for entry in &mut timeline.entries {
            entry.corrects = self.corrections.get(&entry.id).copied();
        }
        timeline.add_refusals(self.refusals);
    }
}
