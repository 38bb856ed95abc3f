//! Streams.Delete and Streams.Tombstone: a stream is hidden until it is written again, or ended for good.

use tonic::Status;

use crate::access::Caller;
use crate::cluster::Cluster;
use crate::expected::Expected;
use crate::failure;
use crate::wire::stream_name;
use crate::wire::streams::{DeleteReq, DeleteResp, TombstoneReq, TombstoneResp};
use crate::wire::streams::{delete_req, delete_resp, tombstone_req, tombstone_resp};

/// Serves one call; the leader was found to be the right one before.
pub(crate) fn delete(cluster: &Cluster, caller: Caller, request: DeleteReq) -> Result<DeleteResp, Status> {
    use delete_req::options::ExpectedStreamRevision as ReadRequest;
    let options = request.options.ok_or_else(|| failure::missing("options"))?;
    let stream = stream_name(options.stream_identifier.as_ref());
    let stream = stream.ok_or_else(|| failure::missing("streamIdentifier"))?;
    caller.admit(&stream)?;
    let expected = match options.expected_stream_revision {
        Some(ReadRequest::Revision(revision)) => Expected::Revision(revision),
        Some(ReadRequest::NoStream(_)) => Expected::NoStream,
        Some(ReadRequest::Any(_)) => Expected::Any,
        Some(ReadRequest::StreamExists(_)) => Expected::StreamExists,
        None => return Err(failure::missing("expectedStreamRevision")),
    };
    let deleted = cluster.store.delete(&stream, expected);
    let at = deleted.map_err(|refusal| failure::deletion_refused(&stream, expected, refusal))?;
    let position = delete_resp::Position { commit_position: at, prepare_position: at };
    Ok(DeleteResp { position_option: Some(delete_resp::PositionOption::Position(position)) })
}

/// As a deletion, but no write to the stream will ever succeed again.
pub(crate) fn tombstone(
    cluster: &Cluster,
    caller: Caller,
    request: TombstoneReq,
) -> Result<TombstoneResp, Status> {
    use tombstone_req::options::ExpectedStreamRevision as ReadRequest;
    let options = request.options.ok_or_else(|| failure::missing("options"))?;
    let stream = stream_name(options.stream_identifier.as_ref());
    let stream = stream.ok_or_else(|| failure::missing("streamIdentifier"))?;
    caller.admit(&stream)?;
    let expected = match options.expected_stream_revision {
        Some(ReadRequest::Revision(revision)) => Expected::Revision(revision),
        Some(ReadRequest::NoStream(_)) => Expected::NoStream,
        Some(ReadRequest::Any(_)) => Expected::Any,
        Some(ReadRequest::StreamExists(_)) => Expected::StreamExists,
        None => return Err(failure::missing("expectedStreamRevision")),
    };
    let ended = cluster.store.tombstone(&stream, expected);
    let at = ended.map_err(|refusal| failure::deletion_refused(&stream, expected, refusal))?;
    let position = tombstone_resp::Position { commit_position: at, prepare_position: at };
    Ok(TombstoneResp { position_option: Some(tombstone_resp::PositionOption::Position(position)) })
}
