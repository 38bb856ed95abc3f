//! Sums apart by what their queues are known not to send: a sum holds only queues that know it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use attempt_ledger_domain::{EventKind, Position, QueueDefinition, QueueGroup, QueueId};
use attempt_ledger_projections::history::{Item, Totals};
use attempt_ledger_projections::metrics::{Definition, KnownQueues, Measurement, Parameters, UnsentHooks};

use super::questions::Questions;
use super::subject::HistorySubject;

/// What the definitions in force say is not sent, by each queue that has one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct QueueHooks(BTreeMap<QueueId, UnsentHooks>);

impl QueueHooks {
    /// What a queue is known not to send; nothing of one that is not defined.
    pub(crate) fn of(&self, queue_id: Option<QueueId>) -> UnsentHooks {
        queue_id.and_then(|queue_id| self.0.get(&queue_id)).copied().unwrap_or_default()
    }

    /// What defined queues do not send, each as a part to which no queue brings anything.
    fn empty_parts<'a>(&self) -> Vec<PartTotals<'a>> {
        let unsent: BTreeSet<UnsentHooks> = self.0.values().copied().collect();
        let part = |unsent| PartTotals { unsent, queues: 0, totals: Cow::Owned(Totals::default()) };
        unsent.into_iter().map(part).collect()
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
        QueueHooks(unsent.collect())
    }
}

/// What queues that send the same hooks have in one bucket.
#[derive(Clone, Debug, Default)]
struct PartBucket {
    totals: Totals,
    /// How many items each queue has in it: what has none here is not asked whether it knows.
    items: BTreeMap<Option<QueueId>, i64>,
}

/// The sums of every bucket, apart by what their queues are known not to send.
#[derive(Clone, Debug)]
pub struct SplitSums {
    hooks: QueueHooks,
    /// The one queue that a question is about: it is in every bucket, whatever it adds up to.
    asked: Option<QueueGroup>,
    bucket_count: usize,
    parts: BTreeMap<UnsentHooks, Vec<PartBucket>>,
}

impl SplitSums {
    /// No sums of so many buckets yet.
    pub(crate) fn new(hooks: QueueHooks, asked: Option<QueueGroup>, bucket_count: usize) -> Self {
        let mut sums = Self { hooks, asked, bucket_count, parts: BTreeMap::new() };
        if let Some(group) = asked {
            sums.part_of(group.queue_id());
        }
        sums
    }

    fn part_of(&mut self, queue_id: Option<QueueId>) -> &mut [PartBucket] {
        let buckets = self.bucket_count;
        let empty = || vec![PartBucket::default(); buckets];
        self.parts.entry(self.hooks.of(queue_id)).or_insert_with(empty)
    }

    /// Adds or retracts one item of a queue.
    pub(crate) fn add(&mut self, queue_id: Option<QueueId>, bucket: usize, item: &Item<'_>, times: i64) {
        let bucket = &mut self.part_of(queue_id)[bucket];
        bucket.totals.add(item, times);
        if !matches!(item, Item::Mix(..)) {
            *bucket.items.entry(queue_id).or_default() += times;
        }
    }

    /// Adds an interval of a queue.
    pub(crate) fn merge(&mut self, queue_id: Option<QueueId>, bucket: usize, interval: &Totals) {
        let bucket = &mut self.part_of(queue_id)[bucket];
        bucket.totals.merge(interval);
        *bucket.items.entry(queue_id).or_default() += interval.item_count();
    }

    /// Whether the definitions behind other sums say the same.
    pub(crate) fn has_same_hooks(&self, other: &Self) -> bool {
        let says = |sums: &Self| -> BTreeMap<QueueId, UnsentHooks> {
            let unsent = sums.hooks.0.iter().filter(|(_, unsent)| **unsent != UnsentHooks::default());
            unsent.map(|(queue_id, unsent)| (*queue_id, *unsent)).collect()
        };
        says(self) == says(other)
    }

    /// Whether retracting left anything below zero.
    pub(crate) fn has_negative(&self) -> bool {
        self.parts.values().flatten().any(|bucket| bucket.totals.has_negative())
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

    /// The parts whose queues have anything in some buckets: what a question says of them is the same
    /// whatever else it asks. Where none has, they are those that are defined: nothing came from what they
    /// send, and of the rest that is not known.
    fn part_totals(&self, range: Range<usize>) -> Vec<PartTotals<'_>> {
        let asked = self.asked.map(|group| (self.hooks.of(group.queue_id()), group.queue_id()));
        let parts = self.parts.iter().map(|(unsent, buckets)| {
            let buckets = &buckets[range.clone()];
            let present = buckets.iter().flat_map(|bucket| &bucket.items).filter(|(_, items)| **items > 0);
            let mut queues: BTreeSet<Option<QueueId>> = present.map(|(queue_id, _)| *queue_id).collect();
            queues.extend(asked.filter(|(hooks, _)| hooks == unsent).map(|(_, queue_id)| queue_id));
            PartTotals { unsent: *unsent, queues: queues.len() as u64, totals: totals_of(buckets) }
        });
        let present: Vec<PartTotals<'_>> = parts.filter(|part| part.queues > 0).collect();
        if present.is_empty() { self.hooks.empty_parts() } else { present }
    }
}

/// What buckets add up to; of one, what it holds.
fn totals_of(buckets: &[PartBucket]) -> Cow<'_, Totals> {
    if let [one] = buckets {
        return Cow::Borrowed(&one.totals);
    }
    let mut totals = Totals::default();
    buckets.iter().for_each(|one| totals.merge(&one.totals));
    Cow::Owned(totals)
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
