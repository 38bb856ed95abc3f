//! Streams.Append: one write for each call, answered with the new end of the stream or with the conflict.

use tonic::Status;

use crate::access::Caller;
use crate::cluster::Cluster;
use crate::expected::Expected;
use crate::failure;
use crate::hold::Moment;
use crate::record::Proposal;
use crate::store::{Refusal, Written};
use crate::wire::shared::Empty;
use crate::wire::stream_name;
use crate::wire::streams::append_req::options::ExpectedStreamRevision as ReadRequest;
use crate::wire::streams::append_req::{Content, Options, ProposedMessage};
use crate::wire::streams::append_resp::success::{CurrentRevisionOption, PositionOption};
use crate::wire::streams::append_resp::wrong_expected_version::{
    CurrentRevisionOption as Current, CurrentRevisionOption2060 as OldCurrent,
    ExpectedRevisionOption as Wanted, ExpectedRevisionOption2060 as OldWanted,
};
use crate::wire::streams::append_resp::{Position, Result as Answer, Success, WrongExpectedVersion};
use crate::wire::streams::{AppendReq, AppendResp};

/// One write that was received whole.
struct Write {
    stream: String,
    expected: Expected,
    proposals: Vec<Proposal>,
}

/// Serves one call; the leader was found to be the right one before.
pub(crate) async fn append(
    cluster: &Cluster,
    caller: Caller,
    requests: tonic::Streaming<AppendReq>,
) -> Result<AppendResp, Status> {
    let write = receive(cluster, caller, requests).await?;
    cluster.holds.pass(Moment::BeforeApplied, &write.stream).await;
    let result = cluster.store.append(&write.stream, write.expected, write.proposals);
    cluster.holds.pass(Moment::AfterApplied, &write.stream).await;
    let answer = match result {
        Ok(written) => Answer::Success(success(written)),
        Err(Refusal::WrongExpectedVersion { current }) => {
            Answer::WrongExpectedVersion(conflict(write.expected, current))
        }
        Err(Refusal::StreamDeleted) => return Err(failure::stream_deleted(&write.stream)),
    };
    Ok(AppendResp { result: Some(answer) })
}

async fn receive(
    cluster: &Cluster,
    caller: Caller,
    mut requests: tonic::Streaming<AppendReq>,
) -> Result<Write, Status> {
    let first = requests.message().await?.and_then(|request| request.content);
    let Some(Content::Options(Options { stream_identifier, expected_stream_revision })) = first else {
        return Err(failure::thrown());
    };
    let stream =
        stream_name(stream_identifier.as_ref()).ok_or_else(|| failure::missing("streamIdentifier"))?;
    caller.admit(&stream)?;
    let expected = match expected_stream_revision.ok_or_else(|| failure::missing("expectedStreamRevision"))? {
        ReadRequest::Revision(revision) => Expected::Revision(revision),
        ReadRequest::NoStream(_) => Expected::NoStream,
        ReadRequest::Any(_) => Expected::Any,
        ReadRequest::StreamExists(_) => Expected::StreamExists,
    };
    let (mut proposals, mut size_bytes) = (Vec::new(), 0);
    while let Some(request) = requests.message().await? {
        let Some(Content::ProposedMessage(message)) = request.content else { return Err(failure::thrown()) };
        let ProposedMessage { id, metadata, custom_metadata, data } = message;
        let proposal = Proposal::parse(id.as_ref(), &metadata, custom_metadata, data)
            .map_err(|malformed| failure::malformed(&malformed))?;
        size_bytes += proposal.size_bytes();
        let maximum_bytes = cluster.options.maximum_append_size_bytes;
        if size_bytes > maximum_bytes {
            return Err(failure::maximum_append_size_exceeded(maximum_bytes));
        }
        proposals.push(proposal);
    }
    Ok(Write { stream, expected, proposals })
}

fn success(written: Written) -> Success {
    let position = Position { commit_position: written.position, prepare_position: written.position };
    Success {
        current_revision_option: Some(match written.revision {
            Some(revision) => CurrentRevisionOption::CurrentRevision(revision),
            None => CurrentRevisionOption::NoStream(Empty {}),
        }),
        position_option: Some(PositionOption::Position(position)),
    }
}

/// The conflict twice: for clients since version 20.6.1, and for those before.
fn conflict(expected: Expected, current: Option<u64>) -> WrongExpectedVersion {
    let (wanted, old_wanted) = match expected {
        Expected::Any => (Wanted::ExpectedAny(Empty {}), OldWanted::Any2060(Empty {})),
        Expected::StreamExists => {
            (Wanted::ExpectedStreamExists(Empty {}), OldWanted::StreamExists2060(Empty {}))
        }
        Expected::NoStream => (Wanted::ExpectedNoStream(Empty {}), OldWanted::ExpectedRevision2060(u64::MAX)),
        Expected::Revision(revision) => {
            (Wanted::ExpectedRevision(revision), OldWanted::ExpectedRevision2060(revision))
        }
    };
    let (current, old_current) = match current {
        Some(revision) => (Current::CurrentRevision(revision), OldCurrent::CurrentRevision2060(revision)),
        None => (Current::CurrentNoStream(Empty {}), OldCurrent::NoStream2060(Empty {})),
    };
    WrongExpectedVersion {
        current_revision_option: Some(current),
        current_revision_option_20_6_0: Some(old_current),
        expected_revision_option: Some(wanted),
        expected_revision_option_20_6_0: Some(old_wanted),
    }
}
