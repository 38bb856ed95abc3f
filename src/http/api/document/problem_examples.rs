//! Examples of problems that a service is not brought to on purpose: they come with load, time or damage.

use axum::http::StatusCode;
use serde_json::Value;

use super::problems::PROBLEMS;
use crate::http::problem::Problem;

/// An answer of this status: its method and the end of its path, either of which may be empty, and its code.
/// The first that fits is taken.
const CODES: [(&str, &str, &str, &str); 17] = [
    ("400", "post", "/{event}", "body_unreadable"),
    ("400", "", "", "parameter_invalid"),
    ("404", "", "/snapshot", "no_snapshot"),
    ("404", "post", "/dismiss", "refusal_unknown"),
    ("404", "post", "/replay", "refusal_unknown"),
    ("404", "", "", "not_found"),
    ("409", "post", "/replay", "refusal_settled"),
    ("409", "", "", "rebuild_running"),
    ("413", "", "", "body_too_large"),
    ("415", "", "", "encoding_unsupported"),
    ("422", "put", "", "queue_definition_invalid"),
    ("422", "", "", "as_of_too_far_back"),
    ("503", "", "/backup", "too_many_files"),
    ("503", "", "/snapshot", "too_many_files"),
    ("503", "post", "", "log_busy"),
    ("503", "", "/readyz", "stopping"),
    ("503", "", "", "not_yet"),
];
/// What any operation may be answered with.
const ANY: &str = "internal_error";

/// A problem that the operation answers with this status.
pub fn problem_example(method: &str, path: &str, status: &str) -> Value {
    let fits = |(of, by, end, _): &&(&str, &str, &str, &str)| {
        *of == status && (by.is_empty() || *by == method) && path.ends_with(end)
    };
    let code = CODES.iter().find(fits).map_or(ANY, |(.., code)| *code);
    let (status, code, when) =
        PROBLEMS.iter().find(|(_, one, _)| *one == code).expect("the code is a problem's");
    let status = StatusCode::from_u16(*status).expect("the status is one");
    let problem = Problem::new(status, *code, when.trim_end_matches('.'));
    serde_json::to_value(problem).expect("a problem serializes")
}
