//! Pages of attempts and of legs.

use serde::Serialize;
use utoipa::ToSchema;

use super::freshness::FreshnessAnswer;
use super::row::{AttemptRowAnswer, OfferRowAnswer};

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
