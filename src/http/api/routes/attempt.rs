//! What happened in an attempt.

use std::sync::Arc;
use std::time::Duration;

use attempt_ledger_domain::timeline::Timeline;
use attempt_ledger_domain::{AttemptId, ORDINARY_RECORDS_MAX, Position};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use tokio::task::block_in_place;
use utoipa::IntoParams;

use crate::http::api::answer::{
    AttemptAnswer, AttemptEventsAnswer, EventAnswer, LinksAnswer, TimelineAnswer, answer_unless_current,
    unknown,
};
use crate::http::api::request::{
    IdPath, QueryFault, QueryString, as_of, attempt_id, invalid, question_hash, within_head,
};
use crate::http::api::state::Api;
use crate::http::problem::Problem;
use crate::ledger::PAGE_BYTES_MAX;
use crate::queries::{AttemptLinks, Dossier, QuestionError};

/// The most records that read models may be behind for the links of an attempt to wait for them.
const LINKS_BEHIND_MAX: u64 = 4_096;
/// How long they wait.
const LINKS_PATIENCE: Duration = Duration::from_secs(1);

/// Which part of a long answer is asked for.
#[derive(Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PartQuery {
    /// Where the part begins: `next_after` of the part before, with the same `as_of`.
    after: Option<u64>,
    /// The most rows of the part, 1 to 4 096. An ordinary attempt has no more.
    limit: Option<usize>,
}

impl PartQuery {
    fn read(query: &mut QueryString) -> Result<Self, QueryFault> {
        Ok(Self { after: query.number("after")?, limit: query.number("limit")? })
    }

    fn limit(self) -> Result<usize, Problem> {
        match self.limit {
            None => Ok(ORDINARY_RECORDS_MAX),
            Some(limit) if (1..=ORDINARY_RECORDS_MAX).contains(&limit) => Ok(limit),
            Some(_) => Err(invalid("limit", &format!("it must be 1 to {ORDINARY_RECORDS_MAX}"))),
        }
    }
}

/// Up to when the answer shall speak.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AsOfQuery {
    /// A log position: the answer is what the ledger knew there.
    as_of: Option<u64>,
}

impl AsOfQuery {
    fn read(mut query: QueryString) -> Result<Self, QueryFault> {
        let as_of = query.number("as_of")?;
        query.end()?;
        Ok(Self { as_of })
    }
}

/// The attempt and the position that a request names.
async fn attempt_and_position(
    api: &Api,
    path: IdPath,
    query: QueryString,
) -> Result<(AttemptId, Position), Problem> {
    // A path that cannot be taken apart is answered before its query string, an id that is no number after.
    let path = Ok(path?);
    let query = AsOfQuery::read(query).map_err(QueryFault::in_brief)?;
    Ok((attempt_id(path)?, as_of(api, query.as_of).await?))
}

fn unknown_attempt() -> Problem {
    unknown("attempt", "An attempt exists from its first recorded or refused event on.")
}

/// Everything about an attempt, with what other attempts show of it.
async fn dossier_and_links(
    api: &Api,
    attempt_id: AttemptId,
    as_of: Position,
) -> Result<(Arc<Dossier>, AttemptLinks), Problem> {
    let dossier = api.ask(|questions| questions.dossier(attempt_id, as_of))?;
    let dossier = dossier.ok_or_else(unknown_attempt)?;
    Ok((dossier, links(api, attempt_id, as_of).await?))
}

/// Adds what links say of an attempt to what its timeline says.
fn add_flags(timeline: &mut Timeline, links: &AttemptLinks) {
    for flag in &links.flags {
        if !timeline.flags.iter().any(|known| known == flag) {
            timeline.flags.push((*flag).to_owned());
        }
    }
}

/// The links of an attempt. Read models that are nearly there get a moment; the rest of the story is told
/// from the log alone, whatever has become of them.
async fn links(api: &Api, attempt_id: AttemptId, as_of: Position) -> Result<AttemptLinks, Problem> {
    let behind = as_of.0.saturating_sub(api.questions.projector.position().0);
    if (1..=LINKS_BEHIND_MAX).contains(&behind) {
        // What was waited for in vain shows in `links_known_to`.
        let _ = api.questions.wait_for(as_of, LINKS_PATIENCE).await;
    }
    match block_in_place(|| api.questions.links(attempt_id, as_of)) {
        Err(QuestionError::Store(error)) => {
            tracing::error!(%error, "the links of an attempt cannot be read");
            Ok(AttemptLinks { known_to: Some(Position(0)), ..AttemptLinks::default() })
        }
        answer => Ok(answer?),
    }
}

/// An attempt in short.
#[utoipa::path(
    get, path = "/v1/attempts/{attempt_id}", tag = "attempts",
    params(("attempt_id" = i64, Path), AsOfQuery),
    responses(
        (status = 200, body = AttemptAnswer),
        (status = 304, description = "Not changed since the entity tag in If-None-Match"),
        (status = 404, body = Problem),
    )
)]
pub async fn summary(
    State(api): State<Api>,
    path: IdPath,
    query: QueryString,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (attempt_id, as_of) = attempt_and_position(&api, path, query).await?;
    let (dossier, links) = dossier_and_links(&api, attempt_id, as_of).await?;
    let (mut timeline, entries) = (dossier.timeline.whole().clone(), dossier.timeline.entries());
    let rows = dossier.rows.clone().map(|rows| api.questions.shown_rows(rows, as_of));
    add_flags(&mut timeline, &links);
    let links = LinksAnswer::of(&links);
    let newest = entries.iter().map(|entry| entry.position.0).max().unwrap_or_default();
    // Flags, links, stretches and declared variables change without a record of the attempt: by time, by a
    // definition, by other attempts.
    let tag = timeline.flags.iter().fold(newest.to_string(), |tag, flag| tag + "-" + flag);
    let variables = rows.as_ref().and_then(|rows| rows.attempt.variables.as_ref());
    let tag = format!("\"{tag}-{:016x}\"", question_hash(&(&links, timeline.lapses, variables)));
    Ok(answer_unless_current(&headers, tag, &AttemptAnswer::of(timeline, entries, rows, links, as_of.0)))
}

/// Everything recorded about an attempt: events, refused siblings, and decisions about those.
///
/// A `runaway` attempt comes in parts; a part ends early when it has some MiB.
#[utoipa::path(
    get, path = "/v1/attempts/{attempt_id}/events", tag = "attempts",
    params(("attempt_id" = i64, Path), AsOfQuery, PartQuery),
    responses((status = 200, body = AttemptEventsAnswer), (status = 404, body = Problem))
)]
pub async fn events(
    State(api): State<Api>,
    path: IdPath,
    mut query: QueryString,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let part = PartQuery::read(&mut query).map_err(QueryFault::in_brief)?;
    let (attempt_id, as_of) = attempt_and_position(&api, path, query).await?;
    let after = within_head(&api, "after", part.after.unwrap_or_default()).await?;
    let limit = part.limit()?;
    let page = api.ledger.attempt_records(attempt_id, after, Some(as_of), limit)?;
    let page = page.ok_or_else(unknown_attempt)?;
    let answer = AttemptEventsAnswer {
        attempt_id: attempt_id.0,
        as_of: as_of.0,
        events: page.records.into_iter().map(|record| EventAnswer::of(&api.ledger, record)).collect(),
        next_after: page.next_after.map(|position| position.0),
    };
    Ok(answer_unless_current(&headers, format!("\"{}\"", page.newest), &answer))
}

/// The story of an attempt: lanes with phases, durations, gaps, and every delivery in time order.
///
/// A `runaway` attempt comes in parts: each has some of the deliveries, in time order, and the phases that
/// begin among them; the rest is about the whole attempt.
#[utoipa::path(
    get, path = "/v1/attempts/{attempt_id}/timeline", tag = "attempts",
    params(("attempt_id" = i64, Path), AsOfQuery, PartQuery),
    responses((status = 200, body = TimelineAnswer), (status = 404, body = Problem))
)]
pub async fn timeline(
    State(api): State<Api>,
    path: IdPath,
    mut query: QueryString,
) -> Result<Response, Problem> {
    let part = PartQuery::read(&mut query).map_err(QueryFault::in_brief)?;
    let (attempt_id, as_of) = attempt_and_position(&api, path, query).await?;
    let (after, limit) = (part.after.unwrap_or_default(), part.limit()?);
    let (dossier, links) = dossier_and_links(&api, attempt_id, as_of).await?;
    let class = dossier.rows.as_ref().map(|rows| rows.attempt.class.name());
    let after = usize::try_from(after).unwrap_or(usize::MAX);
    let (mut timeline, next_after) = dossier.timeline.page(after, limit, PAGE_BYTES_MAX);
    add_flags(&mut timeline, &links);
    let links = LinksAnswer::of(&links);
    // No entity tag: an attempt that never left changes with time alone.
    Ok(Json(TimelineAnswer { as_of: as_of.0, timeline, class, links, next_after }).into_response())
}
