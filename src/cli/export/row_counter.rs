//! Counts the rows of an answer while it is copied, where its format shows them.

use std::io::Read;

use super::export_output::ExportOutput;
use crate::cli::CliError;
use crate::cli::chunks::copy_chunks;
use crate::files::FileFormat;

/// Counts the rows of answers that are copied one after the other.
pub(super) struct RowCounter {
    format: FileFormat,
    lines: u64,
    is_quoted: bool,
}

impl RowCounter {
    pub(super) const fn new(format: FileFormat) -> Self {
        Self { format, lines: 0, is_quoted: false }
    }

    pub(super) fn copy(&mut self, body: &mut dyn Read, out: &mut ExportOutput) -> Result<(), CliError> {
        copy_chunks(body, &mut |chunk| {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_within_a_text_of_csv_is_no_row() {
        let mut counter = RowCounter::new(FileFormat::Csv);
        counter.count(b"a,b\r\n1,\"two\nli");
        counter.count(b"nes\"\r\n2,\"say \"\"hi\"\"\n\"\r\n");
        assert_eq!(counter.rows(), Some(2));
    }
}
