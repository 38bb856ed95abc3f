//! JSON in pieces, each of which has its memory before it has its bytes.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::{self, ErrorKind, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use attempt_ledger_system::cancellation::is_cancelled;
use axum::Extension;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use hyper::body::{Frame, SizeHint};
use serde::Serialize;

use crate::http::edge::{AnswerMemory, AnswerShare, CountedAnswer};
use crate::http::problem::Problem;

/// A text that doubles while it grows would take three times its bytes.
const PIECE_BYTES: usize = 64 * 1024;

/// Bytes in the order in which they were written.
pub struct CountedBytes<'m> {
    memory: &'m AnswerMemory,
    pieces: VecDeque<Bytes>,
    last: Vec<u8>,
    shares: Vec<AnswerShare>,
}

/// The answer as JSON.
///
/// # Errors
/// 503 when there is no memory for it, or nobody waits for it any more.
pub fn counted_json(memory: &AnswerMemory, answer: &impl Serialize) -> Result<Response, Problem> {
    let mut bytes = CountedBytes::new(memory);
    bytes.write_json(answer)?;
    Ok(bytes.into_response())
}

fn fault_of(kind: ErrorKind) -> Problem {
    match kind {
        ErrorKind::OutOfMemory => Problem::no_answer_memory(),
        _ => Problem::given_up(),
    }
}

impl<'m> CountedBytes<'m> {
    pub fn new(memory: &'m AnswerMemory) -> Self {
        Self { memory, pieces: VecDeque::new(), last: Vec::new(), shares: Vec::new() }
    }

    /// Writes a value behind what there is.
    pub fn write_json(&mut self, value: &impl Serialize) -> Result<(), Problem> {
        serde_json::to_writer(self, value)
            .map_err(|error| error.io_error_kind().map_or_else(Problem::internal, fault_of))
    }

    /// Writes one more value of a list.
    pub fn write_json_of_list(&mut self, value: &impl Serialize) -> Result<(), Problem> {
        if !self.is_empty() {
            self.write_all(b",").map_err(|error| fault_of(error.kind()))?;
        }
        self.write_json(value)
    }

    fn is_empty(&self) -> bool {
        self.pieces.is_empty() && self.last.is_empty()
    }

    /// Puts bytes around what there is.
    pub fn put_around(&mut self, before: Vec<u8>, after: Vec<u8>) {
        self.end_piece();
        self.pieces.push_front(before.into());
        self.pieces.push_back(after.into());
    }

    fn end_piece(&mut self) {
        if !self.last.is_empty() {
            self.pieces.push_back(std::mem::take(&mut self.last).into());
        }
    }

    /// Takes the memory of the next piece. The first one takes none: the socket's own buffer has room for it.
    fn begin_piece(&mut self) -> io::Result<()> {
        if is_cancelled() {
            return Err(ErrorKind::BrokenPipe.into());
        }
        if !self.is_empty() {
            self.end_piece();
            self.shares.push(self.memory.take(PIECE_BYTES).ok_or(ErrorKind::OutOfMemory)?);
            self.last.reserve_exact(PIECE_BYTES);
        }
        Ok(())
    }
}

impl Write for CountedBytes<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.last.is_empty() || self.last.len() == PIECE_BYTES {
            self.begin_piece()?;
        }
        let taken = bytes.len().min(PIECE_BYTES - self.last.len());
        self.last.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl IntoResponse for CountedBytes<'_> {
    fn into_response(mut self) -> Response {
        self.end_piece();
        let left = self.pieces.iter().map(|piece| piece.len() as u64).sum();
        let body = CountedBody { pieces: self.pieces, left, _shares: self.shares };
        let kind = [(header::CONTENT_TYPE, "application/json")];
        (kind, Extension(CountedAnswer), Body::new(body)).into_response()
    }
}

/// Keeps the memory until the last piece was taken, or nobody wants the rest.
struct CountedBody {
    pieces: VecDeque<Bytes>,
    left: u64,
    _shares: Vec<AnswerShare>,
}

impl HttpBody for CountedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.pieces.pop_front();
        self.left -= piece.as_ref().map_or(0, |piece| piece.len() as u64);
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn pieces_join_to_what_was_written_with_what_stands_around_it() {
        let memory = AnswerMemory::uncounted();
        let long = "x".repeat(3 * PIECE_BYTES + 5);
        let mut bytes = CountedBytes::new(&memory);
        bytes.write_json(&long).unwrap();
        bytes.put_around(b"[".to_vec(), b"]".to_vec());
        let response = bytes.into_response();
        assert_eq!(response.body().size_hint().exact(), Some(long.len() as u64 + 4));
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(serde_json::from_slice::<Vec<String>>(&body).unwrap(), [long]);
    }
}
