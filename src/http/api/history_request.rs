//! A request for a history, read and judged as a whole.

use attempt_ledger_domain::{Position, UnixMillis};
use attempt_ledger_projections::calendar::{Bucket, Range, buckets};
use attempt_ledger_projections::history::Attribution;
use attempt_ledger_projections::metrics::{HistoryKind, Operator, Parameters, Policy};
use serde::Serialize;

use super::Api;
use super::asked::{Asked, calendar_fault};
use super::common::{KnownAt, PageSize, Within};
use super::cursor;
use super::form::Form;
use super::history_query::{ExplainQuery, HistoryQuery};
use super::parameters::invalid;
use crate::http::problem::Problem;
use crate::queries::{HistoryQuestion, HistorySubject};

/// What is asked for.
pub struct HistoryRequest {
    pub whose: HistorySubject,
    /// One series for each queue.
    pub is_grouped: bool,
    pub within: Within,
    /// The range, widened to quarters of an hour.
    pub range: Range,
    pub buckets: Vec<Bucket>,
    pub query: HistoryQuery,
    pub explain: ExplainQuery,
    pub size: PageSize,
    pub known_at: KnownAt,
    pub form: Form,
    pub cursor: Option<String>,
    /// The moment that relative times refer to.
    pub now: UnixMillis,
}

/// What cursors and entity tags are bound to.
#[derive(Serialize)]
pub struct Bound {
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
    as_of: Option<u64>,
}

impl HistoryRequest {
    /// Takes every parameter that histories share, after those that are a route's own.
    ///
    /// # Errors
    /// A 400 problem that names the parameter.
    pub fn take(api: &Api, asked: &mut Asked, whose: HistorySubject) -> Result<Self, Problem> {
        let cursor = asked.text("cursor")?;
        let now = match &cursor {
            Some(cursor) => cursor::moment(cursor)?,
            None => api.ledger.environment().now(),
        };
        let of = history_of(whose);
        let within = Within::take(asked, now)?;
        let query = HistoryQuery::take(asked, of)?;
        let explain = ExplainQuery::take(asked, of, &query.metrics)?;
        let (size, known_at, form) = (PageSize::take(asked)?, KnownAt::take(asked)?, Form::take(asked)?);
        asked.done()?;
        let (is_explained, is_file) = (explain.explain.is_some(), form.format.is_some());
        for (name, is_wrong, reason) in [
            ("limit", size.limit.is_some() && !is_explained && !is_file, "it goes with `explain` or a file"),
            ("cursor", cursor.is_some() && !is_explained, "it goes with `explain`"),
            ("cursor", cursor.is_some() && explain.changed_since.is_some(), "changes have one page"),
            ("format", is_explained && is_file, "explanations come as JSON only"),
        ] {
            if is_wrong {
                return Err(invalid(name, reason));
            }
        }
        let range = within.both()?.widened_to_quarter_hours();
        let buckets = buckets(range, query.interval, within.timezone, api.limits.history_buckets_max)
            .map_err(|error| calendar_fault("interval", &error))?;
        let is_grouped = false;
        Ok(Self {
            whose,
            is_grouped,
            within,
            range,
            buckets,
            query,
            explain,
            size,
            known_at,
            form,
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
    pub fn bound(&self) -> Bound {
        let query = &self.query;
        Bound {
            whose: format!("{:?}", self.whose),
            is_grouped: self.is_grouped,
            range: self.range,
            interval: query.interval.to_string(),
            timezone: self.within.timezone.name(),
            attribution: query.attribution,
            threshold_ms: query.threshold_ms,
            operator: query.operator,
            policy: query.policy,
            short_abandon_ms: query.short_abandon_ms,
            abandoned_in_ms: query.abandoned_in_ms.clone(),
            metrics: query.metrics.iter().map(|metric| metric.key).collect(),
            explain: self.explain.explain.map(|metric| metric.key),
            changed_since: self.explain.changed_since,
            as_of: self.known_at.as_of,
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
    pub fn ids(&self) -> (Option<i64>, Option<i64>) {
        match self.whose {
            HistorySubject::Queue(queue_id) => (Some(queue_id.0), None),
            HistorySubject::Queues => (None, None),
            HistorySubject::Agent(agent_id, queue_id) => {
                (queue_id.map(|queue_id| queue_id.0), Some(agent_id.0))
            }
        }
    }
}

const fn history_of(whose: HistorySubject) -> HistoryKind {
    match whose {
        HistorySubject::Queue(_) | HistorySubject::Queues => HistoryKind::Queue,
        HistorySubject::Agent(..) => HistoryKind::Agent,
    }
}
