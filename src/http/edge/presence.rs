//! Whether the client of a connection is still there.

use std::future::poll_fn;
use std::task::{Context, Poll};

use tokio::io::ReadBuf;
use tokio::net::TcpStream;

/// Resolves once the client has closed its side of the connection, or the connection broke.
///
/// A client that has sent its next request already counts as present: the end behind it cannot be seen.
/// To be polled only by the connection's own task, since a socket wakes one reader.
pub(super) fn poll_absent(socket: &TcpStream, context: &mut Context<'_>) -> Poll<()> {
    let mut byte = [0];
    match socket.poll_peek(context, &mut ReadBuf::new(&mut byte)) {
        Poll::Ready(Ok(0) | Err(_)) => Poll::Ready(()),
        Poll::Ready(Ok(_)) | Poll::Pending => Poll::Pending,
    }
}

/// The same as a future.
pub(super) async fn absent(socket: &TcpStream) {
    poll_fn(|context| poll_absent(socket, context)).await;
}
