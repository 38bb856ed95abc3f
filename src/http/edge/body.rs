//! Bodies under guard: what a client sends is bounded in size and in waiting time.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use thiserror::Error;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::deadline::Deadline;
use super::memory::BodyCount;
use super::presence::poll_absent;
use super::request_context::{BodyFault, RequestContext};
use super::state::{ConnectionState, Edge};

/// Why a body could not be read to its end.
#[derive(Debug, Error)]
pub(super) enum BodyError {
    #[error("the body is longer than {0} bytes: split it")]
    TooLarge(usize),
    #[error("the body did not arrive within {0} ms: send it faster, or in parts")]
    TimedOut(u64),
    #[error("there is no memory for the body: send it again later")]
    NoMemory,
    #[error("the connection broke in the middle of the body: send the request again")]
    Broken(#[source] hyper::Error),
}

/// A request's body, cut off at the size limit and when the client keeps the service waiting too long.
///
/// Only waiting counts: while the handler is busy with what has come, the client's time does not run.
pub(super) struct RequestBody {
    incoming: Incoming,
    edge: Arc<Edge>,
    context: Arc<RequestContext>,
    connection: Arc<ConnectionState>,
    bytes_left: usize,
    count: BodyCount,
    patience: Duration,
    waiting_since: Option<Instant>,
    deadline: Deadline,
    ended: bool,
}

impl RequestBody {
    pub(super) fn new(
        incoming: Incoming,
        edge: Arc<Edge>,
        context: Arc<RequestContext>,
        connection: Arc<ConnectionState>,
        count: BodyCount,
    ) -> Self {
        Self {
            incoming,
            context,
            connection,
            bytes_left: edge.options.limits.body_bytes_max,
            count,
            patience: Duration::from_millis(edge.options.limits.body_timeout_ms),
            edge,
            waiting_since: None,
            deadline: Deadline::default(),
            ended: false,
        }
    }

    fn poll_waiting(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.waiting_since.is_none() {
            self.waiting_since = Some(Instant::now());
            self.deadline.arm(self.patience);
        }
        if self.deadline.is_expired(context) {
            self.context.set_body_fault(BodyFault::TimedOut);
            return Poll::Ready(Some(Err(BodyError::TimedOut(self.edge.options.limits.body_timeout_ms))));
        }
        Poll::Pending
    }

    fn admit(&mut self, frame: Frame<Bytes>) -> Result<Frame<Bytes>, BodyError> {
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        let limits = &self.edge.options.limits;
        let Some(bytes_left) = self.bytes_left.checked_sub(bytes) else {
            self.context.set_body_fault(BodyFault::TooLarge);
            return Err(BodyError::TooLarge(limits.body_bytes_max));
        };
        self.bytes_left = bytes_left;
        debug_assert!(self.bytes_left <= limits.body_bytes_max, "a body only uses its bytes up");
        if self.count.add(bytes, &self.context) {
            return Ok(frame);
        }
        self.context.set_body_fault(BodyFault::NoMemory);
        Err(BodyError::NoMemory)
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        if this.context.body_fault().is_some() {
            return Poll::Ready(None);
        }
        let Poll::Ready(next) = Pin::new(&mut this.incoming).poll_frame(context) else {
            return this.poll_waiting(context);
        };
        if let Some(waiting_since) = this.waiting_since.take() {
            this.patience = this.patience.saturating_sub(waiting_since.elapsed());
            this.deadline.disarm();
        }
        Poll::Ready(match next {
            Some(Ok(frame)) => Some(this.admit(frame)),
            Some(Err(error)) => Some(Err(BodyError::Broken(error))),
            None => {
                this.ended = true;
                None
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        if !self.ended && !self.incoming.is_end_stream() {
            self.connection.linger();
        }
    }
}

/// An answer's body, whose end makes the connection idle.
pub(super) struct AnswerBody {
    body: Body,
    edge: Arc<Edge>,
    connection: Arc<ConnectionState>,
    /// An endless answer ends with its client: nothing else would end one that has nothing to send.
    is_endless: bool,
    _memory: Option<OwnedSemaphorePermit>,
}

impl AnswerBody {
    /// Keeps `memory` until the answer's bytes are sent.
    pub(super) fn new(
        body: Body,
        edge: Arc<Edge>,
        connection: Arc<ConnectionState>,
        (is_endless, memory): (bool, Option<OwnedSemaphorePermit>),
    ) -> Self {
        Self { body, edge, connection, is_endless, _memory: memory }
    }
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.is_endless && poll_absent(self.connection.socket(), context).is_ready() {
            return Poll::Ready(Some(Err(axum::Error::new("the client has closed the connection"))));
        }
        // The rest is not made for nobody, and what was sent behind its question is still read.
        if self.connection.is_deaf() && self.body.size_hint().exact().is_none() {
            return Poll::Ready(None);
        }
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for AnswerBody {
    fn drop(&mut self) {
        self.connection.answer_ended(self.edge.now_ms());
    }
}
