//! What an answer of the cluster means for a write.

use super::driver::Error;
use super::sentence::{Sentence, sentence};

/// The outcome of one try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AppendAnswer {
    /// The cluster has it.
    Written,
    /// The stream does not end where the writer believed.
    Conflict,
    /// The cluster will not take it, however often it is sent.
    Refused(String),
    /// Nor this, because it is too large.
    TooLarge(String),
    /// It may or may not have it.
    Unknown(String),
}

/// What must be replaced before the next try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replacement {
    /// The session, which ends with every error in it.
    Session,
    /// The client.
    Client,
}

/// The gRPC codes that answers to single writes carry.
mod code {
    pub const INVALID_ARGUMENT: i32 = 3;
    /// With a deleted stream's name as detail, or from a node that does not lead.
    pub const NOT_FOUND: i32 = 5;
    pub const ALREADY_EXISTS: i32 = 6;
    pub const PERMISSION_DENIED: i32 = 7;
    pub const FAILED_PRECONDITION: i32 = 9;
    pub const UNIMPLEMENTED: i32 = 12;
    pub const UNAUTHENTICATED: i32 = 16;
}

/// Reads an error of the client.
pub(crate) fn answer_of(error: &Error) -> (AppendAnswer, Replacement) {
    let text = error.to_string();
    match error {
        Error::WrongExpectedVersion { .. } | Error::ResourceAlreadyExists => {
            (AppendAnswer::Conflict, Replacement::Session)
        }
        Error::Grpc { code, message } => of_code((*code).into(), message),
        Error::AccessDenied => (refused(code::PERMISSION_DENIED, &text), Replacement::Session),
        Error::ResourceDeleted => (refused(code::FAILED_PRECONDITION, &text), Replacement::Session),
        Error::UnsupportedFeature => (refused(code::UNIMPLEMENTED, &text), Replacement::Client),
        Error::ServerError(message) if sentence(message) == Some(Sentence::SessionClosed) => {
            (AppendAnswer::Unknown(text), Replacement::Session)
        }
        _ => (AppendAnswer::Unknown(text), Replacement::Client),
    }
}

fn of_code(code: i32, message: &str) -> (AppendAnswer, Replacement) {
    match code {
        code::ALREADY_EXISTS => (AppendAnswer::Conflict, Replacement::Session),
        code::INVALID_ARGUMENT
        | code::PERMISSION_DENIED
        | code::FAILED_PRECONDITION
        | code::UNIMPLEMENTED
        | code::UNAUTHENTICATED => (refused(code, message), Replacement::Session),
        code::NOT_FOUND if sentence(message) == Some(Sentence::StreamDeleted) => {
            (refused(code::FAILED_PRECONDITION, message), Replacement::Session)
        }
        // Among these are the answers of a node that is not, or no longer, the leader, or that has lost the
        // others: no code at all, and time-outs. Another node may do better, and only a new client finds it.
        _ => (AppendAnswer::Unknown(message.to_owned()), Replacement::Client),
    }
}

fn refused(code: i32, message: &str) -> AppendAnswer {
    if code == code::INVALID_ARGUMENT && sentence(message) == Some(Sentence::WriteTooLarge) {
        return AppendAnswer::TooLarge(format!(
            "the cluster refused the write: {message}; hint: set its MaxAppendSize to 16700000 bytes, which \
             is about the most that it can; what is larger still cannot be kept there"
        ));
    }
    let hint = match code {
        code::INVALID_ARGUMENT => "the release of the cluster may not know this kind of write",
        code::PERMISSION_DENIED | code::UNAUTHENTICATED => "check the credentials in the connection string",
        code::FAILED_PRECONDITION => "somebody deleted the stream; restore the cluster",
        _ => "run EventStoreDB 23.10 or later, or KurrentDB",
    };
    AppendAnswer::Refused(format!("the cluster refused the write: {message}; hint: {hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_is_one_whichever_way_it_arrives() {
        assert_eq!(answer_of(&Error::ResourceAlreadyExists).0, AppendAnswer::Conflict);
        assert_eq!(of_code(code::ALREADY_EXISTS, "wrong expected version").0, AppendAnswer::Conflict);
    }

    #[test]
    fn a_node_that_cannot_write_is_left_for_another() {
        for (code, message) in [(0, "Server Is Not Ready"), (4, "Operation timed out"), (14, "Unavailable")] {
            let (sent, broken) = of_code(code, message);
            assert!(matches!(sent, AppendAnswer::Unknown(_)), "{message}");
            assert_eq!(broken, Replacement::Client, "{message}");
        }
    }

    #[test]
    fn a_deleted_stream_and_a_large_write_are_refused_at_the_cost_of_no_client() {
        assert!(matches!(
            of_code(code::NOT_FOUND, "StreamDeleted"),
            (AppendAnswer::Refused(_), Replacement::Session)
        ));
        let large = of_code(code::INVALID_ARGUMENT, "Maximum Append Size Exceeded");
        assert!(matches!(large, (AppendAnswer::TooLarge(_), Replacement::Session)));
    }

    #[test]
    fn a_session_that_a_conflict_closed_costs_no_client_and_a_dead_node_does() {
        let said = "status: Cancelled, message: \"Batch-append stream has been closed\"";
        let closed = Error::ServerError(said.to_owned());
        assert_eq!(answer_of(&closed).1, Replacement::Session);
        assert!(matches!(answer_of(&closed).0, AppendAnswer::Unknown(_)));
        assert_eq!(answer_of(&Error::ServerError("connection refused".to_owned())).1, Replacement::Client);
        assert_eq!(answer_of(&Error::ConnectionClosed).1, Replacement::Client);
    }
}
