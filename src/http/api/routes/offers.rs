//! Lists of agents' legs: filtered, ordered, page by page or as a file.

use std::ops::ControlFlow;

use attempt_ledger_domain::{AgentId, AttemptId, QueueGroup, UnixMillis};
use attempt_ledger_projections::{OfferOutcome, OfferRow};
use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use utoipa::IntoParams;

use super::list::{ListSubject, list as list_rows};
use crate::http::api::answer::{FilePermits, FreshnessAnswer, OffersAnswer, RowAnswer, TaggedPastResponses};
use crate::http::api::request::{
    Consistency, LegFields, PageSize, QueryString, RowFormat, RowOrder, TimeRange,
};
use crate::http::api::state::Api;
use crate::http::problem::Problem;
use crate::queries::{Freshness, Listing, Page, QuestionError, Questions};
use crate::read_store::OfferFilter;

/// Which legs are listed. Everything that is given must hold; `from` and `to` mean legs that run at any time
/// between.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OffersQuery {
    attempt_id: Option<i64>,
    agent_id: Option<i64>,
    /// A queue's number, or `none` for legs that stand in no queue.
    #[param(value_type = Option<String>)]
    queue_id: Option<QueueGroup>,
    /// How it ended.
    #[param(value_type = Option<String>)]
    outcome: Option<OfferOutcome>,
}

impl OffersQuery {
    fn read(query: &mut QueryString) -> Result<Self, Problem> {
        Ok(Self {
            attempt_id: query.number("attempt_id")?,
            agent_id: query.number("agent_id")?,
            queue_id: query.queue("queue_id")?,
            outcome: query.one_of("outcome", &OfferOutcome::ALL, OfferOutcome::name)?,
        })
    }

    fn filter(self, range: &TimeRange) -> OfferFilter {
        OfferFilter {
            attempt_id: self.attempt_id.map(AttemptId),
            agent_id: self.agent_id.map(AgentId),
            queue_id: self.queue_id,
            outcome: self.outcome,
            overlaps: range.open_ended(),
            ..OfferFilter::default()
        }
    }
}

/// The subject of the list.
struct Offers;

impl ListSubject for Offers {
    const NAME: &'static str = "offers";
    type Filter = OfferFilter;
    type Row = OfferRow;
    type Answer = OffersAnswer;

    fn filter(query: &mut QueryString, now: UnixMillis) -> Result<OfferFilter, Problem> {
        let parameters = OffersQuery::read(query)?;
        let fields = LegFields::read(query)?;
        Ok(OfferFilter { fields, ..parameters.filter(&TimeRange::read(query, now)?) })
    }

    fn page(
        questions: &Questions,
        listing: &Listing<OfferFilter>,
        limit: usize,
    ) -> Result<Page<OfferRow>, QuestionError> {
        questions.offers(listing, limit)
    }

    fn visit(
        questions: &Questions,
        listing: &Listing<OfferFilter>,
        visit: &mut dyn FnMut(OfferRow) -> ControlFlow<()>,
    ) -> Result<Freshness, QuestionError> {
        questions.visit_offers(listing, visit)
    }

    fn answer(rows: Vec<OfferRow>, next_cursor: Option<String>, freshness: FreshnessAnswer) -> OffersAnswer {
        OffersAnswer { offers: rows.into_iter().map(RowAnswer).collect(), next_cursor, freshness }
    }
}

/// Agents' legs of attempts, newest first, page by page or as a file of all of them.
#[utoipa::path(
    get, path = "/v1/offers", tag = "agents",
    params(
        OffersQuery, LegFields, TimeRange, RowOrder, PageSize, Consistency, RowFormat,
        ("cursor" = Option<String>, Query,
         description = "From an earlier page's `next_cursor`, with every other parameter as it was"),
    ),
    responses(
        (status = 200, body = OffersAnswer),
        TaggedPastResponses,
    )
)]
pub async fn list(
    State(api): State<Api>,
    Extension(permits): Extension<FilePermits>,
    query: QueryString,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    list_rows::<Offers>(&api, &permits, query, &headers).await
}
