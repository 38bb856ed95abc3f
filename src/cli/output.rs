//! Where answers go: standard output, in the form that was asked for.

use std::io::{ErrorKind, Read, Write as _};

use anyhow::Context as _;
use attempt_ledger_projections::calendar::{Zone, rfc3339};
use clap::{Args, ValueEnum};

use super::CliError;
use super::filters::Times;
use super::request::{Query, Service};
use crate::environment::{Environment as _, System};

/// How an answer is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
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

impl Format {
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
pub(super) struct Printing {
    /// How to print; ndjson and csv hold every row unless --limit is given
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

impl Printing {
    pub(super) const fn format(self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}

/// Asks, and prints what is answered; `draw` makes a table of JSON.
pub(super) fn answer(
    service: &Service,
    query: Query,
    format: Format,
    draw: impl FnOnce(&serde_json::Value) -> String,
) -> Result<(), CliError> {
    match format {
        Format::Table => {
            let answer = service.json(&query)?;
            print(&draw(&answer))?;
            super::show::warn_if_not_fresh(&answer);
            Ok(())
        }
        Format::Json => {
            let text = service.text(&query)?;
            print(&format!("{}\n", text.trim_end()))
        }
        Format::Ndjson | Format::Csv => copy(&mut *service.stream(&query.with("format", format.name()))?),
    }
}

/// Prints data.
pub(super) fn print(text: &str) -> Result<(), CliError> {
    let mut out = anstream::stdout().lock();
    enough(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

fn copy(body: &mut dyn Read) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let length = body.read(&mut chunk).context("the answer breaks off: what was printed is not whole")?;
        if length == 0 {
            return enough(out.flush());
        }
        if let Err(error) = out.write_all(&chunk[..length]) {
            return enough(Err(error));
        }
    }
}

/// Whoever reads may have seen enough, as `head` does.
fn enough(written: std::io::Result<()>) -> Result<(), CliError> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written.context("stdout")?),
    }
}

/// The zone whose clock tables show. One that is not known is refused by the route.
pub(super) fn zone(times: &Times) -> Zone {
    times.timezone.as_deref().and_then(|name| name.parse().ok()).unwrap_or(Zone::UTC)
}

/// The range that histories need: today up to now, where nothing is said.
pub(super) fn today_unless_said(mut times: Times) -> Times {
    if times.from.is_none() && times.to.is_none() {
        let today = rfc3339(System.now(), zone(&times));
        times.from = today.get(..10).map(str::to_owned);
    }
    times.to.get_or_insert_with(|| "now".to_owned());
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_that_is_said_is_left_alone() {
        let said = Times { from: Some("2026-01-01".into()), to: Some("2026-01-02".into()), timezone: None };
        let times = today_unless_said(said.clone());
        assert_eq!((times.from, times.to), (said.from, said.to));
    }

    #[test]
    fn a_range_without_an_end_ends_now_and_one_without_a_beginning_is_left_for_the_route_to_refuse() {
        let from = Times { from: Some("now-7d".into()), ..Times::default() };
        assert_eq!(today_unless_said(from).to.as_deref(), Some("now"));
        let to = Times { to: Some("now".into()), ..Times::default() };
        assert_eq!(today_unless_said(to).from, None);
    }

    #[test]
    fn today_begins_at_midnight_by_the_clock_of_the_zone() {
        let times =
            today_unless_said(Times { timezone: Some("Pacific/Kiritimati".into()), ..Times::default() });
        let here = rfc3339(System.now(), "Pacific/Kiritimati".parse().expect("a zone"));
        assert_eq!(times.from.as_deref(), Some(&here[..10]));
    }
}
