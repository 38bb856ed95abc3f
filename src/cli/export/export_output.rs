//! Where an export goes: standard output, or a temporary file that gets its name when it is whole.

use std::io::{Read, Write};
use std::path::Path;

use anyhow::Context as _;
use indicatif::{HumanBytes, HumanCount, ProgressBar};

use super::counted_writer::{ByteCount, CountedWriter};
use crate::cli::atomic_file::AtomicFile;
use crate::cli::chunks::copy_chunks;
use crate::cli::output::write_error;
use crate::cli::terminal_writer::TerminalText;
use crate::cli::{CliError, progress_bar, terminal_writer};
use crate::files::{self, FileFormat};

pub(super) struct ExportOutput {
    medium: OutputMedium,
    bar: ProgressBar,
    bytes: ByteCount,
}

enum OutputMedium {
    Stdout(Box<dyn Write + Send>),
    File(AtomicFile),
}

impl ExportOutput {
    pub(super) fn begin(path: &Path, format: FileFormat) -> Result<Self, CliError> {
        if path.as_os_str() != "-" {
            return Self::in_file(path);
        }
        let stdout = terminal_writer::stdout(TerminalText::of(format));
        Ok(Self {
            medium: OutputMedium::Stdout(stdout),
            bar: progress_bar::over_bytes(),
            bytes: ByteCount::default(),
        })
    }

    pub(super) fn in_file(path: &Path) -> Result<Self, CliError> {
        let medium = OutputMedium::File(AtomicFile::begin(path)?);
        Ok(Self { medium, bar: progress_bar::over_bytes(), bytes: ByteCount::default() })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), CliError> {
        self.bytes.add(bytes.len());
        self.bar.set_position(self.bytes.get());
        match &mut self.medium {
            OutputMedium::Stdout(out) => printed(out.write_all(bytes)),
            OutputMedium::File(file) => Ok(file.write_all(bytes).with_context(|| file.name())?),
        }
    }

    /// Writes all of an answer.
    pub(super) fn copy(&mut self, body: &mut dyn Read) -> Result<(), CliError> {
        copy_chunks(body, &mut |chunk| self.write(chunk))
    }

    /// Another handle of the same file, for a writer that wants one of its own.
    pub(super) fn handle(&self, format: FileFormat) -> Result<Box<dyn Write + Send>, CliError> {
        Ok(match &self.medium {
            OutputMedium::Stdout(_) => {
                let stdout = terminal_writer::stdout(TerminalText::of(format));
                Box::new(CountedWriter::new(stdout, self.bytes.clone()))
            }
            OutputMedium::File(file) => Box::new(file.file().try_clone().with_context(|| file.name())?),
        })
    }

    fn name(&self) -> String {
        match &self.medium {
            OutputMedium::Stdout(_) => "stdout".to_owned(),
            OutputMedium::File(file) => file.name(),
        }
    }

    /// Gives the file its name, and returns in words what it holds.
    pub(super) fn finish(self, rows: Option<u64>) -> Result<String, CliError> {
        self.bar.finish_and_clear();
        let name = self.name();
        let (mut rows, mut bytes) = (rows, self.bytes.get());
        match self.medium {
            OutputMedium::Stdout(mut out) => printed(out.flush())?,
            OutputMedium::File(file) => {
                bytes = file.file().metadata().with_context(|| name.clone())?.len();
                rows = rows.or_else(|| files::parquet_row_count(file.file().try_clone().ok()?));
                file.finish()?;
            }
        }
        let unit = if rows == Some(1) { "row" } else { "rows" };
        let rows = rows.map(|rows| format!("{} {unit}, ", HumanCount(rows))).unwrap_or_default();
        Ok(format!("{rows}{} in {name}", HumanBytes(bytes)))
    }
}

fn printed(written: std::io::Result<()>) -> Result<(), CliError> {
    written.map_err(|error| write_error(error, "stdout"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_finished_leaves_nothing_behind() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("attempts.csv");
        let mut out = ExportOutput::begin(&path, FileFormat::Csv).expect("begun");
        out.write(b"half").expect("written");
        drop(out);
        assert_eq!(std::fs::read_dir(directory.path()).expect("a directory").count(), 0);
    }
}
