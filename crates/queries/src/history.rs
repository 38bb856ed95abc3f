//! Queue and agent history: the catalogue's metrics, bucket by bucket.

use attempt_ledger_domain::{Position, QueueDefinition, QueueGroup};
use attempt_ledger_projections::calendar::Bucket;
use attempt_ledger_projections::history::{Attribution, Mix};
use attempt_ledger_projections::metrics::{
    Definition, Identity, Measurement, Operator, Parameters, Policy, SERVICE_LEVEL_THRESHOLD_MS_DEFAULT,
    values_needed,
};

use super::error::QuestionError;
use super::freshness::Freshness;
use super::questions::Questions;
use super::split_sums::{measure, together};
use super::subject::HistorySubject;
use super::sums::BucketSums;
use attempt_ledger_read_store::Projection;

/// What a question says about parameters; what it leaves out comes from the queue's definition, or a default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParameterOverrides {
    /// The wait within which an answer meets the service level.
    pub service_level_threshold_ms: Option<u64>,
    /// Whether a wait as long as the threshold is within it.
    pub operator: Option<Operator>,
    /// Which policy is the service level's value.
    pub policy: Option<Policy>,
    /// The wait up to which an abandon is short.
    pub short_abandon_threshold_ms: Option<u64>,
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

/// The answer.
#[derive(Clone, Debug)]
pub struct MeasuredHistory {
    /// The metrics of each bucket of the question, in order.
    pub buckets: Vec<Vec<Measurement>>,
    /// The metrics of all buckets together.
    pub total: Vec<Measurement>,
    /// The conservation law over all buckets; only for a queue's history attributed to the start.
    pub identity: Option<Identity>,
    /// How often each result, cause and SIP code was stated; queues only.
    pub mix: Mix,
    /// The parameters in force.
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
        let hooks = self.queue_hooks(question.whose, question.as_of);
        let log = self.ledger.log().as_ref();
        let sums = question.sums(question.as_of).read(reader.as_ref(), log, hooks)?;
        let bucket_count = question.buckets.len();
        let of_bucket = |bucket| sums.measure(bucket..bucket + 1, &parameters, &question.metrics);
        let whole = sums.whole();
        let all = together(&whole);
        let is_cohort = question.attribution == Attribution::Start;
        let is_queue = matches!(question.whose, HistorySubject::Queue(_) | HistorySubject::Queues);
        Ok(MeasuredHistory {
            buckets: (0..bucket_count).map(of_bucket).collect(),
            total: measure(&whole, &parameters, &question.metrics),
            identity: (is_cohort && is_queue).then(|| Identity::of(&all)),
            mix: all.mix().clone(),
            parameters,
            freshness,
        })
    }

    /// The parameters in force: what the question says, else the queue's definition of that position, else
    /// defaults.
    pub(crate) fn parameters(&self, question: &HistoryQuestion, as_of: Option<Position>) -> Parameters {
        let definition = match question.whose {
            HistorySubject::Queue(QueueGroup::Queue(queue_id)) => {
                self.ledger.definition_as_of(queue_id, as_of)
            }
            // Queues and agents in several queues have no threshold in common; what has no queue has none.
            HistorySubject::Queue(QueueGroup::NoQueue)
            | HistorySubject::Queues
            | HistorySubject::Agent(..) => None,
        };
        let defined = |read: fn(&QueueDefinition) -> Option<u64>| definition.as_ref().and_then(read);
        let wishes = &question.wishes;
        let defaults = Parameters::default();
        Parameters {
            service_level_threshold_ms: wishes
                .service_level_threshold_ms
                .or_else(|| defined(|definition| definition.service_level_threshold_ms))
                .unwrap_or(SERVICE_LEVEL_THRESHOLD_MS_DEFAULT),
            operator: wishes.operator.unwrap_or_default(),
            policy: wishes.policy.unwrap_or_default(),
            short_abandon_threshold_ms: wishes
                .short_abandon_threshold_ms
                .or_else(|| defined(|definition| definition.short_abandon_threshold_ms)),
            abandoned_in_ms: wishes.abandoned_in_ms.clone().unwrap_or(defaults.abandoned_in_ms),
        }
    }
}
