//! Parameters that make no sense, as problems.

use std::str::FromStr;

use attempt_ledger_projections::calendar::CalendarError;
use axum::http::StatusCode;

use crate::http::problem::Problem;

/// Reads a whole number from a path or a query.
pub fn whole_number<T: FromStr>(name: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| invalid(name, "it must be a whole number"))
}

/// What a queue in a question has to be.
pub const QUEUE_GROUP: &str = "it must be the number of a queue, or none";

/// A parameter that makes no sense.
pub fn invalid(name: &str, reason: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "parameter_invalid", "A parameter is not valid")
        .with_detail(format!("`{name}`: {reason}."))
        .with_error(name, reason)
}

/// What is wrong with a time, a zone, an interval or a range, by the parameter that it came in.
pub fn calendar_fault(name: &str, error: &CalendarError) -> Problem {
    let name = match error {
        CalendarError::ZoneUnknown { .. } => "timezone",
        CalendarError::NotOnQuarterHour { edge, .. } => edge,
        CalendarError::RangeEmpty { .. } | CalendarError::RangeReversed { .. } => "to",
        CalendarError::TooManyBuckets { .. } => "interval",
        _ => name,
    };
    invalid(name, &error.reason()).with_hint(error.hint())
}
