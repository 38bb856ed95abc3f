//! Queue and agent history: the catalogue's metrics, bucket by bucket.

use std::ops::Range;

use attempt_ledger_domain::Position;
use attempt_ledger_projections::calendar::Bucket;
use attempt_ledger_projections::history::{Attribution, Mix};
use attempt_ledger_projections::metrics::{
    Definition, Identity, Measurement, Operator, Parameters, Policy, Thresholds, values_needed,
};

use super::error::QuestionError;
use super::freshness::Freshness;
use super::questions::Questions;
use super::queue_terms::QueueTerms;
use super::split_sums::{SplitSums, together};
use super::subject::HistorySubject;
use super::sums::BucketSums;
use attempt_ledger_read_store::Projection;

/// What a question says about parameters; what it leaves out comes from a queue's definition, or a default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParameterOverrides {
    /// By which waits the calls of every queue are judged.
    pub thresholds: Thresholds,
    /// Whether a wait as long as the threshold is within it.
    pub operator: Option<Operator>,
    /// Which policy is the service level's value.
    pub policy: Option<Policy>,
    /// The waits for which abandons are counted one by one.
    pub abandoned_in_ms: Option<Vec<u64>>,
}

/// A question about history.
#[derive(Clone, Debug)]
pub struct HistoryQuestion {
    /// Whose.
    pub whose: HistorySubject,
    /// Adjoining buckets, ascending, at least one.
    pub buckets: Vec<Bucket>,
    /// By which attribution.
    pub attribution: Attribution,
    /// Which metrics.
    pub metrics: Vec<&'static Definition>,
    /// Their parameters.
    pub wishes: ParameterOverrides,
    /// As the ledger knew it at this position.
    pub as_of: Option<Position>,
}

/// The answer. Metrics are measured when they are asked for: all of them at once would take many times the
/// memory of the sums.
#[derive(Clone, Debug)]
pub struct MeasuredHistory {
    sums: SplitSums,
    bucket_count: usize,
    metrics: Vec<&'static Definition>,
    /// The conservation law over all buckets; only for a queue's history attributed to the start.
    pub identity: Option<Identity>,
    /// How often each result, cause and SIP code was stated; queues only.
    pub mix: Mix,
    /// The parameters in force. Of several queues, each has the thresholds that are not named here.
    pub parameters: Parameters,
    /// How fresh it is.
    pub freshness: Freshness,
}

impl HistoryQuestion {
    /// The projections that the answer rests on.
    pub(crate) fn projections(&self) -> Vec<Projection> {
        let own = match self.whose {
            HistorySubject::Queue(_) | HistorySubject::Queues => Projection::QueueHistory,
            // Values come from legs.
            HistorySubject::Agent(..) if !values_needed(&self.metrics).is_empty() => Projection::Offers,
            HistorySubject::Agent(..) => Projection::AgentHistory,
        };
        match self.as_of {
            Some(_) => vec![own, Projection::Attempts, Projection::Offers],
            None => vec![own],
        }
    }

    pub(crate) fn sums(&self, as_of: Option<Position>) -> BucketSums {
        BucketSums {
            whose: self.whose,
            attribution: self.attribution,
            buckets: self.buckets.iter().map(|bucket| bucket.start..bucket.end).collect(),
            values_of: values_needed(&self.metrics),
            with_mix: matches!(self.whose, HistorySubject::Queue(_) | HistorySubject::Queues),
            as_of,
        }
    }
}

impl MeasuredHistory {
    /// The metrics of each bucket of the question, in order.
    pub fn buckets(&self) -> impl Iterator<Item = Vec<Measurement>> {
        (0..self.bucket_count).map(|bucket| self.over(bucket..bucket + 1))
    }

    /// The metrics of all buckets together.
    #[must_use]
    pub fn total(&self) -> Vec<Measurement> {
        self.over(0..self.bucket_count)
    }

    fn over(&self, buckets: Range<usize>) -> Vec<Measurement> {
        self.sums.measure(buckets, &self.parameters, &self.metrics)
    }
}

impl Questions {
    /// The history that a question asks for.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn history(&self, question: &HistoryQuestion) -> Result<MeasuredHistory, QuestionError> {
        let parameters = self.parameters(question, question.as_of);
        let store = self.projector.models().current();
        let reader = store.reader()?;
        let freshness = self.freshness(reader.as_ref(), &question.projections(), question.as_of)?;
        let terms = self.terms(question, question.as_of);
        let log = self.ledger.log().as_ref();
        let sums = question.sums(question.as_of).read(reader.as_ref(), log, terms)?;
        let is_cohort = question.attribution == Attribution::Start;
        let is_queue = matches!(question.whose, HistorySubject::Queue(_) | HistorySubject::Queues);
        let (identity, mix) = {
            let whole = sums.whole();
            let all = together(&whole);
            ((is_cohort && is_queue).then(|| Identity::of(&all)), all.mix().clone())
        };
        Ok(MeasuredHistory {
            sums,
            bucket_count: question.buckets.len(),
            metrics: question.metrics.clone(),
            identity,
            mix,
            parameters,
            freshness,
        })
    }

    /// What is said about the queues of a question, as of a position.
    pub(crate) fn terms(&self, question: &HistoryQuestion, as_of: Option<Position>) -> QueueTerms {
        let HistoryQuestion { whose, attribution, ref wishes, .. } = *question;
        self.queue_terms(whose, attribution, wishes.thresholds, as_of)
    }

    /// The parameters in force: what the question says, else the definition of the one queue that it is
    /// about, as of a position, else defaults.
    pub(crate) fn parameters(&self, question: &HistoryQuestion, as_of: Option<Position>) -> Parameters {
        let wishes = &question.wishes;
        let thresholds = match question.whose {
            HistorySubject::Queue(group) => {
                let definition = group.queue_id().and_then(|id| self.ledger.definition_as_of(id, as_of));
                let thresholds =
                    wishes.thresholds.or(definition.as_ref().map(Thresholds::of).unwrap_or_default());
                Thresholds { service_level_ms: Some(thresholds.service_level_ms()), ..thresholds }
            }
            HistorySubject::Queues | HistorySubject::Agent(..) => wishes.thresholds,
        };
        let defaults = Parameters::default();
        Parameters {
            thresholds,
            operator: wishes.operator.unwrap_or_default(),
            policy: wishes.policy.unwrap_or_default(),
            abandoned_in_ms: wishes.abandoned_in_ms.clone().unwrap_or(defaults.abandoned_in_ms),
        }
    }
}
