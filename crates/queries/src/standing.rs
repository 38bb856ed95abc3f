//! Where every read model stands.

use attempt_ledger_domain::{Position, UnixMillis};
use attempt_ledger_projector::statuses;
use attempt_ledger_read_store::{Failure, Projection};

use super::error::QuestionError;
use super::questions::Questions;

/// Whether a read model comes forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProjectionState {
    /// It does.
    Moving,
    /// It stopped at an event.
    Stopped,
    /// Another version of the fold filled it.
    Outdated,
}

impl ProjectionState {
    /// The name in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Moving => "moving",
            Self::Stopped => "stopped",
            Self::Outdated => "outdated",
        }
    }
}

/// Where one read model stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Which.
    pub projection: Projection,
    /// The version of the fold that filled it.
    pub version: u32,
    /// The log position of the last record that it contains.
    pub position: Position,
    /// When the ledger took that record.
    pub recorded_at: UnixMillis,
    /// Records of the log that it does not contain.
    pub lag_records: u64,
    /// How long the oldest of them has been waiting.
    pub lag_ms: u64,
    /// Whether it comes forward.
    pub state: ProjectionState,
    /// The event that stopped it.
    pub failure: Option<Failure>,
}

impl Questions {
    /// Where every read model stands, in the order in which they are kept, and the end of the log.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn standings(&self) -> Result<(Vec<Standing>, Position), QuestionError> {
        let head = self.ledger.log().head();
        let now = self.ledger.environment().now();
        let mut standings = Vec::new();
        let mut oldest: Option<(Position, UnixMillis)> = None;
        for status in statuses(self.projector.models().current().as_ref())? {
            let position = status.checkpoint.position;
            let lag_records = head.0.saturating_sub(position.0);
            let mut lag_ms = 0;
            if lag_records > 0 {
                // Most stand at the same place, so one look at the log is enough.
                let since = match oldest {
                    Some((place, since)) if place == position => since,
                    _ => self.ledger.recorded_at(position.next())?,
                };
                oldest = Some((position, since));
                lag_ms = now.since(since);
            }
            let state = match (&status.failure, status.version == status.projection.version()) {
                (Some(_), _) => ProjectionState::Stopped,
                (None, true) => ProjectionState::Moving,
                (None, false) => ProjectionState::Outdated,
            };
            standings.push(Standing {
                projection: status.projection,
                version: status.version,
                position,
                recorded_at: status.checkpoint.recorded_at,
                lag_records,
                lag_ms,
                state,
                failure: status.failure,
            });
        }
        Ok((standings, head))
    }
}
