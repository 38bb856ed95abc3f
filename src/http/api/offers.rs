//! Lists of agents' legs: filtered, ordered, page by page or as a file.

use std::ops::ControlFlow;

use attempt_ledger_domain::{AgentId, AttemptId, QueueId};
use attempt_ledger_projections::{OfferOutcome, OfferRow};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::asked::Asked;
use super::asking::ask;
use super::columns::{cells, table};
use super::common::{KnownAt, Ordering, PageSize, Within};
use super::cursor::{self, Place};
use super::file_answers::{FileTurns, file};
use super::form::Form;
use super::freshness::{FreshnessAnswer, tagged};
use super::offer_rows::{OFFER_COLUMNS, OfferRowAnswer};
use crate::files::FileFormat;
use crate::http::problem::Problem;
use crate::queries::OfferListing;
use crate::read_store::OfferFilter;

/// Which legs are listed. Everything that is given must hold; `from` and `to` mean legs that run at any time between.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OffersQuery {
    attempt_id: Option<i64>,
    agent_id: Option<i64>,
    queue_id: Option<i64>,
    /// How it ended.
    #[param(value_type = Option<String>)]
    outcome: Option<OfferOutcome>,
}

impl OffersQuery {
    fn take(asked: &mut Asked) -> Result<Self, Problem> {
        Ok(Self {
            attempt_id: asked.number("attempt_id")?,
            agent_id: asked.number("agent_id")?,
            queue_id: asked.number("queue_id")?,
            outcome: asked.one_of("outcome", &OfferOutcome::ALL, OfferOutcome::name)?,
        })
    }

    fn within(self, within: &Within) -> OfferFilter {
        OfferFilter {
            attempt_id: self.attempt_id.map(AttemptId),
            agent_id: self.agent_id.map(AgentId),
            queue_id: self.queue_id.map(QueueId),
            outcome: self.outcome,
            overlaps: within.open_ended(),
        }
    }
}

/// A page of legs.
#[derive(Serialize, ToSchema)]
pub struct OffersAnswer {
    /// In the order that was asked for.
    pub offers: Vec<OfferRowAnswer>,
    /// Pass it as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    pub freshness: FreshnessAnswer,
}

/// Agents' legs of attempts, newest first, page by page or as a file of all of them.
#[utoipa::path(
    get, path = "/v1/offers", tag = "agents",
    params(
        OffersQuery, Within, Ordering, PageSize, KnownAt, Form,
        ("cursor" = Option<String>, Query,
         description = "From an earlier page's `next_cursor`, with every other parameter as it was"),
    ),
    responses(
        (status = 200, body = OffersAnswer),
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
    let query = OffersQuery::take(&mut asked)?;
    let filter = query.within(&Within::take(&mut asked, now)?);
    let Ordering { order } = Ordering::take(&mut asked)?;
    let (size, known_at, form) =
        (PageSize::take(&mut asked)?, KnownAt::take(&mut asked)?, Form::take(&mut asked)?);
    asked.done()?;
    let question = ("offers", filter.clone(), order, known_at.as_of);
    let after = cursor.map(|text| cursor::read(&text, &question)).transpose()?.map(|place| place.after);
    let as_of = known_at.reached(&api).await?;
    let listing = OfferListing { filter, order, after, as_of };
    if let Some(format) = form.format {
        return list_as_file(&api, &turns, (form, format), listing, size.limit).await;
    }
    let limit = size.of_page(&api.limits)?;
    let page = ask(&api, move |questions| questions.offers(&listing, limit)).await?;
    let next_cursor = page.next.map(|after| cursor::write(Place { after, now }, &question));
    let link = next_cursor.as_deref().map(|cursor| asked.link_to_next(cursor));
    let freshness = FreshnessAnswer::of(page.freshness);
    known_at.is_in(&freshness)?;
    let answer = OffersAnswer {
        offers: page.offers.into_iter().map(OfferRowAnswer::of).collect(),
        next_cursor,
        freshness: freshness.clone(),
    };
    let response = tagged(&headers, "offers", &freshness, &(question, after, limit), &answer);
    Ok((link.map(|link| [(header::LINK, link)]), response).into_response())
}

async fn list_as_file(
    api: &Api,
    turns: &FileTurns,
    form: (Form, FileFormat),
    listing: OfferListing,
    limit: Option<usize>,
) -> Result<Response, Problem> {
    let mut left = limit.unwrap_or(usize::MAX);
    file(api, turns, form, table("offers", &OFFER_COLUMNS), move |questions, take| {
        questions.visit_offers(&listing, &mut |row: OfferRow| {
            left -= 1;
            let flow = take(&cells(&OFFER_COLUMNS, &row));
            if left == 0 { ControlFlow::Break(()) } else { flow }
        })?;
        Ok(())
    })
    .await
}
