//! `attempt-ledger export`: tables and the log as files. A file appears under its name when it is whole, or
//! not at all.

mod counted_writer;
mod export_output;
mod lists;
mod pages;
mod row_counter;

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::arguments::{AttemptArguments, MeasureArguments, PageArguments, PositionArguments, TimeArguments};
use super::query::Query;
use super::service_client::ServiceClient;
use super::storage::ReadStoreArguments;
use super::{CliError, Target};
use crate::files::FileFormat;
use export_output::ExportOutput;
pub(super) use lists::{agent_list, write_list};
use row_counter::RowCounter;

#[derive(Args)]
pub(super) struct ExportCommand {
    /// What to write; left out with --format sqlite, which holds every read model
    #[arg(long, value_enum)]
    what: Option<ExportSubject>,
    /// In which form
    #[arg(long, value_enum)]
    format: ExportFormat,
    /// Where to write; - is standard output
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    attempts: AttemptArguments,
    /// attempts, offers: the attempt; refusals: those that name this attempt
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    attempt_id: Option<String>,
    /// offers: how it ended
    #[arg(long, value_name = "OUTCOME")]
    outcome: Option<String>,
    /// refusals: open, replayed or dismissed
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
    /// refusals: the rule's code
    #[arg(long, value_name = "CODE", visible_alias = "code")]
    rule: Option<String>,
    #[command(flatten)]
    times: TimeArguments,
    #[command(flatten)]
    measuring: MeasureArguments,
    #[command(flatten)]
    page: PageArguments,
    #[command(flatten)]
    known: PositionArguments,
    /// csv: what stands between columns: a comma, a semicolon, a bar or a tab
    #[arg(long, value_name = "CHARACTER")]
    separator: Option<String>,
    /// csv: whether the file begins with a byte order mark, as Excel wants it
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    byte_order_mark: Option<String>,
    /// csv: what stands before the fraction of a number: point, or comma, with a semicolon between columns
    #[arg(long, value_name = "MARK")]
    decimal: Option<String>,
    #[command(flatten)]
    read_store: ReadStoreArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExportSubject {
    /// One row for each attempt
    Attempts,
    /// One row for each leg of an attempt at an agent
    Offers,
    /// Agents and their names
    Agents,
    /// Queues and what is defined about them
    Queues,
    /// The metrics of agents, one row for each agent and bucket; needs --from
    AgentHistory,
    /// The metrics of queues, one row for each queue and bucket; needs --from
    QueueHistory,
    /// The log, record by record
    Events,
    /// Deliveries that a rule did not let in
    Refusals,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExportFormat {
    Ndjson,
    Csv,
    Parquet,
    Xlsx,
    /// A copy of the read models, for programs that read SQLite
    Sqlite,
}

impl ExportFormat {
    const fn file_format(self) -> Option<FileFormat> {
        match self {
            Self::Ndjson => Some(FileFormat::Ndjson),
            Self::Csv => Some(FileFormat::Csv),
            Self::Parquet => Some(FileFormat::Parquet),
            Self::Xlsx => Some(FileFormat::Xlsx),
            Self::Sqlite => None,
        }
    }
}

fn usage(text: impl Into<String>) -> CliError {
    CliError::Usage(text.into())
}

impl ExportCommand {
    pub(super) fn run(self) -> Result<(), CliError> {
        let format = self.format.file_format();
        let (what, format) = match (self.what, format) {
            (_, None) => return self.snapshot(),
            (Some(what), Some(format)) => (what, format),
            (None, Some(_)) => {
                return Err(usage(
                    "--what is missing\nhint: `attempt-ledger export --help` lists what there is",
                ));
            }
        };
        let is_paged = matches!(what, ExportSubject::Events | ExportSubject::Refusals);
        if is_paged && format != FileFormat::Ndjson {
            return Err(usage("events and refusals hold deliveries as they came\nhint: say --format ndjson"));
        }
        let is_binary = matches!(format, FileFormat::Parquet | FileFormat::Xlsx);
        if self.writes_to_stdout() && is_binary && std::io::stdout().is_terminal() {
            return Err(usage("a terminal cannot show this format\nhint: name a file with --out"));
        }
        let service = ServiceClient::open(&self.target, self.read_store.clone().into())?;
        let mut position = self.position(&service)?;
        let mut out = ExportOutput::begin(&self.out, format)?;
        let rows = match what {
            ExportSubject::Events => {
                let (rows, head) =
                    pages::events(&service, self.filters(Query::to("/v1/events"), true)?, &mut out)?;
                position = head;
                Some(rows)
            }
            ExportSubject::Refusals => {
                let query = self.filters(Query::to("/v1/refusals"), true)?;
                Some(pages::refusals(&service, &query, &mut out)?)
            }
            ExportSubject::Agents | ExportSubject::Queues => {
                Some(self.list(&service, what, format, &mut out)?)
            }
            ExportSubject::Attempts
            | ExportSubject::Offers
            | ExportSubject::AgentHistory
            | ExportSubject::QueueHistory => self.tables(&service, what, format, &mut out)?,
        };
        let summary = out.finish(rows)?;
        anstream::eprintln!("{summary}, with everything up to log position {position}");
        Ok(())
    }

    fn writes_to_stdout(&self) -> bool {
        self.out.as_os_str() == "-"
    }

    /// Every filter that is given, so that one which the route does not know is refused by name.
    fn filters(&self, query: Query, with_ids: bool) -> Result<Query, CliError> {
        let query = if with_ids { self.attempts.add_ids_to(query) } else { query };
        let query = self.times.add_to(self.attempts.add_to(query)).with_given([
            ("attempt_id", &self.attempt_id),
            ("outcome", &self.outcome),
            ("status", &self.status),
            ("rule", &self.rule),
        ]);
        let query = self.known.add_to(self.page.add_to(self.measuring.add_to(query)));
        let is_whole = matches!(self.what, Some(ExportSubject::Events | ExportSubject::Refusals));
        if is_whole && (query.has("limit") || query.has("cursor")) {
            return Err(usage("events and refusals are exported whole, without --limit and --cursor"));
        }
        Ok(query)
    }

    /// Up to where the log is contained at least.
    fn position(&self, service: &ServiceClient) -> Result<u64, CliError> {
        if let Some(position) = self.known.as_of.as_ref().and_then(|text| text.parse().ok()) {
            return Ok(position);
        }
        let answer: Value = service.json(&Query::to("/v1/projections"))?;
        let projections = answer["projections"].as_array().cloned().unwrap_or_default();
        Ok(projections.iter().filter_map(|one| one["position"].as_u64()).min().unwrap_or_default())
    }

    fn list(
        &self,
        service: &ServiceClient,
        what: ExportSubject,
        format: FileFormat,
        out: &mut ExportOutput,
    ) -> Result<u64, CliError> {
        let path = if what == ExportSubject::Agents { "/v1/agents" } else { "/v1/queues" };
        let member = if what == ExportSubject::Agents { "agents" } else { "queues" };
        let answer = service.list(&self.filters(Query::to(path), true)?, member)?;
        let list = if what == ExportSubject::Agents {
            lists::agent_list(&answer)
        } else {
            lists::queue_list(&answer)
        };
        let csv = lists::csv_options(&self.separator, &self.byte_order_mark, &self.decimal)?;
        lists::write_list(list, format, &csv, out.handle(format)?)
    }

    fn tables(
        &self,
        service: &ServiceClient,
        what: ExportSubject,
        format: FileFormat,
        out: &mut ExportOutput,
    ) -> Result<Option<u64>, CliError> {
        let query = self
            .table_of(what)?
            .with("format", format.name())
            .with_given([("separator", &self.separator), ("byte_order_mark", &self.byte_order_mark)])
            .with_given([("decimal", &self.decimal)]);
        let mut counter = RowCounter::new(format);
        counter.copy(&mut *service.stream(&query)?, out)?;
        Ok(counter.rows())
    }

    /// The request whose answer is the table.
    fn table_of(&self, what: ExportSubject) -> Result<Query, CliError> {
        let of = |path: String| {
            let query = self.filters(Query::to(path), false)?;
            Ok::<_, CliError>(if query.has("to") { query } else { query.with("to", "now") })
        };
        let AttemptArguments { queue_id, agent_id, .. } = &self.attempts;
        let (of_queue, of_agent) = ([("queue_id", queue_id)], [("agent_id", agent_id)]);
        Ok(match (what, queue_id, agent_id) {
            (ExportSubject::Attempts, ..) => self.filters(Query::to("/v1/attempts"), true)?,
            (ExportSubject::QueueHistory, Some(queue_id), _) => {
                of(format!("/v1/queues/{queue_id}/history"))?.with_given(of_agent)
            }
            (ExportSubject::QueueHistory, None, _) => {
                of("/v1/queues/history".to_owned())?.with("group_by", "queue").with_given(of_agent)
            }
            (ExportSubject::AgentHistory, _, Some(agent_id)) => {
                of(format!("/v1/agents/{agent_id}/history"))?.with_given(of_queue)
            }
            (ExportSubject::AgentHistory, _, None) => {
                of("/v1/agents/history".to_owned())?.with("group_by", "agent").with_given(of_queue)
            }
            _ => self.filters(Query::to("/v1/offers"), true)?,
        })
    }

    /// A copy of the read models as one SQLite file.
    fn snapshot(&self) -> Result<(), CliError> {
        let filtered = self.filters(Query::default(), true)?;
        if self.what.is_some() || !filtered.is_bare() {
            return Err(usage(
                "a SQLite file holds every read model as it is\nhint: leave --what and the filters out",
            ));
        }
        if self.writes_to_stdout() {
            return Err(usage("a SQLite file is written to a file\nhint: name it with --out"));
        }
        let service = ServiceClient::open(&self.target, self.read_store.clone().into())?;
        let position = self.position(&service)?;
        let mut out = ExportOutput::in_file(&self.out)?;
        out.copy(&mut *service.stream(&Query::to("/v1/projections/snapshot"))?)?;
        let summary = out.finish(None)?;
        anstream::eprintln!("{summary}, with everything up to log position {position}");
        Ok(())
    }
}
