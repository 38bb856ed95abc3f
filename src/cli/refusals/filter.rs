//! Which refusals are meant, and all of them, page by page.

use clap::Args;
use serde_json::Value;

use super::route::REFUSALS;
use crate::cli::CliError;
use crate::cli::arguments::TimeArguments;
use crate::cli::cells::members;
use crate::cli::query::Query;
use crate::cli::service_client::ServiceClient;
use crate::limits::PAGE_LIMIT_MAX;

/// Which refusals, by what is said about each.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct RefusalFilter {
    /// The rule's code
    #[arg(long, value_name = "CODE", visible_alias = "code")]
    rule: Option<String>,
    /// Those that name this attempt
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    attempt_id: Option<String>,
    /// Those that name this queue
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    queue_id: Option<String>,
    #[command(flatten)]
    pub(super) times: TimeArguments,
}

impl RefusalFilter {
    pub(super) fn query(&self) -> Query {
        self.times.add_to(Query::to(REFUSALS)).with_given([
            ("rule", &self.rule),
            ("attempt_id", &self.attempt_id),
            ("queue_id", &self.queue_id),
        ])
    }

    /// Whether it names any.
    pub(super) fn is_given(&self) -> bool {
        !self.query().is_bare()
    }
}

/// Visits every refusal of a question, newest first.
pub(super) fn visit(
    service: &ServiceClient,
    query: &Query,
    take: &mut dyn FnMut(&Value),
) -> Result<(), CliError> {
    let mut cursor = None;
    loop {
        let page = query.clone().with("limit", PAGE_LIMIT_MAX.to_string()).with_given([("cursor", &cursor)]);
        let answer = service.json::<Value>(&page)?;
        members(&answer, "refusals").iter().for_each(&mut *take);
        cursor = answer["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            return Ok(());
        }
    }
}
