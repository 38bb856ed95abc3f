//! Sums apart by what their queues are known not to send: a sum holds only queues that know it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use attempt_ledger_domain::{EventKind, Position, QueueDefinition, QueueId};
use attempt_ledger_projections::history::{Item, Totals};
use attempt_ledger_projections::metrics::{Definition, KnownQueues, Measurement, Parameters, UnsentHooks};

use super::questions::Questions;
use super::subject::HistorySubject;

/// What the definitions in force say is not sent, by queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct QueueHooks(BTreeMap<QueueId, UnsentHooks>);

impl QueueHooks {
    /// What a queue is known not to send; nothing of one that is not defined.
    pub(crate) fn of(&self, queue_id: Option<QueueId>) -> UnsentHooks {
        queue_id.and_then(|queue_id| self.0.get(&queue_id)).copied().unwrap_or_default()
    }
}

impl Questions {
    /// What the definitions in force at a position say is not sent, of the queues that a question is about.
    pub(crate) fn queue_hooks(&self, whose: HistorySubject, as_of: Option<Position>) -> QueueHooks {
        let definitions: Vec<QueueDefinition> = match whose {
            HistorySubject::Queue(group) | HistorySubject::Agent(_, Some(group)) => match group.queue_id() {
                Some(queue_id) => self.ledger.definition_as_of(queue_id, as_of).into_iter().collect(),
                None => Vec::new(),
            },
            HistorySubject::Queues | HistorySubject::Agent(_, None) => self.ledger.definitions_as_of(as_of),
        };
        let unsent = definitions.iter().map(|one| (one.queue_id, UnsentHooks::of(one)));
        QueueHooks(unsent.filter(|(_, unsent)| *unsent != UnsentHooks::default()).collect())
    }
}

/// The sums of queues that send the same hooks.
#[derive(Clone, Debug)]
struct SumsPart {
    queues: BTreeSet<Option<QueueId>>,
    buckets: Vec<Totals>,
}

/// The sums of every bucket, apart by what their queues are known not to send.
#[derive(Clone, Debug)]
pub struct SplitSums {
    hooks: QueueHooks,
    bucket_count: usize,
    parts: BTreeMap<UnsentHooks, SumsPart>,
}

impl SplitSums {
    /// No sums of so many buckets yet.
    pub(crate) fn new(hooks: QueueHooks, bucket_count: usize) -> Self {
        Self { hooks, bucket_count, parts: BTreeMap::new() }
    }

    /// The sums of a queue's buckets, to add to.
    pub(crate) fn buckets_of(&mut self, queue_id: Option<QueueId>) -> &mut [Totals] {
        let buckets = self.bucket_count;
        let empty = || SumsPart { queues: BTreeSet::new(), buckets: vec![Totals::default(); buckets] };
        let part = self.parts.entry(self.hooks.of(queue_id)).or_insert_with(empty);
        part.queues.insert(queue_id);
        &mut part.buckets
    }

    /// Adds or retracts one item of a queue.
    pub(crate) fn add(&mut self, queue_id: Option<QueueId>, bucket: usize, item: &Item<'_>, times: i64) {
        self.buckets_of(queue_id)[bucket].add(item, times);
    }

    /// Whether the definitions behind other sums say the same.
    pub(crate) fn has_same_hooks(&self, other: &Self) -> bool {
        self.hooks == other.hooks
    }

    /// Whether retracting left anything below zero.
    pub(crate) fn has_negative(&self) -> bool {
        self.parts.values().flat_map(|part| &part.buckets).any(Totals::has_negative)
    }

    /// Measures metrics over some buckets, each over the queues that send what it needs.
    pub(crate) fn measure(
        &self,
        buckets: Range<usize>,
        parameters: &Parameters,
        metrics: &[&'static Definition],
    ) -> Vec<Measurement> {
        measure(&self.part_totals(buckets), parameters, metrics)
    }

    /// What all buckets add up to, apart by what their queues send.
    pub(crate) fn whole(&self) -> Vec<PartTotals<'_>> {
        self.part_totals(0..self.bucket_count)
    }

    /// Of which queues a metric over all buckets is known. It is asked once for many attempts.
    pub(crate) fn knowledge(&self, metric: &'static Definition) -> Knowledge<'_> {
        let parts = self.whole();
        let missing = parts.iter().map(|part| (part.unsent, metric.missing(part.unsent, &part.totals)));
        Knowledge { hooks: &self.hooks, metric, missing: missing.collect() }
    }

    fn part_totals(&self, buckets: Range<usize>) -> Vec<PartTotals<'_>> {
        let totals = |part: &'_ SumsPart| match part.buckets.get(buckets.clone()) {
            Some([_]) => None,
            _ => {
                let mut totals = Totals::default();
                part.buckets[buckets.clone()].iter().for_each(|one| totals.merge(one));
                Some(totals)
            }
        };
        let parts = self.parts.iter().map(|(unsent, part)| PartTotals {
            unsent: *unsent,
            queues: part.queues.len() as u64,
            totals: totals(part).map_or_else(|| Cow::Borrowed(&part.buckets[buckets.start]), Cow::Owned),
        });
        parts.collect()
    }
}

/// Measures metrics, each over the queues that send what it needs.
pub(crate) fn measure(
    parts: &[PartTotals<'_>],
    parameters: &Parameters,
    metrics: &[&'static Definition],
) -> Vec<Measurement> {
    let all: u64 = parts.iter().map(|part| part.queues).sum();
    // Most metrics are known of the same queues.
    let mut sums: HashMap<Vec<bool>, Totals> = HashMap::new();
    let measure = |metric: &&'static Definition| {
        let missing: Vec<Option<EventKind>> =
            parts.iter().map(|part| metric.missing(part.unsent, &part.totals)).collect();
        if let Some(kind) = missing.first().copied().flatten()
            && missing.iter().all(Option::is_some)
        {
            return metric.unsent(kind, parameters);
        }
        if let [one] = parts {
            return metric.measure(&one.totals, parameters);
        }
        let known: Vec<bool> = missing.iter().map(Option::is_none).collect();
        let meant = || parts.iter().zip(&known).filter(|(_, is_known)| **is_known).map(|(part, _)| part);
        let queues: u64 = meant().map(|part| part.queues).sum();
        let totals = sums.entry(known.clone()).or_insert_with(|| {
            let mut totals = Totals::default();
            meant().for_each(|part| totals.merge(&part.totals));
            totals
        });
        let measured = metric.measure(totals, parameters);
        let known_queues = KnownQueues { known: queues, of: all };
        Measurement { queues: (queues < all).then_some(known_queues), ..measured }
    };
    metrics.iter().map(measure).collect()
}

/// What queues add up to together, whatever they send.
pub(crate) fn together<'a>(parts: &'a [PartTotals<'a>]) -> Cow<'a, Totals> {
    if let [one] = parts {
        return Cow::Borrowed(&one.totals);
    }
    let mut all = Totals::default();
    parts.iter().for_each(|part| all.merge(&part.totals));
    Cow::Owned(all)
}

/// Of which queues a metric is known.
pub(crate) struct Knowledge<'a> {
    hooks: &'a QueueHooks,
    metric: &'static Definition,
    missing: BTreeMap<UnsentHooks, Option<EventKind>>,
}

impl Knowledge<'_> {
    /// The hook that the metric needs and a queue is known not to send, so that what stands in the queue is
    /// not in its value.
    pub(crate) fn missing(&self, queue_id: Option<QueueId>) -> Option<EventKind> {
        let unsent = self.hooks.of(queue_id);
        let nothing = || self.metric.missing(unsent, &Totals::default());
        self.missing.get(&unsent).copied().unwrap_or_else(nothing)
    }
}

/// What the queues that send the same hooks add up to.
pub(crate) struct PartTotals<'a> {
    unsent: UnsentHooks,
    queues: u64,
    totals: Cow<'a, Totals>,
}
