//! Tables as files: rows stream from a blocking thread to the client, and memory does not grow with their number.
//!
//! A client that goes away ends its question. A question that fails after its first row breaks the connection off,
//! because nothing else tells the client that its file is not whole.

use std::fs::File;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::Api;
use super::form::Form;
use crate::files::{self, Cell, CsvOptions, FileError, FileFormat, FileOptions, Table};
use crate::http::problem::Problem;
use crate::queries::{QuestionError, Questions};

/// What a file's thread hands over at once.
const CHUNK_BYTES: usize = 64 * 1024;
/// Chunks that wait for a client, at most.
const CHUNKS_AHEAD: usize = 4;

/// The files that may be written at once: each takes a thread and a look at the store for as long as it lasts.
#[derive(Clone)]
pub struct FileTurns(Arc<Semaphore>);

impl FileTurns {
    /// So many.
    pub fn new(files_max: usize) -> Self {
        Self(Arc::new(Semaphore::new(files_max.min(Semaphore::MAX_PERMITS))))
    }

    /// Takes a place.
    ///
    /// # Errors
    /// 503 when there is none.
    pub fn take(&self) -> Result<OwnedSemaphorePermit, Problem> {
        self.0.clone().try_acquire_owned().map_err(|_| {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_files", "Too many files at once")
                .with_detail("Every place for writing a file is taken.")
                .with_hint("Ask again after `Retry-After`, or ask for fewer rows as JSON.")
                .with_retry_after_s(5)
        })
    }
}

/// Takes one row; breaks when nobody wants more.
pub type TakeRow<'t> = &'t mut dyn FnMut(&[Cell<'_>]) -> ControlFlow<()>;

/// Answers with a file of the rows that `tell` tells.
///
/// # Errors
/// The problem that keeps the first row from being told.
pub async fn file(
    api: &Api,
    turns: &FileTurns,
    (form, format): (Form, FileFormat),
    table: Table,
    tell: impl FnOnce(&Questions, TakeRow<'_>) -> Result<(), QuestionError> + Send + 'static,
) -> Result<Response, Problem> {
    let turn = turns.take()?;
    let questions = api.questions.clone();
    let (sender, mut told) = mpsc::channel(CHUNKS_AHEAD);
    let csv = CsvOptions { separator: form.separator, byte_order_mark: form.byte_order_mark };
    let options = FileOptions { csv, ..FileOptions::default() };
    let disposition = format!("attachment; filename=\"{}.{}\"", table.name, format.extension());
    tokio::task::spawn_blocking(move || {
        let last = match write(&sender, format, table, &options, |take| tell(&questions, take)) {
            Ok(()) => Told::End,
            Err(problem) => Told::Failed(problem),
        };
        // Nobody may be there any more.
        let _ = sender.blocking_send(last);
        drop(turn);
    });
    match told.recv().await {
        Some(Told::Begun) => {}
        Some(Told::Failed(problem)) => return Err(*problem),
        Some(Told::Bytes(_) | Told::End) | None => return Err(Problem::internal()),
    }
    let headers =
        [(header::CONTENT_TYPE, format.media_type().to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    Ok((headers, Body::from_stream(chunks(told))).into_response())
}

/// The bytes of a file that is whole already.
pub fn copied(mut file: File, turn: OwnedSemaphorePermit) -> Body {
    let (sender, told) = mpsc::channel(CHUNKS_AHEAD);
    tokio::task::spawn_blocking(move || {
        let mut out = Chunks { sender: sender.clone(), gathered: BytesMut::new() };
        let last = match io::copy(&mut file, &mut out).and_then(|_| out.flush()) {
            Ok(()) => Told::End,
            Err(error) => {
                if !sender.is_closed() {
                    tracing::error!(%error, "a file could not be sent");
                }
                Told::Failed(Box::new(Problem::internal()))
            }
        };
        // Nobody may be there any more.
        let _ = sender.blocking_send(last);
        drop(turn);
    });
    Body::from_stream(chunks(told))
}

/// What a file's thread tells, in this order: `Begun`, any number of `Bytes`, and one of the others.
enum Told {
    /// The question has an answer: its first row is there, or it has none.
    Begun,
    Bytes(Bytes),
    Failed(Box<Problem>),
    End,
}

/// The file's bytes. A thread that ends without saying so panicked.
fn chunks(told: mpsc::Receiver<Told>) -> impl futures_util::Stream<Item = io::Result<Bytes>> {
    stream::unfold(Some(told), |told| async {
        let mut told = told?;
        match told.recv().await {
            Some(Told::Bytes(bytes)) => Some((Ok(bytes), Some(told))),
            Some(Told::Begun) => Some((Ok(Bytes::new()), Some(told))),
            Some(Told::End) => None,
            Some(Told::Failed(_)) | None => Some((Err(io::Error::other("the file is not whole")), None)),
        }
    })
}

fn write(
    sender: &mpsc::Sender<Told>,
    format: FileFormat,
    table: Table,
    options: &FileOptions,
    tell: impl FnOnce(TakeRow<'_>) -> Result<(), QuestionError>,
) -> Result<(), Box<Problem>> {
    let failed = |error: FileError| {
        if !sender.is_closed() {
            tracing::error!(%error, "a file could not be written");
        }
        Box::new(Problem::internal())
    };
    let name = table.name.clone();
    let out = Chunks { sender: sender.clone(), gathered: BytesMut::new() };
    let mut writer = files::open(format, table, options, Box::new(out)).map_err(failed)?;
    let (mut has_begun, mut rows, mut fault) = (false, 0_u64, None);
    let mut begin = || {
        if !std::mem::replace(&mut has_begun, true) {
            // A client that is gone shows at the next row.
            let _ = sender.blocking_send(Told::Begun);
        }
    };
    let answered = tell(&mut |cells| {
        begin();
        rows += 1;
        match writer.row(cells) {
            Ok(()) if !sender.is_closed() => ControlFlow::Continue(()),
            Ok(()) => ControlFlow::Break(()),
            Err(error) => {
                fault = Some(error);
                ControlFlow::Break(())
            }
        }
    });
    answered.map_err(|error| Box::new(Problem::from(error)))?;
    if let Some(error) = fault {
        return Err(failed(error));
    }
    begin();
    if !sender.is_closed() {
        writer.finish().map_err(failed)?;
        tracing::debug!(table = %name, rows, "a file was written");
    }
    Ok(())
}

/// Gathers what a writer writes and hands it over in chunks.
struct Chunks {
    sender: mpsc::Sender<Told>,
    gathered: BytesMut,
}

impl Chunks {
    fn hand_over(&mut self) -> io::Result<()> {
        let bytes = self.gathered.split().freeze();
        self.sender.blocking_send(Told::Bytes(bytes)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = CHUNK_BYTES - self.gathered.len();
        let taken = room.min(bytes.len());
        self.gathered.extend_from_slice(&bytes[..taken]);
        if self.gathered.len() == CHUNK_BYTES {
            self.hand_over()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.gathered.is_empty() { Ok(()) } else { self.hand_over() }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use attempt_ledger_domain::Position;
    use futures_util::StreamExt;

    use super::*;
    use crate::files::{Column, ColumnKind};

    const ROW: [Cell<'static>; 1] = [Cell::Integer(7)];

    fn one_column() -> Table {
        Table { name: "rows".into(), columns: vec![Column::new("number", ColumnKind::Integer)] }
    }

    /// What a file's thread tells about a question, as [`file`] lets it.
    fn told(
        ahead: usize,
        tell: impl FnOnce(TakeRow<'_>) -> Result<(), QuestionError> + Send + 'static,
    ) -> mpsc::Receiver<Told> {
        let (sender, told) = mpsc::channel(ahead);
        std::thread::spawn(move || {
            let written = write(&sender, FileFormat::Csv, one_column(), &FileOptions::default(), tell);
            let _ = sender.blocking_send(written.map_or_else(Told::Failed, |()| Told::End));
        });
        told
    }

    fn too_far_back() -> QuestionError {
        QuestionError::TooFarBack { wanted: Position(3) }
    }

    #[tokio::test]
    async fn a_question_that_fails_before_its_first_row_is_told_as_a_problem() {
        let mut told = told(1, |_| Err(too_far_back()));
        let Some(Told::Failed(problem)) = told.recv().await else { panic!("it began") };
        assert_eq!(problem.code(), "as_of_too_far_back");
    }

    #[tokio::test]
    async fn a_question_that_fails_after_rows_breaks_the_file_off() {
        let told = told(1, |take| {
            assert!(take(&ROW).is_continue());
            Err(too_far_back())
        });
        let chunks: Vec<_> = chunks(told).collect().await;
        assert!(chunks.last().unwrap().is_err(), "{chunks:?}");
    }

    #[tokio::test]
    async fn a_thread_that_ends_without_a_word_breaks_the_file_off() {
        let (sender, told) = mpsc::channel(2);
        sender.send(Told::Bytes(Bytes::from_static(b"number\r\n"))).await.unwrap();
        drop(sender);
        let chunks: Vec<_> = chunks(told).collect().await;
        assert_eq!((chunks.len(), chunks[0].is_ok(), chunks[1].is_err()), (2, true, true));
    }

    #[tokio::test]
    async fn a_file_is_told_in_chunks_that_do_not_outrun_the_client() {
        let rows = 200_000;
        let mut told = told(1, move |take| {
            let _ = (0..rows).try_for_each(|_| take(&ROW));
            Ok(())
        });
        assert!(matches!(told.recv().await, Some(Told::Begun)));
        let (mut bytes, mut has_ended) = (0, false);
        while let Some(next) = told.recv().await {
            match next {
                Told::Bytes(chunk) => {
                    assert!(chunk.len() <= CHUNK_BYTES);
                    bytes += chunk.len();
                }
                Told::End => has_ended = true,
                Told::Begun | Told::Failed(_) => panic!("it had begun and nothing fails"),
            }
        }
        assert!(has_ended);
        assert_eq!(bytes, "number\r\n".len() + rows * "7\r\n".len());
    }

    #[tokio::test]
    async fn a_client_that_goes_away_ends_the_question() {
        let (ended, has_ended) = tokio::sync::oneshot::channel();
        let mut told = told(1, move |take| {
            while take(&ROW).is_continue() {}
            ended.send(()).unwrap();
            Ok(())
        });
        assert!(matches!(told.recv().await, Some(Told::Begun)));
        drop(told);
        has_ended.await.expect("rows without end came to an end");
    }
}
