//! Prints answers on standard output, in the format that was asked for.

use std::io::{ErrorKind, IsTerminal as _, Read, Write as _};

use anyhow::Context as _;
use attempt_ledger_projections::calendar::Zone;
use clap::{Args, ValueEnum};

use super::arguments::TimeArguments;
use super::query::Query;
use super::service_client::ServiceClient;
use super::terminal_writer::TerminalText;
use super::visible::visible_json;
use super::{CliError, terminal_writer};

/// How an answer is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum PrintFormat {
    /// For people
    #[default]
    Table,
    /// The route's answer as it is
    Json,
    /// One row a line, every row
    Ndjson,
    /// Every row, for spreadsheets
    Csv,
}

impl PrintFormat {
    const fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
        }
    }
}

/// How an answer is wanted.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct PrintArguments {
    /// How to print; ndjson and csv hold every row unless --limit is given
    #[arg(long, value_enum, default_value_t)]
    format: PrintFormat,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

impl PrintArguments {
    pub(super) const fn format(self) -> PrintFormat {
        if self.json { PrintFormat::Json } else { self.format }
    }
}

/// Sends a query and prints the answer; `draw` makes a table of JSON.
pub(super) fn answer(
    service: &ServiceClient,
    query: Query,
    format: PrintFormat,
    draw: impl FnOnce(&serde_json::Value) -> String,
) -> Result<(), CliError> {
    match format {
        PrintFormat::Table => {
            let answer = service.json(&query)?;
            print(&draw(&answer))?;
            super::cells::say_if_there_are_more(&answer);
            super::cells::warn_if_not_fresh(&answer);
            Ok(())
        }
        PrintFormat::Json => {
            let text = service.text(&query)?;
            print_json(text.trim_end())
        }
        PrintFormat::Ndjson | PrintFormat::Csv => {
            let text = match format {
                PrintFormat::Csv => TerminalText::Csv,
                _ => TerminalText::Json,
            };
            copy(&mut *service.stream(&query.with("format", format.name()))?, text)
        }
    }
}

/// Prints a document of JSON, whose texts are others'.
pub(super) fn print_json(text: &str) -> Result<(), CliError> {
    if std::io::stdout().is_terminal() {
        return print(&format!("{}\n", visible_json(text)));
    }
    // Not by way of `print`: it takes what could be colours out of a pipe.
    let mut out = std::io::stdout().lock();
    unless_closed(writeln!(out, "{text}").and_then(|()| out.flush()))
}

/// Prints text in which nothing is that a terminal would obey, but for our own colours.
pub(super) fn print(text: &str) -> Result<(), CliError> {
    let mut out = anstream::stdout().lock();
    unless_closed(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

fn copy(body: &mut dyn Read, text: TerminalText) -> Result<(), CliError> {
    let mut out = terminal_writer::stdout(text);
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let length = body.read(&mut chunk).context("the answer breaks off: what was printed is not whole")?;
        if length == 0 {
            return unless_closed(out.flush());
        }
        if let Err(error) = out.write_all(&chunk[..length]) {
            return unless_closed(Err(error));
        }
    }
}

/// A reader that has seen enough, as `head` does, does not end what the command does besides.
fn unless_closed(written: std::io::Result<()>) -> Result<(), CliError> {
    match written.map_err(|error| write_error(error, "stdout")) {
        Err(CliError::OutputClosed) => Ok(()),
        written => written,
    }
}

/// The error for data that was not written; a closed pipe is no failure.
pub(super) fn write_error(error: std::io::Error, name: &str) -> CliError {
    match error.kind() {
        ErrorKind::BrokenPipe => CliError::OutputClosed,
        _ => anyhow::Error::new(error).context(name.to_owned()).into(),
    }
}

/// The zone whose clock tables show. One that is not known is refused by the route.
pub(super) fn zone(times: &TimeArguments) -> Zone {
    times.timezone.as_deref().and_then(|name| name.parse().ok()).unwrap_or(Zone::UTC)
}

/// The range that histories need: today up to now, where nothing is given.
pub(super) fn today_by_default(mut times: TimeArguments) -> TimeArguments {
    if times.from.is_none() && times.to.is_none() {
        times.from = Some("today".to_owned());
    }
    times.to.get_or_insert_with(|| "now".to_owned());
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_that_is_given_is_left_alone() {
        let given =
            TimeArguments { from: Some("2026-01-01".into()), to: Some("2026-01-02".into()), timezone: None };
        let times = today_by_default(given.clone());
        assert_eq!((times.from, times.to), (given.from, given.to));
    }

    #[test]
    fn a_range_without_an_end_ends_now_and_one_without_a_beginning_is_left_for_the_route_to_refuse() {
        let from = TimeArguments { from: Some("now-7d".into()), ..TimeArguments::default() };
        assert_eq!(today_by_default(from).to.as_deref(), Some("now"));
        let to = TimeArguments { to: Some("now".into()), ..TimeArguments::default() };
        assert_eq!(today_by_default(to).from, None);
    }

    #[test]
    fn without_a_range_it_is_today_until_now_by_the_clock_of_the_zone() {
        let zone = || Some("Pacific/Kiritimati".into());
        let times = today_by_default(TimeArguments { timezone: zone(), ..TimeArguments::default() });
        assert_eq!((times.from.as_deref(), times.to.as_deref()), (Some("today"), Some("now")));
        assert_eq!(times.timezone, zone());
    }
}
