//! Which log positions an answer has to contain, and which it may not.

use std::time::Duration;

use attempt_ledger_domain::Position;
use utoipa::IntoParams;

use super::log_position::within_head;
use super::query_string::QueryString;
use crate::http::api::state::Api;
use crate::http::problem::Problem;
use crate::queries::{Freshness, QuestionError};

/// Which log positions the answer contains.
#[derive(Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Consistency {
    /// A log position: the answer is what the ledger knew there, whatever came later.
    pub as_of: Option<u64>,
    /// A log position that the answer has to contain: the service waits for its read models, and answers 503
    /// `not_yet` when they do not get there in time. Take it from `Ledger-Position` to read your own write.
    pub min_position: Option<u64>,
}

impl Consistency {
    pub fn read(query: &mut QueryString) -> Result<Self, Problem> {
        Ok(Self { as_of: query.number("as_of")?, min_position: query.number("min_position")? })
    }

    /// Reads `min_position` alone, for routes that answer about now only.
    pub fn read_min_position(query: &mut QueryString) -> Result<Self, Problem> {
        Ok(Self { as_of: None, min_position: query.number("min_position")? })
    }

    /// Waits until the read models contain both positions, and returns that of the past, if one is asked for.
    pub async fn wait(self, api: &Api) -> Result<Option<Position>, Problem> {
        let past = match self.as_of {
            Some(stated) => Some(within_head(api, "as_of", stated).await?),
            None => None,
        };
        let wanted = past.max(self.min_position.map(Position));
        if let Some(wanted) = wanted {
            let patience = Duration::from_millis(api.limits.min_position_wait_ms);
            api.questions.wait_for(wanted, patience).await?;
        }
        Ok(past)
    }

    /// Checks that an answer contains `min_position`: that of a read model that stopped may not, however
    /// long it waits.
    pub fn check(self, freshness: &Freshness) -> Result<(), Problem> {
        let position = freshness.position;
        let Some(wanted) = self.min_position.map(Position) else { return Ok(()) };
        if self.as_of.is_some() || wanted <= position {
            return Ok(());
        }
        let problem = Problem::from(QuestionError::NotYet { wanted, position });
        if freshness.stopped.is_none() {
            return Err(problem);
        }
        Err(problem.without_retry().with_hint(
            "A read model stopped at an event, and waiting does not help: GET /v1/projections tells which \
             event; mend the cause and rebuild.",
        ))
    }
}
