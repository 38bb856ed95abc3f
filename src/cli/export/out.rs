//! Where an export goes: standard output, or a temporary file that gets its name when it is whole.

use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use anyhow::Context as _;
use indicatif::{HumanBytes, HumanCount, ProgressBar};

use crate::cli::whole_file::WholeFile;
use crate::cli::{CliError, bar};
use crate::files::{self, FileFormat};

const CHUNK_BYTES: usize = 64 * 1024;

pub(super) struct Out {
    to: To,
    bar: ProgressBar,
    bytes: u64,
}

enum To {
    Stdout,
    File(WholeFile),
}

impl Out {
    pub(super) fn begin(path: &Path) -> Result<Self, CliError> {
        let to = if path.as_os_str() == "-" { To::Stdout } else { To::File(WholeFile::begin(path)?) };
        Ok(Self { to, bar: bar::over_bytes(), bytes: 0 })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), CliError> {
        self.bytes += bytes.len() as u64;
        self.bar.set_position(self.bytes);
        match &mut self.to {
            To::Stdout => printed(std::io::stdout().write_all(bytes)),
            To::File(file) => Ok(file.write_all(bytes).with_context(|| file.name())?),
        }
    }

    /// Writes all of an answer.
    pub(super) fn copy(&mut self, body: &mut dyn Read) -> Result<(), CliError> {
        copy(body, &mut |chunk| self.write(chunk))
    }

    /// Another handle of the same file, for a writer that wants one of its own.
    pub(super) fn handle(&self) -> Result<Box<dyn Write + Send>, CliError> {
        Ok(match &self.to {
            To::Stdout => Box::new(std::io::stdout()),
            To::File(file) => Box::new(file.file().try_clone().with_context(|| file.name())?),
        })
    }

    fn name(&self) -> String {
        match &self.to {
            To::Stdout => "stdout".to_owned(),
            To::File(file) => file.name(),
        }
    }

    /// Gives the file its name, and tells what it holds.
    pub(super) fn finish(self, rows: Option<u64>) -> Result<String, CliError> {
        self.bar.finish_and_clear();
        let name = self.name();
        let (mut rows, mut bytes) = (rows, self.bytes);
        match self.to {
            To::Stdout => printed(std::io::stdout().flush())?,
            To::File(file) => {
                bytes = file.file().metadata().with_context(|| name.clone())?.len();
                rows = rows.or_else(|| files::parquet_row_count(file.temporary_path()));
                file.finish()?;
            }
        }
        let rows = rows.map(|rows| format!("{} rows, ", HumanCount(rows))).unwrap_or_default();
        Ok(format!("{rows}{} in {name}", HumanBytes(bytes)))
    }
}

fn printed(written: std::io::Result<()>) -> Result<(), CliError> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(CliError::NobodyReads),
        written => Ok(written.context("stdout")?),
    }
}

/// Answers copied one after the other, with their rows counted where the format shows them.
pub(super) struct Copied {
    format: FileFormat,
    lines: u64,
    is_quoted: bool,
}

impl Copied {
    pub(super) const fn new(format: FileFormat) -> Self {
        Self { format, lines: 0, is_quoted: false }
    }

    pub(super) fn add(&mut self, body: &mut dyn Read, out: &mut Out) -> Result<(), CliError> {
        copy(body, &mut |chunk| {
            self.count(chunk);
            out.write(chunk)
        })
    }

    fn count(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                b'"' if self.format == FileFormat::Csv => self.is_quoted = !self.is_quoted,
                b'\n' if !self.is_quoted => self.lines += 1,
                _ => {}
            }
        }
    }

    pub(super) const fn rows(&self) -> Option<u64> {
        match self.format {
            FileFormat::Ndjson => Some(self.lines),
            FileFormat::Csv => Some(self.lines.saturating_sub(1)),
            FileFormat::Parquet | FileFormat::Xlsx => None,
        }
    }
}

fn copy(body: &mut dyn Read, take: &mut dyn FnMut(&[u8]) -> Result<(), CliError>) -> Result<(), CliError> {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let length = body.read(&mut chunk).context("the answer breaks off: nothing was exported")?;
        if length == 0 {
            return Ok(());
        }
        take(&chunk[..length])?;
    }
}

/// Skips the header of a further CSV table: names of columns hold no line break.
pub(super) fn only_the_first_header(body: &mut dyn Read) -> Result<(), CliError> {
    let mut byte = [0];
    while body.read(&mut byte).context("the answer breaks off: nothing was exported")? == 1 {
        if byte == *b"\n" {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_within_a_text_of_csv_is_no_row() {
        let mut copied = Copied::new(FileFormat::Csv);
        copied.count(b"a,b\r\n1,\"two\nli");
        copied.count(b"nes\"\r\n2,\"say \"\"hi\"\"\n\"\r\n");
        assert_eq!(copied.rows(), Some(2));
    }

    #[test]
    fn a_file_that_is_not_finished_leaves_nothing_behind() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("attempts.csv");
        let mut out = Out::begin(&path).expect("begun");
        out.write(b"half").expect("written");
        drop(out);
        assert_eq!(std::fs::read_dir(directory.path()).expect("a directory").count(), 0);
    }
}
