//! Lists of attempts: filtered, ordered, page by page or as a file.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use attempt_ledger_domain::timeline::AttemptState;
use attempt_ledger_domain::{
    AgentId, AttemptId, QueueDefinition, QueueGroup, QueueType, UnixMillis, undeclarable,
};
use attempt_ledger_projections::{AttemptClass, AttemptRow, Gap};
use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use utoipa::IntoParams;

use super::list::{ListSubject, list as list_rows};
use crate::http::api::answer::{
    AttemptsAnswer, FilePermits, FileShape, FreshnessAnswer, RowAnswer, TaggedPastResponses,
};
use crate::http::api::request::{
    AttemptFields, Consistency, PageSize, QueryString, RowFormat, RowOrder, TimeRange, VARIABLE,
    VariableTexts, invalid,
};
use crate::http::api::state::Api;
use crate::http::problem::Problem;
use crate::queries::{Freshness, Listing, Page, QuestionError, Questions};
use crate::read_store::AttemptFilter;

/// Which attempts are listed. Everything that is given must hold.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AttemptsQuery {
    attempt_id: Option<i64>,
    /// A queue's number, or `none` for attempts that stand in no queue.
    #[param(value_type = Option<String>)]
    queue_id: Option<QueueGroup>,
    /// One of the eight queue types, by name or by the producer's number 0 to 9.
    #[param(value_type = Option<String>)]
    queue_type: Option<QueueType>,
    /// An agent of one of its legs, or the one that it names last.
    agent_id: Option<i64>,
    member_id: Option<i64>,
    /// The exact number or address.
    destination: Option<String>,
    /// `call`, `chat`, `task` …
    channel: Option<String>,
    /// The exact result stated at Leaving.
    result: Option<String>,
    /// Where it stands.
    #[param(value_type = Option<String>)]
    state: Option<AttemptState>,
    /// What became of it.
    #[param(value_type = Option<String>)]
    class: Option<AttemptClass>,
    /// A step that was not reported; `never_left`: Leaving, of attempts that have been silent for longer than
    /// their queue's `leaving_deadline_ms`. That is about now, and takes no `as_of`.
    #[param(value_type = Option<String>)]
    gap: Option<Gap>,
    /// Whether deliveries contradict each other.
    conflict: Option<bool>,
    /// Whether a delivery came more than a day late.
    late: Option<bool>,
}

fn queue_types() -> String {
    format!("one of {}, or a number 0 to 9", QueueType::ALL.map(QueueType::name).join(", "))
}

impl AttemptsQuery {
    fn read(query: &mut QueryString) -> Result<Self, Problem> {
        Ok(Self {
            attempt_id: query.number("attempt_id")?,
            queue_id: query.queue("queue_id")?,
            queue_type: query.spelt("queue_type", QueueType::parse, &queue_types())?,
            agent_id: query.number("agent_id")?,
            member_id: query.number("member_id")?,
            destination: query.text("destination")?,
            channel: query.text("channel")?,
            result: query.text("result")?,
            state: query.one_of("state", &AttemptState::ALL, AttemptState::name)?,
            class: query.one_of("class", &AttemptClass::ALL, AttemptClass::name)?,
            gap: query.one_of("gap", &Gap::ALL, Gap::name)?,
            conflict: query.flag("conflict")?,
            late: query.flag("late")?,
        })
    }

    fn filter(self, range: &TimeRange, now: UnixMillis) -> AttemptFilter {
        let never_left_at = self.gap.filter(|gap| *gap == Gap::NeverLeft).map(|_| now);
        AttemptFilter {
            attempt_id: self.attempt_id.map(AttemptId),
            queue_id: self.queue_id,
            queue_type: self.queue_type,
            agent_id: self.agent_id.map(AgentId),
            member_id: self.member_id,
            destination: self.destination,
            channel: self.channel,
            result: self.result,
            state: self.state,
            class: self.class,
            gap: self.gap.filter(|_| never_left_at.is_none()),
            never_left_at,
            has_conflict: self.conflict,
            is_late: self.late,
            from: range.from,
            to: range.to,
            ..AttemptFilter::default()
        }
    }
}

/// How many variables a file has columns for: every format keeps something of each column in memory.
const VARIABLE_COLUMNS_MAX: usize = 1_000;

/// The subject of the list.
struct Attempts;

impl ListSubject for Attempts {
    const NAME: &'static str = "attempts";
    type Filter = AttemptFilter;
    type Row = AttemptRow;
    type Answer = AttemptsAnswer;

    fn filter(query: &mut QueryString, now: UnixMillis) -> Result<AttemptFilter, Problem> {
        let parameters = AttemptsQuery::read(query)?;
        let (fields, variables) = (AttemptFields::read(query)?, query.with_prefix(VARIABLE)?);
        let filter = parameters.filter(&TimeRange::read(query, now)?, now);
        Ok(AttemptFilter { fields, variables, ..filter })
    }

    fn check(api: &Api, filter: &AttemptFilter) -> Result<(), Problem> {
        let queues = if filter.variables.is_empty() { Vec::new() } else { api.ledger.queues() };
        let is_declared = |name: &str| queues.iter().any(|queue| queue.declares(name));
        match filter.variables.iter().find(|(name, _)| !is_declared(name)) {
            None => Ok(()),
            Some((name, _)) => {
                let reason =
                    undeclarable(name).unwrap_or("no queue's definition declares a variable of this name");
                Err(invalid(&format!("{VARIABLE}{name}"), reason))
            }
        }
    }

    fn file(api: &Api, filter: &AttemptFilter) -> Result<FileShape<AttemptRow>, Problem> {
        let is_meant =
            |queue: &QueueDefinition| filter.queue_id.is_none_or(|one| one.has(Some(queue.queue_id)));
        let queues = api.ledger.queues().into_iter().filter(is_meant);
        let names: BTreeSet<String> = queues.filter_map(|queue| queue.variables).flatten().collect();
        match names.len() {
            0..=VARIABLE_COLUMNS_MAX => Ok(FileShape::with_variables(names, VARIABLE)),
            many => Err(invalid(
                "format",
                &format!(
                    "{many} variables are declared, and a file has columns for {VARIABLE_COLUMNS_MAX}: ask \
                     for one queue's attempts by `queue_id`, or read pages"
                ),
            )),
        }
    }

    fn about_now(filter: &AttemptFilter) -> Option<&'static str> {
        filter.never_left_at.map(|_| "gap")
    }

    fn page(
        questions: &Questions,
        listing: &Listing<AttemptFilter>,
        limit: usize,
    ) -> Result<Page<AttemptRow>, QuestionError> {
        questions.attempts(listing, limit)
    }

    fn visit(
        questions: &Questions,
        listing: &Listing<AttemptFilter>,
        visit: &mut dyn FnMut(AttemptRow) -> ControlFlow<()>,
    ) -> Result<Freshness, QuestionError> {
        questions.visit_attempts(listing, visit)
    }

    fn answer(
        rows: Vec<AttemptRow>,
        next_cursor: Option<String>,
        freshness: FreshnessAnswer,
    ) -> AttemptsAnswer {
        AttemptsAnswer { attempts: rows.into_iter().map(RowAnswer).collect(), next_cursor, freshness }
    }
}

/// Attempts, newest first, page by page or as a file of all of them.
#[utoipa::path(
    get, path = "/v1/attempts", tag = "attempts",
    params(
        AttemptsQuery, AttemptFields, VariableTexts,
        TimeRange, RowOrder, PageSize, Consistency, RowFormat,
        ("cursor" = Option<String>, Query,
         description = "From an earlier page's `next_cursor`, with every other parameter as it was"),
    ),
    responses(
        (status = 200, body = AttemptsAnswer),
        TaggedPastResponses,
    )
)]
pub async fn list(
    State(api): State<Api>,
    Extension(permits): Extension<FilePermits>,
    query: QueryString,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    list_rows::<Attempts>(&api, &permits, query, &headers).await
}
