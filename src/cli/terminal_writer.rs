//! What goes to a terminal byte by byte: rows of a format as they arrive, and log lines.

use std::io::{IsTerminal as _, Write};

use super::visible::{MASK, is_control, visible_json};
use crate::files::FileFormat;

/// What the bytes are, which decides how a letter is shown that a terminal would obey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TerminalText {
    /// Escaped, so that the value stays the same.
    Json,
    /// Masked, a line break within quotes too.
    Csv,
}

impl TerminalText {
    /// What a file of this format is. Those that are no text are kept from terminals before.
    pub(super) const fn of(format: FileFormat) -> Self {
        match format {
            FileFormat::Csv => Self::Csv,
            FileFormat::Ndjson | FileFormat::Parquet | FileFormat::Xlsx => Self::Json,
        }
    }
}

/// Standard output as it is, and made visible where it is a terminal.
pub(super) fn stdout(text: TerminalText) -> Box<dyn Write + Send> {
    let out = std::io::stdout();
    if out.is_terminal() { Box::new(TerminalWriter::new(out, text)) } else { Box::new(out) }
}

/// Passes on text in UTF-8, whose letters may be cut in two between writes, without any that a terminal
/// obeys.
pub(super) struct TerminalWriter<W: Write> {
    out: W,
    text: TerminalText,
    /// The beginning of a letter whose end has not come.
    begun: Vec<u8>,
    is_quoted: bool,
}

impl<W: Write> TerminalWriter<W> {
    pub(super) const fn new(out: W, text: TerminalText) -> Self {
        Self { out, text, begun: Vec::new(), is_quoted: false }
    }

    fn shown(&mut self, text: &str) -> String {
        if self.text == TerminalText::Json {
            return visible_json(text).into_owned();
        }
        let mut out = String::with_capacity(text.len());
        for letter in text.chars() {
            self.is_quoted ^= letter == '"';
            let is_ours = matches!(letter, '\r' | '\n' | '\t') && !self.is_quoted;
            let is_masked = !is_ours && is_control(letter);
            out.push(if is_masked { MASK } else { letter });
        }
        out
    }
}

impl<W: Write> Write for TerminalWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.begun.extend_from_slice(bytes);
        let mut shown = String::new();
        let begun = std::mem::take(&mut self.begun);
        let mut rest = begun.as_slice();
        loop {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    shown.push_str(&self.shown(text));
                    break;
                }
                Err(error) => {
                    let (whole, after) = rest.split_at(error.valid_up_to());
                    shown.push_str(&self.shown(&String::from_utf8_lossy(whole)));
                    let Some(length) = error.error_len() else {
                        self.begun = after.to_vec();
                        break;
                    };
                    shown.push(char::REPLACEMENT_CHARACTER);
                    rest = &after[length..];
                }
            }
        }
        self.out.write_all(shown.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: TerminalText, parts: &[&[u8]]) -> String {
        let mut out = Vec::new();
        let mut writer = TerminalWriter::new(&mut out, text);
        for part in parts {
            writer.write_all(part).expect("written");
        }
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn a_letter_that_is_cut_in_two_is_one_letter() {
        let text = "Олена\u{9b}2J\u{202e}".as_bytes();
        for cut in 0..=text.len() {
            assert_eq!(written(TerminalText::Csv, &[&text[..cut], &text[cut..]]), "Олена?2J?");
        }
        assert_eq!(written(TerminalText::Json, &[b"\xff\x1b"]), "\u{fffd}\\u001b");
    }

    #[test]
    fn a_line_of_csv_ends_outside_of_quotes_only() {
        let text = b"a,\"b\nc\"\"\r\n\"\r\nd\te";
        assert_eq!(written(TerminalText::Csv, &[text]), "a,\"b?c\"\"??\"\r\nd\te");
    }
}
