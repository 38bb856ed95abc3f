//! A request for a history, read and judged as a whole.

use attempt_ledger_domain::{Position, QueueGroup, UnixMillis};
use attempt_ledger_projections::calendar::{Bucket, Range, buckets};
use attempt_ledger_projections::history::Attribution;
use attempt_ledger_projections::metrics::{HistoryKind, Operator, Parameters, Policy};
use serde::Serialize;

use super::consistency::Consistency;
use super::cursor::Cursor;
use super::history_query::{ExplainQuery, HistoryQuery};
use super::page_size::PageSize;
use super::parameter::{calendar_fault, invalid};
use super::query_string::QueryString;
use super::row_format::RowFormat;
use super::time_range::TimeRange;
use crate::http::api::state::Api;
use crate::http::problem::Problem;
use crate::queries::{HistoryQuestion, HistorySubject};

/// What is asked for.
pub struct HistoryRequest {
    pub whose: HistorySubject,
    /// One series for each queue.
    pub is_grouped: bool,
    pub time_range: TimeRange,
    /// The range, widened to quarters of an hour.
    pub range: Range,
    pub buckets: Vec<Bucket>,
    pub query: HistoryQuery,
    pub explain: ExplainQuery,
    pub size: PageSize,
    pub consistency: Consistency,
    pub format: RowFormat,
    pub cursor: Option<String>,
    /// The moment that relative times refer to.
    pub now: UnixMillis,
}

/// What cursors and entity tags are bound to.
#[derive(Serialize)]
pub struct HistoryKey {
    whose: String,
    is_grouped: bool,
    range: Range,
    interval: String,
    timezone: &'static str,
    attribution: Attribution,
    threshold_ms: Option<u64>,
    operator: Option<Operator>,
    policy: Option<Policy>,
    short_abandon_ms: Option<u64>,
    abandoned_in_ms: Vec<u64>,
    metrics: Vec<&'static str>,
    explain: Option<&'static str>,
    changed_since: Option<u64>,
    left_out: Option<bool>,
    as_of: Option<u64>,
}

impl HistoryRequest {
    /// Reads every parameter that histories share, after those that are a route's own.
    pub fn read(
        api: &Api,
        query: &mut QueryString,
        whose: HistorySubject,
        is_grouped: bool,
    ) -> Result<Self, Problem> {
        let cursor = query.text("cursor")?;
        let now = match &cursor {
            Some(cursor) => Cursor::moment(cursor)?,
            None => api.ledger.environment().now(),
        };
        let of = history_of(whose);
        let time_range = TimeRange::read(query, now)?;
        let history = HistoryQuery::read(query, of)?;
        let explain = ExplainQuery::read(query, of, &history.metrics)?;
        let (size, consistency, format) =
            (PageSize::read(query)?, Consistency::read(query)?, RowFormat::read(query)?);
        query.end()?;
        let (is_explained, is_file) = (explain.explain.is_some(), format.format.is_some());
        let is_paged = is_explained || is_grouped;
        for (name, is_wrong, reason) in [
            (
                "limit",
                size.limit.is_some() && !is_paged && !is_file,
                "it goes with `explain`, `group_by` or a file",
            ),
            ("cursor", cursor.is_some() && !is_paged, "it goes with `explain` or `group_by`"),
            ("cursor", cursor.is_some() && is_file, "a file has one part"),
            ("cursor", cursor.is_some() && explain.changed_since.is_some(), "changes have one page"),
            ("format", explain.changed_since.is_some() && is_file, "changes come as JSON only"),
        ] {
            if is_wrong {
                return Err(invalid(name, reason));
            }
        }
        let range = time_range.bounded()?.widened_to_quarter_hours();
        let buckets = buckets(range, history.interval, time_range.timezone, api.limits.history_buckets_max)
            .map_err(|error| calendar_fault("interval", &error))?;
        Ok(Self {
            whose,
            is_grouped,
            time_range,
            range,
            buckets,
            query: history,
            explain,
            size,
            consistency,
            format,
            cursor,
            now,
        })
    }

    /// The question, as the ledger knew the answer at a position or knows it now.
    pub fn question(&self, as_of: Option<Position>) -> HistoryQuestion {
        HistoryQuestion {
            whose: self.whose,
            buckets: self.buckets.clone(),
            attribution: self.query.attribution,
            metrics: self.query.metrics.clone(),
            wishes: self.query.wishes(),
            as_of,
        }
    }

    /// What cursors and entity tags are bound to.
    pub fn key(&self) -> HistoryKey {
        let query = &self.query;
        HistoryKey {
            whose: format!("{:?}", self.whose),
            is_grouped: self.is_grouped,
            range: self.range,
            interval: query.interval.to_string(),
            timezone: self.time_range.timezone.name(),
            attribution: query.attribution,
            threshold_ms: query.threshold_ms,
            operator: query.operator,
            policy: query.policy,
            short_abandon_ms: query.short_abandon_ms,
            abandoned_in_ms: query.abandoned_in_ms.clone(),
            metrics: query.metrics.iter().map(|metric| metric.key).collect(),
            explain: self.explain.explain.map(|metric| metric.key),
            changed_since: self.explain.changed_since,
            left_out: self.explain.left_out,
            as_of: self.consistency.as_of,
        }
    }

    /// Parameters that give a table its columns: what thresholds are in force makes no difference.
    pub fn parameters(&self) -> Parameters {
        let defaults = Parameters::default();
        let abandoned_in_ms = self.query.wishes().abandoned_in_ms.unwrap_or(defaults.abandoned_in_ms);
        Parameters { abandoned_in_ms, ..defaults }
    }

    /// Whether it is about queues.
    pub fn is_queue(&self) -> bool {
        history_of(self.whose) == HistoryKind::Queue
    }

    /// The read model's name in entity tags.
    pub fn name(&self) -> &'static str {
        if self.is_queue() { "queue_history" } else { "agent_history" }
    }

    /// The queue and the agent that the answer names.
    pub fn ids(&self) -> (Option<QueueGroup>, Option<i64>) {
        match self.whose {
            HistorySubject::Queue(group) => (Some(group), None),
            HistorySubject::Queues => (None, None),
            HistorySubject::Agent(agent_id, group) => (group, Some(agent_id.0)),
        }
    }
}

const fn history_of(whose: HistorySubject) -> HistoryKind {
    match whose {
        HistorySubject::Queue(_) | HistorySubject::Queues => HistoryKind::Queue,
        HistorySubject::Agent(..) => HistoryKind::Agent,
    }
}
