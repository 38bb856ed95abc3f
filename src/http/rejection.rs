//! What axum's extractors refuse, as problems.

use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::http::StatusCode;

use super::problem::Problem;

impl From<BytesRejection> for Problem {
    /// When the body was too large or too slow the edge knows it and answers 413 or 408 in place of this.
    fn from(_: BytesRejection) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "body_unreadable", "The body could not be read")
            .with_hint("Check `Content-Length` and `Transfer-Encoding`, and send the request again.")
    }
}

impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "path_invalid", "A part of the path is malformed")
            .with_hint("The paths and the types of their parts are listed in /openapi.json.")
    }
}
