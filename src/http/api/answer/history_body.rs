//! What a request for a history is answered with.

use serde::Serialize;
use utoipa::ToSchema;

use super::difference::DifferenceOfAnswer;
use super::explanation::ExplanationAnswer;
use super::history::HistoryAnswer;

/// What a request for a history is answered with.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum HistoryBody {
    /// Without `explain`.
    History(Box<HistoryAnswer>),
    /// With `explain`.
    Explanation(Box<ExplanationAnswer>),
    /// With `explain` and `changed_since`.
    Difference(Box<DifferenceOfAnswer>),
}
