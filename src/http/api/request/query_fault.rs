//! What can be wrong with a query string.

use axum::http::StatusCode;

use super::parameter::invalid;
use crate::http::problem::Problem;

/// What is wrong with one parameter of a query string.
pub enum QueryFault {
    /// It is given more than once.
    Repeated(String),
    /// Its text is not one that it may have; the reason says which those are.
    Malformed(String, String),
    /// The path has no such parameter.
    Unknown(String),
}

impl From<QueryFault> for Problem {
    fn from(fault: QueryFault) -> Self {
        match fault {
            QueryFault::Repeated(name) => invalid(&name, "it is given more than once"),
            QueryFault::Malformed(name, reason) => invalid(&name, &reason),
            QueryFault::Unknown(name) => {
                let problem =
                    Self::new(StatusCode::BAD_REQUEST, "query_invalid", "A query parameter is unknown")
                        .with_hint("The parameters of every path are listed in /openapi.json.");
                if !could_be_ours(&name) {
                    return problem;
                }
                problem
                    .with_detail(format!("`{name}`: this path knows no such parameter."))
                    .with_error(name, "this path knows no such parameter")
            }
        }
    }
}

impl QueryFault {
    /// The problem of the routes about deliveries, attempts, the log and refusals: one sentence for every
    /// fault. It is part of their contract, because clients compare it.
    pub fn in_brief(self) -> Problem {
        let problem = Problem::new(
            StatusCode::BAD_REQUEST,
            "query_invalid",
            "A query parameter is unknown or malformed",
        )
        .with_hint("The parameters and their types are listed in /openapi.json.");
        match self {
            Self::Malformed(name, _) | Self::Unknown(name) if could_be_ours(&name) => problem
                .with_detail(format!("`{name}`: it is unknown, given twice or not of its type."))
                .with_error(name, "it is unknown, given twice or not of its type"),
            Self::Repeated(_) | Self::Malformed(..) | Self::Unknown(_) => problem,
        }
    }
}

/// Whether a name can be a parameter of ours; one that cannot may be somebody's data, and is not repeated.
fn could_be_ours(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}
