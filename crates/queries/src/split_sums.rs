//! Sums apart by what the definitions of their queues say: a sum holds only queues that know it, and each is
//! judged by its own thresholds.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use attempt_ledger_domain::{EventKind, QueueGroup, QueueId};
use attempt_ledger_projections::history::{Item, Totals};
use attempt_ledger_projections::metrics::{
    Definition, KnownQueues, Measurement, Parameters, QueueTotals, Thresholds, UnsentHooks,
};

use super::queue_terms::QueueTerms;

/// What queues of which the same is said have in one bucket.
#[derive(Clone, Debug, Default)]
struct PartBucket {
    totals: Totals,
    /// How many items each queue has in it: what has none here is not asked whether it knows.
    items: BTreeMap<Option<QueueId>, i64>,
}

/// The sums of every bucket, apart by what is said about their queues. What has nothing in a bucket takes no
/// place there.
#[derive(Clone, Debug)]
pub struct SplitSums {
    terms: QueueTerms,
    /// The one queue that a question is about: it is in every bucket, whatever it adds up to.
    asked: Option<QueueGroup>,
    bucket_count: usize,
    parts: BTreeMap<(UnsentHooks, Thresholds), BTreeMap<usize, PartBucket>>,
}

impl SplitSums {
    /// No sums of so many buckets yet.
    pub(crate) fn new(terms: QueueTerms, asked: Option<QueueGroup>, bucket_count: usize) -> Self {
        let mut parts = BTreeMap::new();
        if let Some(group) = asked {
            parts.insert(terms.of(group.queue_id()), BTreeMap::new());
        }
        Self { terms, asked, bucket_count, parts }
    }

    fn bucket_of(&mut self, queue_id: Option<QueueId>, bucket: usize) -> &mut PartBucket {
        debug_assert!(bucket < self.bucket_count, "every sum is of a bucket of the question");
        self.parts.entry(self.terms.of(queue_id)).or_default().entry(bucket).or_default()
    }

    /// Adds or retracts one item of a queue.
    pub(crate) fn add(&mut self, queue_id: Option<QueueId>, bucket: usize, item: &Item<'_>, times: i64) {
        let bucket = self.bucket_of(queue_id, bucket);
        bucket.totals.add(item, times);
        if !matches!(item, Item::Mix(..)) {
            *bucket.items.entry(queue_id).or_default() += times;
        }
    }

    /// Adds an interval of a queue.
    pub(crate) fn merge(&mut self, queue_id: Option<QueueId>, bucket: usize, interval: &Totals) {
        let bucket = self.bucket_of(queue_id, bucket);
        bucket.totals.merge(interval);
        *bucket.items.entry(queue_id).or_default() += interval.item_count();
    }

    /// Whether the definitions behind other sums say the same.
    pub(crate) fn has_same_terms(&self, other: &Self) -> bool {
        self.terms == other.terms
    }

    /// Whether retracting left anything below zero.
    pub(crate) fn has_negative(&self) -> bool {
        self.parts.values().flat_map(BTreeMap::values).any(|bucket| bucket.totals.has_negative())
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

    /// What all buckets add up to, apart by what is said about their queues.
    pub(crate) fn whole(&self) -> Vec<PartTotals<'_>> {
        self.part_totals(0..self.bucket_count)
    }

    /// Of which queues a metric over all buckets is known, and how each judges. It is asked once for many
    /// attempts.
    pub(crate) fn knowledge(&self, metric: &'static Definition) -> Knowledge<'_> {
        let parts = self.whole();
        let missing = parts.iter().map(|part| (part.terms, part.missing(metric)));
        Knowledge { terms: &self.terms, metric, missing: missing.collect() }
    }

    /// The parts whose queues have anything in some buckets: what a question says of them is the same
    /// whatever else it asks. Where none has, they are those that are defined: nothing came from what they
    /// send, and of the rest that is not known.
    fn part_totals(&self, range: Range<usize>) -> Vec<PartTotals<'_>> {
        let asked = self.asked.map(|group| (self.terms.of(group.queue_id()), group.queue_id()));
        let parts = self.parts.iter().map(|(terms, buckets)| {
            let buckets: Vec<&PartBucket> = buckets.range(range.clone()).map(|(_, bucket)| bucket).collect();
            let present = buckets.iter().flat_map(|bucket| &bucket.items).filter(|(_, items)| **items > 0);
            let mut queues: BTreeSet<Option<QueueId>> = present.map(|(queue_id, _)| *queue_id).collect();
            queues.extend(asked.filter(|(asked, _)| asked == terms).map(|(_, queue_id)| queue_id));
            PartTotals {
                terms: *terms,
                question: &self.terms,
                queues: queues.len() as u64,
                totals: totals_of(&buckets),
            }
        });
        let has_end = |part: &PartTotals<'_>| !self.terms.endless.contains_key(&part.terms.0);
        let present = parts.filter(|part| part.queues > 0 && has_end(part));
        let mut present: Vec<PartTotals<'_>> = present.collect();
        if present.is_empty() {
            present.extend(self.empty_parts().into_iter().filter(has_end));
        }
        present.extend(self.endless_parts());
        present
    }

    /// The queues of a sum that never tell an end, as parts of which nothing is known.
    fn endless_parts(&self) -> impl Iterator<Item = PartTotals<'_>> {
        let endless = self.terms.endless.iter();
        endless.map(|(unsent, queues)| PartTotals { queues: *queues, ..self.empty_part(*unsent) })
    }

    /// What defined queues do not send, each as a part to which no queue brings anything.
    fn empty_parts(&self) -> Vec<PartTotals<'_>> {
        let unsent = self.terms.hooks.distinct();
        unsent.into_iter().map(|unsent| self.empty_part(unsent)).collect()
    }

    fn empty_part(&self, unsent: UnsentHooks) -> PartTotals<'_> {
        PartTotals {
            terms: (unsent, Thresholds::default()),
            question: &self.terms,
            queues: 0,
            totals: Cow::Owned(Totals::default()),
        }
    }
}

/// What buckets add up to; of one, what it holds.
fn totals_of<'a>(buckets: &[&'a PartBucket]) -> Cow<'a, Totals> {
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
        let missing: Vec<Option<EventKind>> = parts.iter().map(|part| part.missing(metric)).collect();
        if let Some(kind) = missing.first().copied().flatten()
            && missing.iter().all(Option::is_some)
        {
            return metric.unsent(kind, parameters);
        }
        let known: Vec<bool> = missing.iter().map(Option::is_none).collect();
        let meant = || parts.iter().zip(&known).filter(|(_, is_known)| **is_known).map(|(part, _)| part);
        let present = meant().filter(|part| part.queues > 0);
        let queues: Vec<QueueTotals<'_>> = present.map(PartTotals::queue_totals).collect();
        if let [one] = parts {
            return metric.measure_queues(&one.totals, &queues, parameters);
        }
        let totals = sums.entry(known.clone()).or_insert_with(|| {
            let mut totals = Totals::default();
            meant().for_each(|part| totals.merge(&part.totals));
            totals
        });
        let measured = metric.measure_queues(totals, &queues, parameters);
        let known: u64 = meant().map(|part| part.queues).sum();
        Measurement { queues: (known < all).then_some(KnownQueues { known, of: all }), ..measured }
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

/// Of which queues a metric is known, and by which waits each judges.
pub(crate) struct Knowledge<'a> {
    terms: &'a QueueTerms,
    metric: &'static Definition,
    missing: BTreeMap<(UnsentHooks, Thresholds), Option<EventKind>>,
}

impl Knowledge<'_> {
    /// The hook that the metric needs and a queue is known not to send, so that what stands in the queue is
    /// not in its value.
    pub(crate) fn missing(&self, queue_id: Option<QueueId>) -> Option<EventKind> {
        let terms = self.terms.of(queue_id);
        let nothing = || self.terms.missing(self.metric, terms.0, &Totals::default());
        self.missing.get(&terms).copied().unwrap_or_else(nothing)
    }

    /// The parameters by which the calls of a queue are judged.
    pub(crate) fn parameters(&self, asked: &Parameters, queue_id: Option<QueueId>) -> Parameters {
        Parameters { thresholds: self.terms.thresholds.of(queue_id), ..asked.clone() }
    }
}

/// What the queues add up to of which the same is said.
pub(crate) struct PartTotals<'a> {
    terms: (UnsentHooks, Thresholds),
    question: &'a QueueTerms,
    queues: u64,
    totals: Cow<'a, Totals>,
}

impl PartTotals<'_> {
    /// The hook that a metric needs and these queues are known not to send.
    fn missing(&self, metric: &Definition) -> Option<EventKind> {
        self.question.missing(metric, self.terms.0, &self.totals)
    }

    fn queue_totals(&self) -> QueueTotals<'_> {
        QueueTotals { totals: &self.totals, thresholds: self.terms.1 }
    }
}
