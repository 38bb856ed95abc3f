//! Sends hooks to a server that may die at any moment.

use std::io::Result;

use super::hooks::Hook;
use crate::support::http::{Answer, Connection};

/// # Errors
/// When the server died before the answer was complete.
pub fn post(connection: &mut Connection, hook: &Hook) -> Result<Answer> {
    let json = [("content-type", "application/json")];
    connection.try_request(&format!("POST {}", hook.path()), &json, hook.body.as_bytes())
}

/// Whether the log has said that it takes no more writes.
pub fn is_poisoned(answer: &Answer) -> bool {
    answer.status == 503 && answer.json()["code"] == "log_poisoned"
}
