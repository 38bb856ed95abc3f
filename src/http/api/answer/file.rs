//! Tables as files: rows stream from a blocking thread to the client, and memory does not grow with their
//! number.
//!
//! A client that goes away ends its question. A question that fails after its first row breaks the connection
//! off, because nothing else shows the client that its file is not whole.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Write};
use std::ops::ControlFlow;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::Sender;

use super::file_permits::FilePermits;
use super::file_stream::{ChunkWriter, FileMessage, file_body, file_channel};
use crate::files::{self, Cell, CsvOptions, FileError, FileFormat, FileOptions, Table};
use crate::http::api::request::RowFormat;
use crate::http::api::state::Api;
use crate::http::problem::Problem;
use crate::queries::{QuestionError, Questions};

/// Takes one row; breaks when nothing more is wanted.
pub type TakeRow<'t> = &'t mut dyn FnMut(&[Cell<'_>]) -> ControlFlow<()>;

/// Visits the rows of a file. It is boxed, so that the file's code is compiled once.
pub type VisitRows = Box<dyn FnOnce(&Questions, TakeRow<'_>) -> Result<(), QuestionError> + Send>;

/// Answers with a file of the rows that `visit` visits.
pub async fn file(
    api: &Api,
    permits: &FilePermits,
    (format, file_format): (RowFormat, FileFormat),
    table: Table,
    visit: VisitRows,
) -> Result<Response, Problem> {
    let permit = permits.take()?;
    let questions = api.questions.clone();
    let (sender, mut messages) = file_channel();
    let RowFormat { separator, byte_order_mark, decimal, .. } = format;
    let csv = CsvOptions { separator, byte_order_mark, decimal };
    let options = FileOptions { csv, ..FileOptions::default() };
    let disposition = format!("attachment; filename=\"{}.{}\"", table.name, file_format.extension());
    tokio::task::spawn_blocking(move || {
        let last = match write(&sender, file_format, table, &options, |take| visit(&questions, take)) {
            Ok(()) => FileMessage::End,
            Err((problem, reason)) => FileMessage::Failure(problem, reason),
        };
        // The client may have gone away.
        let _ = sender.blocking_send(last);
        drop(permit);
    });
    match messages.recv().await {
        Some(FileMessage::Begin) => {}
        Some(FileMessage::Failure(problem, _)) => return Err(*problem),
        Some(FileMessage::Bytes(_) | FileMessage::End) | None => return Err(Problem::internal()),
    }
    let headers = [
        (header::CONTENT_TYPE, file_format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, file_body(messages)).into_response())
}

/// The body of an answer with a file that is whole already.
pub fn whole_file(mut file: File, permit: OwnedSemaphorePermit) -> Body {
    streamed_file(permit, move |out| io::copy(&mut file, out).map(drop))
}

/// The body of an answer with what `write` writes, on a thread of its own.
pub fn streamed_file<E: Display>(
    permit: OwnedSemaphorePermit,
    write: impl FnOnce(&mut ChunkWriter) -> Result<(), E> + Send + 'static,
) -> Body {
    let (sender, messages) = file_channel();
    tokio::task::spawn_blocking(move || {
        let mut out = ChunkWriter::new(sender.clone());
        let written = write(&mut out).map_err(|error| error.to_string());
        let last = match written.and_then(|()| out.flush().map_err(|error| error.to_string())) {
            Ok(()) => FileMessage::End,
            Err(reason) => {
                if !sender.is_closed() {
                    tracing::error!(reason, "a file could not be sent");
                }
                FileMessage::Failure(Box::new(Problem::internal()), reason)
            }
        };
        // The client may have gone away.
        let _ = sender.blocking_send(last);
        drop(permit);
    });
    file_body(messages)
}

fn write(
    sender: &Sender<FileMessage>,
    format: FileFormat,
    table: Table,
    options: &FileOptions,
    visit: impl FnOnce(TakeRow<'_>) -> Result<(), QuestionError>,
) -> Result<(), (Box<Problem>, String)> {
    let failed = |error: FileError| {
        if !sender.is_closed() {
            tracing::error!(%error, "a file could not be written");
        }
        (Box::new(Problem::internal()), error.to_string())
    };
    let name = table.name.clone();
    let out = ChunkWriter::new(sender.clone());
    let mut writer = files::open(format, table, options, Box::new(out)).map_err(failed)?;
    let (mut has_begun, mut rows, mut fault) = (false, 0_u64, None);
    let mut begin = || {
        if !std::mem::replace(&mut has_begun, true) {
            // A client that is gone shows at the next row.
            let _ = sender.blocking_send(FileMessage::Begin);
        }
    };
    let visited = visit(&mut |cells| {
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
    visited.map_err(|error| {
        let reason = error.to_string();
        (Box::new(Problem::from(error)), reason)
    })?;
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use attempt_ledger_domain::Position;
    use bytes::Bytes;
    use futures_util::StreamExt;
    use tokio::sync::mpsc;

    use super::super::file_stream::{CHUNK_BYTES, chunks};
    use super::*;
    use crate::files::{Column, ColumnKind};

    const ROW: [Cell<'static>; 1] = [Cell::Integer(7)];

    fn one_column() -> Table {
        Table { name: "rows".into(), columns: vec![Column::new("number", ColumnKind::Integer)] }
    }

    /// What a file's thread sends about a question, as [`file`] lets it.
    fn sent(
        ahead: usize,
        visit: impl FnOnce(TakeRow<'_>) -> Result<(), QuestionError> + Send + 'static,
    ) -> mpsc::Receiver<FileMessage> {
        let (sender, messages) = mpsc::channel(ahead);
        std::thread::spawn(move || {
            let written = write(&sender, FileFormat::Csv, one_column(), &FileOptions::default(), visit);
            let failure = |(problem, reason)| FileMessage::Failure(problem, reason);
            let _ = sender.blocking_send(written.map_or_else(failure, |()| FileMessage::End));
        });
        messages
    }

    fn too_far_back() -> QuestionError {
        QuestionError::TooFarBack { wanted: Position(3) }
    }

    #[tokio::test]
    async fn a_question_that_fails_before_its_first_row_is_answered_with_a_problem() {
        let mut messages = sent(1, |_| Err(too_far_back()));
        let Some(FileMessage::Failure(problem, _)) = messages.recv().await else { panic!("it began") };
        assert_eq!(problem.code(), "as_of_too_far_back");
    }

    #[tokio::test]
    async fn a_question_that_fails_after_rows_breaks_the_file_off() {
        let messages = sent(1, |take| {
            assert!(take(&ROW).is_continue());
            Err(too_far_back())
        });
        let chunks: Vec<_> = chunks(messages).collect().await;
        assert!(chunks.last().unwrap().is_err(), "{chunks:?}");
    }

    #[tokio::test]
    async fn a_thread_that_ends_without_a_word_breaks_the_file_off() {
        let (sender, messages) = mpsc::channel(2);
        sender.send(FileMessage::Bytes(Bytes::from_static(b"number\r\n"))).await.unwrap();
        drop(sender);
        let chunks: Vec<_> = chunks(messages).collect().await;
        assert_eq!((chunks.len(), chunks[0].is_ok(), chunks[1].is_err()), (2, true, true));
    }

    #[tokio::test]
    async fn a_file_is_sent_in_chunks_that_do_not_outrun_the_client() {
        let rows = 200_000;
        let mut messages = sent(1, move |take| {
            let _ = (0..rows).try_for_each(|_| take(&ROW));
            Ok(())
        });
        assert!(matches!(messages.recv().await, Some(FileMessage::Begin)));
        let (mut bytes, mut has_ended) = (0, false);
        while let Some(next) = messages.recv().await {
            match next {
                FileMessage::Bytes(chunk) => {
                    assert!(chunk.len() <= CHUNK_BYTES);
                    bytes += chunk.len();
                }
                FileMessage::End => has_ended = true,
                FileMessage::Begin | FileMessage::Failure(..) => panic!("it had begun and nothing fails"),
            }
        }
        assert!(has_ended);
        assert_eq!(bytes, "number\r\n".len() + rows * "7\r\n".len());
    }

    #[tokio::test]
    async fn a_client_that_goes_away_ends_the_question() {
        let (ended, has_ended) = tokio::sync::oneshot::channel();
        let mut messages = sent(1, move |take| {
            while take(&ROW).is_continue() {}
            ended.send(()).unwrap();
            Ok(())
        });
        assert!(matches!(messages.recv().await, Some(FileMessage::Begin)));
        drop(messages);
        has_ended.await.expect("rows without end came to an end");
    }
}
