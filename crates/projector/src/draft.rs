//! A transaction that a batch builds up.

use std::collections::{BTreeMap, HashMap};

use attempt_ledger_domain::{AgentId, HookName, QueueId, QueueType};
use attempt_ledger_projections::fold::Rows;
use attempt_ledger_projections::history::{
    IntervalKey, Item, Scope, Totals, contribute_to_agents, contribute_to_queue,
};
use attempt_ledger_projections::{AgentRow, HookRow, LinkRow};

use attempt_ledger_read_store::Changes;

/// What a batch adds to intervals and to tables.
#[derive(Debug, Default)]
pub struct Draft {
    /// The transaction so far; `finish` adds intervals and agents.
    pub changes: Changes,
    indexes: HashMap<IntervalKey, usize>,
    intervals: Vec<(IntervalKey, Box<Totals>)>,
    agents: HashMap<AgentId, AgentRow>,
    links: Vec<LinkRow>,
    hooks: BTreeMap<(QueueId, QueueType, HookName), HookRow>,
}

/// The intervals that one attempt was booked in last: most of its items fall into a handful of them.
#[derive(Default)]
struct Recent([Option<(IntervalKey, usize)>; 4], usize);

impl Draft {
    /// Adds what an attempt contributes to its queue, or retracts it.
    pub fn book_queue(&mut self, rows: &Rows, times: i64) {
        let mut recent = Recent::default();
        contribute_to_queue(&rows.attempt, &rows.offers, |key, item| {
            self.book(key, item, times, &mut recent);
        });
    }

    /// Adds what an attempt contributes to its agents, or retracts it.
    pub fn book_agents(&mut self, rows: &Rows, times: i64) {
        let mut recent = Recent::default();
        contribute_to_agents(&rows.offers, |key, item| self.book(key, item, times, &mut recent));
    }

    fn book(&mut self, key: IntervalKey, item: &Item<'_>, times: i64, recent: &mut Recent) {
        let found = recent.0.iter().flatten().find(|(recent, _)| *recent == key).map(|(_, index)| *index);
        let index = found.unwrap_or_else(|| {
            let index = self.index_of(key);
            recent.0[recent.1 % recent.0.len()] = Some((key, index));
            recent.1 += 1;
            index
        });
        let totals = &mut self.intervals[index].1;
        match key.scope {
            Scope::Queue(_) => totals.add(item, times),
            // What lies behind an agent's sums is read from the agent's offers.
            Scope::Agent(..) => totals.add_sums(item, times),
        }
    }

    fn index_of(&mut self, key: IntervalKey) -> usize {
        *self.indexes.entry(key).or_insert_with(|| {
            self.intervals.push((key, Box::default()));
            self.intervals.len() - 1
        })
    }

    /// Notes an agent that a delivery names; the latest report of a name counts.
    pub fn note_agent(&mut self, row: &AgentRow) {
        let latest = self.agents.entry(row.agent_id).or_insert_with(|| row.clone());
        if latest.report_order() < row.report_order() {
            latest.clone_from(row);
        }
    }

    /// Notes an id that an attempt names.
    pub fn note_link(&mut self, row: &LinkRow) {
        self.links.push(row.clone());
    }

    /// Counts what came from a hook.
    pub fn count_hook(&mut self, row: &HookRow) {
        let key = (row.queue_id, row.queue_type, row.event);
        self.hooks.entry(key).and_modify(|known| known.add(row)).or_insert_with(|| row.clone());
    }

    /// The transaction.
    pub(crate) fn finish(mut self) -> Changes {
        self.intervals.retain(|(_, totals)| !totals.is_zero());
        self.intervals.sort_unstable_by_key(|(key, _)| *key);
        self.changes.intervals = self.intervals;
        let mut agents: Vec<_> = self.agents.into_values().collect();
        agents.sort_unstable_by_key(|row| row.agent_id);
        self.changes.agents = agents;
        // By position last: of the same link the earliest stays.
        self.links.sort_unstable();
        self.links.dedup_by(|later, first| {
            (later.kind, &later.id, later.attempt_id) == (first.kind, &first.id, first.attempt_id)
        });
        self.changes.links = self.links;
        self.changes.hooks = self.hooks.into_values().collect();
        self.changes
    }
}
