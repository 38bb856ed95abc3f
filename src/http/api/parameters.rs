//! Query parameters that several routes share, read strictly: an unknown one is answered, not ignored.

use attempt_ledger_domain::{AttemptId, Position};
use axum::http::StatusCode;

use crate::http::problem::Problem;
use crate::limits::Limits;

/// Reads a whole number from a path or a query.
///
/// # Errors
/// A 400 problem that names the parameter.
pub fn whole_number<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| invalid(name, "it must be a whole number"))
}

/// The attempt that a path names.
///
/// # Errors
/// A 400 problem that names the parameter.
pub fn attempt_id(text: &str) -> Result<AttemptId, Problem> {
    whole_number("attempt_id", text).map(AttemptId)
}

/// The position up to which an answer shall speak.
///
/// # Errors
/// A 400 problem when it lies beyond the end of the log.
pub fn as_of(stated: Option<u64>, head: Position) -> Result<Position, Problem> {
    match stated.map(Position) {
        Some(position) if position > head => {
            Err(invalid("as_of", &format!("the log ends at position {head}")))
        }
        stated => Ok(stated.unwrap_or(head)),
    }
}

/// The rows of a page.
///
/// # Errors
/// A 400 problem when it is 0 or more than the limit.
pub fn page_limit(stated: Option<usize>, limits: &Limits) -> Result<usize, Problem> {
    match stated {
        None => Ok(limits.page_limit_default),
        Some(limit) if (1..=limits.page_limit_max).contains(&limit) => Ok(limit),
        Some(_) => Err(invalid("limit", &format!("it must be 1 to {}", limits.page_limit_max))),
    }
}

/// A parameter that makes no sense.
pub fn invalid(name: &str, reason: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "parameter_invalid", "A parameter is not valid")
        .with_detail(format!("`{name}`: {reason}."))
        .with_error(name, reason)
}
