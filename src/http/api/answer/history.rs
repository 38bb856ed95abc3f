//! Histories: metrics bucket by bucket.

use std::collections::BTreeMap;
use std::sync::Arc;

use attempt_ledger_domain::{QueueGroup, UnixMillis};
use attempt_ledger_projections::calendar::Bucket;
use attempt_ledger_projections::history::{Dimension, Mix};
use attempt_ledger_projections::metrics::{Identity, Measurement};
use serde::{Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use super::freshness::FreshnessAnswer;
use super::measured::{MeasuredAnswer, ParametersAnswer};
use super::object_schema::{member, object_schema};
use crate::queries::MeasuredHistory;

/// Values by the keys of their metrics.
pub type MetricsAnswer = BTreeMap<&'static str, MeasuredAnswer>;

/// The answer for measured metrics.
pub fn metrics(measured: Vec<Measurement>) -> MetricsAnswer {
    measured.into_iter().map(|one| (one.key, MeasuredAnswer::of(one))).collect()
}

/// One bucket of a history. It holds `start` and not `end`.
#[derive(Serialize, ToSchema)]
pub struct BucketAnswer {
    /// In milliseconds since 1970.
    pub start: i64,
    /// In milliseconds since 1970.
    pub end: i64,
    #[doc = "`start` as the zone's clock shows it, with the offset, which tells repeated hours apart."]
    pub local_start: String,
    pub length_ms: u64,
    /// Whether an edge of the range cut it.
    pub is_partial: bool,
    /// Whether it ends after the newest record that the answer contains: its numbers may grow. Absent where
    /// it does not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_open: bool,
    /// Whether a change of the clock lies within it, took time from it, or shows its local time twice.
    pub offset_changes: bool,
    /// Values by the keys of their metrics.
    pub metrics: MetricsAnswer,
}

impl BucketAnswer {
    fn of(bucket: Bucket, measured: Vec<Measurement>, known_to: UnixMillis) -> Self {
        let Bucket { start, end, local_start, length_ms, is_partial, offset_changes } = bucket;
        let metrics = metrics(measured);
        let (is_open, start, end) = (end > known_to, start.0, end.0);
        Self { start, end, local_start, length_ms, is_partial, is_open, offset_changes, metrics }
    }
}

/// A history.
#[derive(Serialize, ToSchema)]
pub struct HistoryAnswer {
    /// Null for what stands in no queue; absent for all queues together.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub queue_id: Option<GroupAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<i64>,
    /// The range as it was answered, in milliseconds since 1970; `to` does not belong to it.
    pub from: i64,
    pub to: i64,
    /// The length of a bucket, as an ISO 8601 duration.
    pub interval: String,
    pub timezone: &'static str,
    /// `start`, `emit` or `end`.
    pub attribution: &'static str,
    #[serde(flatten)]
    pub series: Option<SeriesAnswer>,
    /// With `group_by=queue`, in place of one series: one for each queue, by number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queues: Option<Vec<QueueSeriesAnswer>>,
    /// With `group_by=queue` and `limit`: pass it as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    pub freshness: FreshnessAnswer,
}

/// A queue's number; null for what stands in no queue.
#[derive(Serialize)]
#[serde(transparent)]
pub struct GroupAnswer(Option<i64>);

impl GroupAnswer {
    pub fn of(group: QueueGroup) -> Self {
        Self(group.queue_id().map(|queue_id| queue_id.0))
    }
}

/// One queue's series, or that of what stands in none.
#[derive(Serialize, ToSchema)]
pub struct QueueSeriesAnswer {
    /// Null for what stands in no queue, the last of all.
    #[schema(required)]
    pub queue_id: Option<i64>,
    #[serde(flatten)]
    pub series: SeriesAnswer,
}

/// The numbers of one queue, of all queues, or of one agent.
#[derive(Serialize, ToSchema)]
pub struct SeriesAnswer {
    /// How they are measured.
    pub parameters: ParametersAnswer,
    /// In order, without a gap.
    #[schema(value_type = Vec<BucketAnswer>)]
    pub buckets: BucketsAnswer,
    /// The metrics of all buckets together.
    #[schema(value_type = MetricsAnswer)]
    pub total: TotalAnswer,
    /// Only for queues, attributed to the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityAnswer>,
    /// How often each result, cause and SIP code was stated; queues only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results: Option<Vec<ResultAnswer>>,
}

impl SeriesAnswer {
    pub fn of(buckets: Arc<[Bucket]>, history: MeasuredHistory, is_queue: bool) -> Self {
        let history = Arc::new(history);
        Self {
            parameters: ParametersAnswer::of(&history.parameters),
            total: TotalAnswer(Arc::clone(&history)),
            identity: history.identity.map(IdentityAnswer),
            results: is_queue.then(|| ResultAnswer::of(&history.mix)),
            buckets: BucketsAnswer { buckets, history },
        }
    }
}

/// Buckets that are measured one by one, as they are written: all at once they would take several times the
/// memory of their text.
pub struct BucketsAnswer {
    buckets: Arc<[Bucket]>,
    history: Arc<MeasuredHistory>,
}

impl Serialize for BucketsAnswer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let known_to = self.history.freshness.recorded_at;
        let buckets = self.buckets.iter().cloned().zip(self.history.buckets());
        serializer.collect_seq(buckets.map(|(bucket, measured)| BucketAnswer::of(bucket, measured, known_to)))
    }
}

/// What all buckets come to, measured as it is written.
pub struct TotalAnswer(Arc<MeasuredHistory>);

impl Serialize for TotalAnswer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        metrics(self.0.total()).serialize(serializer)
    }
}

/// The conservation law over the whole range, as the catalogue serializes it.
#[derive(Serialize)]
#[serde(transparent)]
pub struct IdentityAnswer(Identity);

impl PartialSchema for IdentityAnswer {
    fn schema() -> RefOr<Schema> {
        let counts = [
            "offered",
            "answered",
            "abandoned",
            "flowed_out",
            "cancelled",
            "not_reached",
            "dropped",
            "other",
            "open",
        ];
        let mut members: Vec<_> = counts.into_iter().map(|name| member::<i64>(name, "")).collect();
        members.push(member::<i64>(
            "join_unknown",
            "Of all these, attempts whose joining is not known: they are in no cohort.",
        ));
        members.push(member::<bool>("holds", "Whether offered = the sum of the classes − join_unknown."));
        object_schema(
            "Offered attempts and what became of them: the conservation law over the whole range.",
            members,
        )
    }
}

impl ToSchema for IdentityAnswer {}

/// How many attempts left with a result, a cause or a code.
#[derive(Serialize, ToSchema)]
pub struct ResultAnswer {
    /// `result`, `call_cause` or `call_sip_code`.
    pub dimension: &'static str,
    pub value: String,
    pub attempts: i64,
}

impl ResultAnswer {
    pub fn of(mix: &Mix) -> Vec<Self> {
        let answer = |(dimension, value, attempts): (Dimension, &str, i64)| Self {
            dimension: dimension.name(),
            value: value.to_owned(),
            attempts,
        };
        mix.iter().map(answer).collect()
    }
}
