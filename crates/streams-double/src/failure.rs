//! How the services say no: status codes and trailers as the official server sends them.

use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Status};

use crate::expected::Expected;
use crate::record::Malformed;
use crate::store::Refusal;
use crate::unready::Unready;

/// A status with trailers. A value that cannot be a header is left out.
fn status(code: Code, message: String, trailers: &[(&'static str, &str)]) -> Status {
    let mut metadata = MetadataMap::new();
    for (key, value) in trailers {
        if let Ok(value) = MetadataValue::try_from(*value) {
            metadata.insert(*key, value);
        }
    }
    Status::with_metadata(code, message, metadata)
}

/// What a client gets when a handler of the official server throws something that it does not expect.
pub(crate) fn thrown() -> Status {
    Status::unknown("Exception was thrown by handler.")
}

/// What a reader of $all gets who begins where no record begins.
pub(crate) fn invalid_position(is_filtered: bool) -> Status {
    let kind = if is_filtered { "FilteredReadAllResult" } else { "ReadAllResult" };
    Status::unknown(format!("Unexpected {kind}: InvalidPosition"))
}

/// What anybody gets who says that he is a user and has not the user's password.
pub(crate) fn unauthenticated() -> Status {
    Status::unauthenticated("Unauthenticated")
}

pub(crate) fn access_denied() -> Status {
    status(Code::PermissionDenied, "Access Denied".to_owned(), &[("exception", "access-denied")])
}

pub(crate) fn missing(argument: &str) -> Status {
    Status::invalid_argument(format!("'{argument}' is required"))
}

pub(crate) fn stream_deleted(stream: &str) -> Status {
    let trailers = [("exception", "stream-deleted"), ("stream-name", stream)];
    status(Code::FailedPrecondition, format!("Event stream '{stream}' is deleted."), &trailers)
}

pub(crate) fn deletion_refused(stream: &str, expected: Expected, refusal: Refusal) -> Status {
    let Refusal::WrongExpectedVersion { current } = refusal else { return stream_deleted(stream) };
    let expected = expected.number().to_string();
    let actual = current.map_or_else(|| "-1".to_owned(), |revision| revision.to_string());
    let message = format!(
        "Delete failed due to WrongExpectedVersion. Stream: {stream}, Expected version: {expected}, \
         Actual version: {actual}"
    );
    let trailers = [
        ("exception", "wrong-expected-version"),
        ("stream-name", stream),
        ("expected-version", &expected),
        ("actual-version", &actual),
    ];
    status(Code::FailedPrecondition, message, &trailers)
}

pub(crate) fn maximum_append_size_exceeded(maximum_bytes: usize) -> Status {
    let maximum = maximum_bytes.to_string();
    let trailers = [("exception", "maximum-append-size-exceeded"), ("maximum-append-size", &maximum)];
    status(Code::InvalidArgument, format!("Maximum Append Size of {maximum} Exceeded."), &trailers)
}

pub(crate) fn malformed(malformed: &Malformed) -> Status {
    let Malformed::Missing(key) = malformed else { return thrown() };
    let trailers = [
        ("exception", "missing-required-metadata-property"),
        ("required-metadata-properties", "type,content-type"),
    ];
    status(Code::InvalidArgument, format!("Required Metadata Property '{key}' is missing"), &trailers)
}

impl From<Unready> for Status {
    fn from(unready: Unready) -> Self {
        match unready {
            Unready::NoLeader => Self::unavailable("Server Is Not Ready"),
            Unready::Elsewhere(leader) => {
                let (host, port) = (leader.ip().to_string(), leader.port().to_string());
                let trailers = [
                    ("exception", "not-leader"),
                    ("leader-endpoint-host", &host),
                    ("leader-endpoint-port", &port),
                ];
                status(Code::NotFound, "Leader info available".to_owned(), &trailers)
            }
        }
    }
}
