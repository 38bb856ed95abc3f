//! Log lines on standard error: one line for each event, with nothing in it that a terminal obeys.

use std::io::Write;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;

use super::CliError;
use super::visible::{MASK, is_control, visible_json};

/// How the process reports what it does.
#[derive(Args, Clone, Debug)]
pub(super) struct Logging {
    /// What to tell on stderr, such as `info` or `attempt_ledger=debug`
    #[arg(
        long,
        value_name = "FILTER",
        env = "ATTEMPT_LEDGER_LOG_FILTER",
        default_value = "info,fjall=warn,lsm_tree=warn,eventstore=off,kurrentdb=off"
    )]
    log_filter: String,
    /// How to write these lines
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

impl Logging {
    pub(super) fn start(&self) -> Result<(), CliError> {
        let filter = EnvFilter::try_new(&self.log_filter).context("--log-filter")?;
        // A line that cannot be written, say because its file lies on a full disk, is lost. The default would
        // complain on stderr, which panics there, and a panic in the log's writer ends all recording.
        let is_coloured = anstream::stderr().is_terminal();
        let format = self.log_format;
        let lines = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(move || LineWriter { format, is_coloured })
            .log_internal_errors(false);
        match format {
            LogFormat::Text => lines.with_ansi(is_coloured).init(),
            LogFormat::Json => lines.json().init(),
        }
        // A panic's message may hold a payload's values; where it happened is enough to find it.
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(%place, "panicked");
        }));
        Ok(())
    }
}

/// Writes each event, which is formatted as a whole, as one line.
struct LineWriter {
    format: LogFormat,
    is_coloured: bool,
}

impl LineWriter {
    fn line(&self, event: &str) -> String {
        let event = event.trim_end_matches('\n');
        let line = match self.format {
            LogFormat::Json => visible_json(event).into_owned(),
            // The formatter escapes an ESC of a text, so that what is left are its own colours.
            LogFormat::Text => event.chars().map(|letter| self.shown(letter)).collect(),
        };
        line + "\n"
    }

    fn shown(&self, letter: char) -> char {
        match letter {
            '\n' => ' ',
            '\x1b' if self.is_coloured => letter,
            letter if is_control(letter) => MASK,
            letter => letter,
        }
    }
}

impl Write for LineWriter {
    fn write(&mut self, event: &[u8]) -> std::io::Result<usize> {
        let line = self.line(&String::from_utf8_lossy(event));
        std::io::stderr().lock().write_all(line.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_without_controls() {
        let text = LineWriter { format: LogFormat::Text, is_coloured: false };
        assert_eq!(text.line("a\nINFO forged\u{1b}[2J\u{202e}\n"), "a INFO forged?[2J?\n");
        let coloured = LineWriter { format: LogFormat::Text, is_coloured: true };
        assert_eq!(coloured.line("\u{1b}[32mINFO\u{1b}[0m\u{9b}\n"), "\u{1b}[32mINFO\u{1b}[0m?\n");
        let json = LineWriter { format: LogFormat::Json, is_coloured: false };
        assert_eq!(json.line("{\"a\":\"\u{9b}\"}\n"), "{\"a\":\"\\u009b\"}\n");
    }
}
