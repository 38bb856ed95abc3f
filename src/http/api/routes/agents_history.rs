//! The histories of all agents, as one file.

use attempt_ledger_domain::AgentId;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;

use crate::http::api::answer::{FilePermits, TakeRow, file, history_cells, history_table};
use crate::http::api::request::{
    Consistency, HistoryQuery, HistoryRequest, PageSize, QueryString, RowFormat, TimeRange, invalid,
};
use crate::http::api::state::Api;
use crate::http::problem::Problem;
use crate::queries::{HistoryQuestion, HistorySubject, QuestionError, Questions};
use crate::read_store::AgentFilter;

/// Agents that are looked up at once.
const AGENTS_AT_ONCE: usize = 1_000;

/// The history of each agent, in one file with an `agent_id` in every row.
///
/// Only as a file (`format`): the answer is as long as there are agents. One agent's comes as JSON, too.
#[utoipa::path(
    get, path = "/v1/agents/history", tag = "agents",
    params(
        TimeRange, HistoryQuery, PageSize, Consistency, RowFormat,
        ("group_by" = Option<String>, Query, description = "`agent`, which is needed"),
        ("queue_id" = Option<String>, Query,
         description = "Only what the agents did in this queue, or with `none` in no queue"),
    ),
    responses((status = 200, description = "The file"), (status = 400, body = Problem))
)]
pub async fn of_agents(
    State(api): State<Api>,
    Extension(permits): Extension<FilePermits>,
    mut query: QueryString,
) -> Result<Response, Problem> {
    let is_grouped = query.one_of("group_by", &["agent"], |name| name)?.is_some();
    let queue_id = query.queue("queue_id")?;
    // Whose history it is, is filled in for each agent.
    let whose = HistorySubject::Agent(AgentId(0), queue_id);
    let request = HistoryRequest::read(&api, &mut query, whose, false)?;
    if !is_grouped {
        let hint = "GET /v1/agents/{agent_id}/history returns one agent's.";
        return Err(invalid("group_by", "it must be agent").with_hint(hint));
    }
    let Some(format) = request.format.format else {
        return Err(invalid("format", "all agents together come as a file only"));
    };
    let question = request.question(request.consistency.wait(&api).await?);
    let table = history_table("agent_id", &question.metrics, &request.parameters());
    let mut left = request.size.limit.unwrap_or(usize::MAX);
    let visit = move |questions: &Questions, take: TakeRow<'_>| {
        visit_agents(questions, &mut |agent_id| {
            let question =
                HistoryQuestion { whose: HistorySubject::Agent(agent_id, queue_id), ..question.clone() };
            let mut goes_on = true;
            questions.visit_histories(&question, false, &mut |_, history| {
                for (bucket, measured) in question.buckets.iter().zip(history.buckets()) {
                    if left == 0 || take(&history_cells(Some(agent_id.0), bucket, &measured)).is_break() {
                        goes_on = false;
                        break;
                    }
                    left -= 1;
                }
                goes_on
            })?;
            Ok(goes_on)
        })
    };
    file(&api, &permits, (request.format, format), table, Box::new(visit)).await
}

/// Visits every agent by number, until `visit` returns false.
fn visit_agents(
    questions: &Questions,
    visit: &mut dyn FnMut(AgentId) -> Result<bool, QuestionError>,
) -> Result<(), QuestionError> {
    let mut filter = AgentFilter::default();
    loop {
        let page = questions.agents(&filter, AGENTS_AT_ONCE)?;
        for agent in &page.rows {
            if !visit(agent.agent_id)? {
                return Ok(());
            }
        }
        match page.next {
            Some(next) => filter.after = Some(AgentId(next)),
            None => return Ok(()),
        }
    }
}
