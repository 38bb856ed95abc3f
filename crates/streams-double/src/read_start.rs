//! Where a read begins.

use tonic::Status;

use crate::failure;
use crate::state::State;

/// Where a reader of one stream begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamStart {
    Start,
    Revision(u64),
    End,
}

/// Where a reader of $all begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AllStart {
    Start,
    Position(u64),
    End,
}

impl AllStart {
    /// Refuses a position at which no record begins, as a server does that tries to read there.
    pub fn check(self, state: &State, is_filtered: bool) -> Result<(), Status> {
        match self {
            Self::Position(position) if !state.is_record(position) => {
                Err(failure::invalid_position(is_filtered))
            }
            _ => Ok(()),
        }
    }
}
