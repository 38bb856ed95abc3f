//! Lists of attempts: filtered, ordered, page by page or as a file.

use std::ops::ControlFlow;

use attempt_ledger_domain::timeline::AttemptState;
use attempt_ledger_domain::{AgentId, QueueId, QueueType};
use attempt_ledger_projections::{AttemptClass, AttemptRow, Gap};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::asked::Asked;
use super::asking::ask;
use super::attempt_rows::{ATTEMPT_COLUMNS, AttemptRowAnswer};
use super::columns::{cells, table};
use super::common::{KnownAt, Ordering, PageSize, Within};
use super::cursor::{self, Place};
use super::file_answers::{FileTurns, file};
use super::form::Form;
use super::freshness::{FreshnessAnswer, tagged};
use crate::http::problem::Problem;
use crate::queries::AttemptListing;
use crate::read_store::AttemptFilter;

/// Which attempts are listed. Everything that is given must hold.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AttemptsQuery {
    queue_id: Option<i64>,
    /// One of the eight queue types.
    #[param(value_type = Option<String>)]
    queue_type: Option<QueueType>,
    /// An agent to whom one of its legs belongs.
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
    /// A step that was not reported.
    #[param(value_type = Option<String>)]
    gap: Option<Gap>,
    /// Whether deliveries contradict each other.
    conflict: Option<bool>,
    /// Whether a delivery came more than a day late.
    late: Option<bool>,
}

impl AttemptsQuery {
    fn take(asked: &mut Asked) -> Result<Self, Problem> {
        Ok(Self {
            queue_id: asked.number("queue_id")?,
            queue_type: asked.one_of("queue_type", &QueueType::ALL, QueueType::name)?,
            agent_id: asked.number("agent_id")?,
            member_id: asked.number("member_id")?,
            destination: asked.text("destination")?,
            channel: asked.text("channel")?,
            result: asked.text("result")?,
            state: asked.one_of("state", &AttemptState::ALL, AttemptState::name)?,
            class: asked.one_of("class", &AttemptClass::ALL, AttemptClass::name)?,
            gap: asked.one_of("gap", &Gap::ALL, Gap::name)?,
            conflict: asked.flag("conflict")?,
            late: asked.flag("late")?,
        })
    }

    fn within(self, within: &Within) -> AttemptFilter {
        AttemptFilter {
            queue_id: self.queue_id.map(QueueId),
            queue_type: self.queue_type,
            agent_id: self.agent_id.map(AgentId),
            member_id: self.member_id,
            destination: self.destination,
            channel: self.channel,
            result: self.result,
            state: self.state,
            class: self.class,
            gap: self.gap,
            has_conflict: self.conflict,
            is_late: self.late,
            from: within.from,
            to: within.to,
            ..AttemptFilter::default()
        }
    }
}

/// A page of attempts.
#[derive(Serialize, ToSchema)]
pub struct AttemptsAnswer {
    /// In the order that was asked for.
    pub attempts: Vec<AttemptRowAnswer>,
    /// Pass it as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    pub freshness: FreshnessAnswer,
}

/// Attempts, newest first, page by page or as a file of all of them.
#[utoipa::path(
    get, path = "/v1/attempts", tag = "attempts",
    params(
        AttemptsQuery, Within, Ordering, PageSize, KnownAt, Form,
        ("cursor" = Option<String>, Query,
         description = "From an earlier page's `next_cursor`, with every other parameter as it was"),
    ),
    responses(
        (status = 200, body = AttemptsAnswer),
        (status = 304, description = "Not changed since the entity tag in If-None-Match"),
        (status = 400, body = Problem),
        (status = 422, description = "Too much has changed since `as_of`", body = Problem),
        (status = 503, description = "The read models do not contain `min_position` yet", body = Problem),
    )
)]
pub async fn list(
    State(api): State<Api>,
    Extension(turns): Extension<FileTurns>,
    mut asked: Asked,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let cursor = asked.text("cursor")?;
    let now = match &cursor {
        Some(cursor) => cursor::moment(cursor)?,
        None => api.ledger.environment().now(),
    };
    let query = AttemptsQuery::take(&mut asked)?;
    let filter = query.within(&Within::take(&mut asked, now)?);
    let Ordering { order } = Ordering::take(&mut asked)?;
    let (size, known_at, form) =
        (PageSize::take(&mut asked)?, KnownAt::take(&mut asked)?, Form::take(&mut asked)?);
    asked.done()?;
    let question = ("attempts", filter.clone(), order, known_at.as_of);
    let after = cursor.map(|text| cursor::read(&text, &question)).transpose()?.map(|place| place.after);
    let as_of = known_at.reached(&api).await?;
    let listing = AttemptListing { filter, order, after, as_of };
    if let Some(format) = form.format {
        return list_as_file(&api, &turns, (form, format), listing, size.limit).await;
    }
    let limit = size.of_page(&api.limits)?;
    let page = ask(&api, move |questions| questions.attempts(&listing, limit)).await?;
    let next_cursor = page.next.map(|after| cursor::write(Place { after, now }, &question));
    let link = next_cursor.as_deref().map(|cursor| asked.link_to_next(cursor));
    let freshness = FreshnessAnswer::of(page.freshness);
    known_at.is_in(&freshness)?;
    let answer = AttemptsAnswer {
        attempts: page.attempts.into_iter().map(AttemptRowAnswer::of).collect(),
        next_cursor,
        freshness: freshness.clone(),
    };
    let response = tagged(&headers, "attempts", &freshness, &(question, after, limit), &answer);
    Ok((link.map(|link| [(header::LINK, link)]), response).into_response())
}

async fn list_as_file(
    api: &Api,
    turns: &FileTurns,
    form: (Form, crate::files::FileFormat),
    listing: AttemptListing,
    limit: Option<usize>,
) -> Result<Response, Problem> {
    let mut left = limit.unwrap_or(usize::MAX);
    file(api, turns, form, table("attempts", &ATTEMPT_COLUMNS), move |questions, take| {
        questions.visit_attempts(&listing, &mut |row: AttemptRow| {
            left -= 1;
            let flow = take(&cells(&ATTEMPT_COLUMNS, &row));
            if left == 0 { ControlFlow::Break(()) } else { flow }
        })?;
        Ok(())
    })
    .await
}
