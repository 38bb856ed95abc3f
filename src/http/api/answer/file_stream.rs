//! A file's bytes on their way from the thread that writes them to the client.

use std::io::{self, Write};

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::http::problem::Problem;

/// The bytes that a file's thread sends at once.
pub const CHUNK_BYTES: usize = 64 * 1024;
/// The most chunks that wait for a client.
const CHUNKS_AHEAD_MAX: usize = 4;

/// What a file's thread sends, in this order: `Begin`, any number of `Bytes`, and one of the others.
pub enum FileMessage {
    /// The question has an answer: its first row is there, or it has none.
    Begin,
    Bytes(Bytes),
    /// The answer while nothing is sent yet, and the cause for a reader in this process.
    Failure(Box<Problem>, String),
    End,
}

/// The way from a file's thread to its answer. A slow client makes the thread wait.
pub fn file_channel() -> (Sender<FileMessage>, Receiver<FileMessage>) {
    mpsc::channel(CHUNKS_AHEAD_MAX)
}

/// The body of an answer with the file's bytes. A thread that ends without saying so panicked.
pub fn file_body(messages: Receiver<FileMessage>) -> Body {
    Body::from_stream(chunks(messages))
}

pub fn chunks(messages: Receiver<FileMessage>) -> impl futures_util::Stream<Item = io::Result<Bytes>> {
    stream::unfold(Some(messages), |messages| async {
        let mut messages = messages?;
        match messages.recv().await {
            Some(FileMessage::Bytes(bytes)) => Some((Ok(bytes), Some(messages))),
            Some(FileMessage::Begin) => Some((Ok(Bytes::new()), Some(messages))),
            Some(FileMessage::End) => None,
            Some(FileMessage::Failure(_, reason)) => Some((Err(io::Error::other(reason)), None)),
            None => Some((Err(io::Error::other("the file is not whole")), None)),
        }
    })
}

/// Gathers what a thread writes and sends it in chunks.
pub struct ChunkWriter {
    sender: Sender<FileMessage>,
    gathered: BytesMut,
}

impl ChunkWriter {
    pub fn new(sender: Sender<FileMessage>) -> Self {
        Self { sender, gathered: BytesMut::new() }
    }

    fn send(&mut self) -> io::Result<()> {
        let bytes = self.gathered.split().freeze();
        self.sender.blocking_send(FileMessage::Bytes(bytes)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for ChunkWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = CHUNK_BYTES - self.gathered.len();
        let taken = room.min(bytes.len());
        self.gathered.extend_from_slice(&bytes[..taken]);
        debug_assert!(self.gathered.len() <= CHUNK_BYTES, "a chunk is never longer than its limit");
        if self.gathered.len() == CHUNK_BYTES {
            self.send()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.gathered.is_empty() { Ok(()) } else { self.send() }
    }
}
