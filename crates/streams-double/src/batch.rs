//! Streams.BatchAppend: many writes on one call, each made of pieces with one correlation id and answered
//! with it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tonic::{Status, Streaming};
use uuid::Uuid;

use crate::access::Caller;
use crate::batch_answer::{BatchFailure, answered, failed};
use crate::cluster::Cluster;
use crate::expected::Expected;
use crate::hold::Moment;
use crate::record::Proposal;
use crate::wire::shared::Uuid as WireUuid;
use crate::wire::streams::batch_append_req::options::{
    DeadlineOption, ExpectedStreamPosition as ReadRequest,
};
use crate::wire::streams::batch_append_req::{Options, ProposedMessage};
use crate::wire::streams::{BatchAppendReq, BatchAppendResp};
use crate::wire::{parse_uuid, stream_name};

/// What goes to the client: an answer, or the end of the whole call.
pub(crate) type Answer = Result<BatchAppendResp, Status>;

/// A write of which not every piece is here yet.
struct Pending {
    stream: String,
    expected: Expected,
    proposals: Vec<Proposal>,
    size_bytes: usize,
}

/// One call. Writes are applied in the order in which they are complete; answers leave in the same order.
pub(crate) struct Batches {
    pub cluster: Arc<Cluster>,
    pub node: usize,
    pub caller: Caller,
    pub requires_leader: bool,
    pub answers: mpsc::UnboundedSender<(String, Answer)>,
}

impl Batches {
    /// Reads and applies until the client is done or gone.
    pub async fn serve(self, mut requests: Streaming<BatchAppendReq>) {
        let mut pending = HashMap::new();
        while let Ok(Some(request)) = requests.message().await {
            let correlation = request.correlation_id.clone();
            let Some(id) = parse_uuid(correlation.as_ref()) else {
                let problem = BatchFailure::BadRequest("The correlation id is no UUID.".to_owned());
                self.answer("", Ok(failed(correlation, None, &problem)));
                continue;
            };
            let write = match self.collect(&mut pending, id, request) {
                Ok(Some(write)) => write,
                Ok(None) => continue,
                Err((stream, problem)) => {
                    self.answer("", Ok(failed(correlation, stream.as_deref(), &problem)));
                    continue;
                }
            };
            if !self.apply(correlation, write).await {
                return;
            }
        }
    }

    /// Adds a piece; answers the write when it is whole.
    fn collect(
        &self,
        pending: &mut HashMap<Uuid, Pending>,
        id: Uuid,
        request: BatchAppendReq,
    ) -> Result<Option<Pending>, (Option<String>, BatchFailure)> {
        if let Some(options) = request.options {
            let stream = stream_name(options.stream_identifier.as_ref());
            if !stream.as_deref().is_none_or(|stream| self.caller.may_use(stream)) {
                return Err((stream, BatchFailure::AccessDenied));
            }
            let begun = begin(options).map_err(|problem| (stream, problem))?;
            pending.entry(id).or_insert(begun);
        }
        let Some(write) = pending.get_mut(&id) else { return Ok(None) };
        for message in request.proposed_messages {
            let ProposedMessage { id: event_id, metadata, custom_metadata, data } = message;
            match Proposal::parse(event_id.as_ref(), &metadata, custom_metadata, data) {
                Ok(proposal) => {
                    write.size_bytes += proposal.size_bytes();
                    write.proposals.push(proposal);
                }
                Err(malformed) => {
                    let problem = BatchFailure::BadRequest(format!("{malformed:?}"));
                    return Err((Some(write.stream.clone()), problem));
                }
            }
        }
        let maximum_bytes = self.cluster.options.maximum_append_size_bytes;
        if write.size_bytes > maximum_bytes {
            let stream = pending.remove(&id).map(|write| write.stream);
            return Err((stream, BatchFailure::MaximumAppendSizeExceeded(maximum_bytes)));
        }
        Ok(if request.is_final { pending.remove(&id) } else { None })
    }

    /// Whether the call goes on: without the right leader it ends.
    async fn apply(&self, correlation: Option<WireUuid>, write: Pending) -> bool {
        self.cluster.holds.pass(Moment::BeforeApplied, &write.stream).await;
        match self.cluster.admit_write(self.node, self.requires_leader) {
            Ok(()) => {}
            Err(unready @ crate::unready::Unready::Elsewhere(_)) => {
                self.answer(&write.stream, Err(unready.into()));
                return false;
            }
            Err(crate::unready::Unready::NoLeader) => {
                let problem = BatchFailure::NotReady;
                self.answer(&write.stream, Ok(failed(correlation, Some(&write.stream), &problem)));
                return true;
            }
        }
        let result = self.cluster.store.append(&write.stream, write.expected, write.proposals);
        let answer = match result {
            Ok(written) => answered(correlation, &write.stream, written),
            Err(refusal) => {
                failed(correlation, Some(&write.stream), &BatchFailure::of(refusal, write.expected))
            }
        };
        self.answer(&write.stream, Ok(answer));
        true
    }

    /// Nobody hears it if the client is gone, which the next read from it will tell.
    fn answer(&self, stream: &str, answer: Answer) {
        let _ = self.answers.send((stream.to_owned(), answer));
    }
}

fn begin(options: Options) -> Result<Pending, BatchFailure> {
    let stream = stream_name(options.stream_identifier.as_ref())
        .ok_or_else(|| BatchFailure::BadRequest("Required field StreamIdentifier not set.".to_owned()))?;
    let expected = match options.expected_stream_position {
        Some(ReadRequest::StreamPosition(revision)) => Expected::Revision(revision),
        Some(ReadRequest::NoStream(())) => Expected::NoStream,
        Some(ReadRequest::Any(())) => Expected::Any,
        Some(ReadRequest::StreamExists(())) => Expected::StreamExists,
        None => return Err(BatchFailure::BadRequest("No expected stream position.".to_owned())),
    };
    if options.deadline_option.is_some_and(|deadline| is_over(&deadline)) {
        return Err(BatchFailure::Timeout);
    }
    Ok(Pending { stream, expected, proposals: Vec::new(), size_bytes: 0 })
}

fn is_over(deadline: &DeadlineOption) -> bool {
    match deadline {
        DeadlineOption::Deadline(duration) => {
            Duration::try_from(*duration).map_or(true, |duration| duration.is_zero())
        }
        DeadlineOption::Deadline21100(at) => {
            std::time::SystemTime::try_from(*at).is_ok_and(|at| at <= std::time::SystemTime::now())
        }
    }
}
