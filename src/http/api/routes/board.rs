//! What is open now.

use axum::extract::State;
use axum::response::Response;

use crate::http::api::answer::{BoardAnswer, FreshnessAnswer, PresentResponses, RowsNowAnswer, counted_json};
use crate::http::api::request::{Consistency, QueryString};
use crate::http::api::state::Api;
use crate::http::edge::AnswerMemory;
use crate::http::problem::Problem;

/// Who waits, rings, talks and wraps up now, queue by queue.
///
/// There is no entity tag: waits grow with time alone.
#[utoipa::path(
    get, path = "/v1/now", tag = "queues",
    params(
        ("queue_id" = Option<String>, Query, description = "Only this queue; `none` for what has no queue"),
        ("min_position" = Option<u64>, Query,
         description = "A log position that the answer has to contain; see GET /v1/attempts"),
    ),
    responses(
        (status = 200, body = BoardAnswer),
        PresentResponses,
    )
)]
pub async fn now(
    State(api): State<Api>,
    memory: AnswerMemory,
    mut query: QueryString,
) -> Result<Response, Problem> {
    let queue = query.queue("queue_id")?;
    let consistency = Consistency::read_min_position(&mut query)?;
    query.end()?;
    consistency.wait(&api).await?;
    let _turn = api.large_turn().await?;
    let board = api.ask(move |questions| questions.board(queue))?;
    consistency.check(&board.freshness)?;
    let freshness = FreshnessAnswer::of(board.freshness);
    let answer = BoardAnswer { now: board.now.0, queues: RowsNowAnswer(board.queues), freshness };
    counted_json(&memory, &answer)
}
