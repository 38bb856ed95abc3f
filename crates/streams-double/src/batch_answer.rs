//! The answers on a batch call: successes, and failures as google.rpc.Status with one detail.

use prost::Message;
use prost_types::Any;
use tonic::Code;

use crate::expected::Expected;
use crate::store::{Refusal, Written};
use crate::wire::identifier;
use crate::wire::rpc::Status;
use crate::wire::shared::wrong_expected_version::{
    CurrentStreamRevisionOption as Current, ExpectedStreamPositionOption as Wanted,
};
use crate::wire::shared::{
    AccessDenied, AllStreamPosition, BadRequest, MaximumAppendSizeExceeded, StreamDeleted, Timeout, Uuid,
    WrongExpectedVersion,
};
use crate::wire::streams::BatchAppendResp;
use crate::wire::streams::batch_append_resp::success::{CurrentRevisionOption, PositionOption};
use crate::wire::streams::batch_append_resp::{Result as Answer, Success};

/// Why one write of a batch call failed.
pub(crate) enum BatchFailure {
    WrongExpectedVersion { expected: Expected, current: Option<u64> },
    AccessDenied,
    StreamDeleted,
    Timeout,
    MaximumAppendSizeExceeded(usize),
    BadRequest(String),
    NotReady,
}

impl BatchFailure {
    pub fn of(refusal: Refusal, expected: Expected) -> Self {
        match refusal {
            Refusal::WrongExpectedVersion { current } => Self::WrongExpectedVersion { expected, current },
            Refusal::StreamDeleted => Self::StreamDeleted,
        }
    }

    fn status(&self, stream: Option<&str>) -> Status {
        match self {
            Self::WrongExpectedVersion { expected, current } => {
                detailed(Code::AlreadyExists, "WrongExpectedVersion", &conflict(*expected, *current))
            }
            Self::AccessDenied => detailed(Code::PermissionDenied, "AccessDenied", &AccessDenied {}),
            Self::StreamDeleted => {
                let detail = StreamDeleted { stream_identifier: stream.map(identifier) };
                detailed(Code::NotFound, "StreamDeleted", &detail)
            }
            Self::Timeout => detailed(Code::DeadlineExceeded, "Timeout", &Timeout {}),
            Self::MaximumAppendSizeExceeded(bytes) => {
                let max_append_size = u32::try_from(*bytes).unwrap_or(u32::MAX);
                let detail = MaximumAppendSizeExceeded { max_append_size };
                detailed(Code::InvalidArgument, "MaximumAppendSizeExceeded", &detail)
            }
            Self::BadRequest(message) => {
                detailed(Code::InvalidArgument, "BadRequest", &BadRequest { message: message.clone() })
            }
            Self::NotReady => {
                let details =
                    Any { type_url: "type.googleapis.com/google.protobuf.Empty".into(), value: vec![] };
                Status { code: 0, message: "Server Is Not Ready".to_owned(), details: Some(details) }
            }
        }
    }
}

/// The message of the status is the name of the detail.
fn detailed(code: Code, name: &str, detail: &impl Message) -> Status {
    let type_url = format!("type.googleapis.com/event_store.client.{name}");
    let details = Any { type_url, value: detail.encode_to_vec() };
    Status { code: code as i32, message: name.to_owned(), details: Some(details) }
}

fn conflict(expected: Expected, current: Option<u64>) -> WrongExpectedVersion {
    WrongExpectedVersion {
        current_stream_revision_option: Some(match current {
            Some(revision) => Current::CurrentStreamRevision(revision),
            None => Current::CurrentNoStream(()),
        }),
        expected_stream_position_option: Some(match expected {
            Expected::Any => Wanted::ExpectedAny(()),
            Expected::NoStream => Wanted::ExpectedNoStream(()),
            Expected::StreamExists => Wanted::ExpectedStreamExists(()),
            Expected::Revision(revision) => Wanted::ExpectedStreamPosition(revision),
        }),
    }
}

/// The server repeats the stream, but not what was expected of it.
fn about(correlation_id: Option<Uuid>, stream: Option<&str>, result: Answer) -> BatchAppendResp {
    BatchAppendResp {
        correlation_id,
        stream_identifier: stream.map(identifier),
        expected_stream_position: None,
        result: Some(result),
    }
}

pub(crate) fn answered(correlation_id: Option<Uuid>, stream: &str, written: Written) -> BatchAppendResp {
    let position =
        AllStreamPosition { commit_position: written.position, prepare_position: written.position };
    let success = Success {
        current_revision_option: Some(match written.revision {
            Some(revision) => CurrentRevisionOption::CurrentRevision(revision),
            None => CurrentRevisionOption::NoStream(()),
        }),
        position_option: Some(PositionOption::Position(position)),
    };
    about(correlation_id, Some(stream), Answer::Success(success))
}

pub(crate) fn failed(
    correlation_id: Option<Uuid>,
    stream: Option<&str>,
    failure: &BatchFailure,
) -> BatchAppendResp {
    about(correlation_id, stream, Answer::Error(failure.status(stream)))
}
