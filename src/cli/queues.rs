//! `attempt-ledger queues`: what goes on in every queue, or one queue's history.

use attempt_ledger_domain::{QueueGroup, QueueGroupUnreadable};
use attempt_ledger_projections::calendar::Zone;
use clap::Args;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::arguments::{ExplanationArguments, MeasureArguments, PositionArguments, TimeArguments};
use super::cells::{self, CellKind};
use super::output::{self, PrintArguments, PrintFormat};
use super::query::Query;
use super::service_client::ServiceClient;
use super::storage::ReadStoreArguments;
use super::text_table::{Align, TextTable};
use super::{CliError, Target, existence, explanation};

/// The metrics of tables where no others are named.
const METRICS: &str = "n_offered,n_answered,n_abandoned,abandon_rate,service_level,asa,aht";
const ONE_BUCKET: &str = "P1M";

#[derive(Args)]
pub(super) struct QueuesCommand {
    /// The queue whose history is shown, or none for what stands in no queue [default: every queue, what
    /// is open now and today's figures]
    #[arg(value_name = "QUEUE_ID", value_parser = queue_group, allow_negative_numbers = true)]
    queue_id: Option<QueueGroup>,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    times: TimeArguments,
    #[command(flatten)]
    measuring: MeasureArguments,
    #[command(flatten)]
    explaining: ExplanationArguments,
    #[command(flatten)]
    known: PositionArguments,
    #[command(flatten)]
    printing: PrintArguments,
    #[command(flatten)]
    read_store: ReadStoreArguments,
}

/// The answers that a list of queues is made of, each as it came.
#[derive(Serialize)]
struct Lists {
    queues: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    now: Option<Box<RawValue>>,
    history: Box<RawValue>,
}

impl QueuesCommand {
    pub(super) fn run(self) -> Result<(), CliError> {
        let service = ServiceClient::open(&self.target, self.read_store.clone().into())?;
        let zone = output::zone(&self.times);
        if let Some(queue_id) = self.queue_id {
            existence::require(&service, &existence::QUEUE, number_of(queue_id), &self.known.min_position)?;
        }
        let query = match self.queue_id {
            Some(queue_id) => self.history(Query::to(format!("/v1/queues/{queue_id}/history"))),
            None if self.explaining.explain.is_some() => self.history(Query::to("/v1/queues/history")),
            None => {
                let query = self.history(Query::to("/v1/queues/history").with("group_by", "queue"));
                return self.list(&service, query);
            }
        };
        output::answer(&service, query, self.printing.format(), |answer| draw(answer, zone))
    }

    fn history(&self, query: Query) -> Query {
        let times = output::today_by_default(self.times.clone());
        let query = self.measuring.add_to(times.add_to(query));
        let query = self.known.add_to(self.explaining.add_to(query));
        if self.printing.format() == PrintFormat::Table && !query.has("metrics") && !query.has("explain") {
            return query.with("metrics", METRICS);
        }
        query
    }

    /// Every queue. Files hold the histories; tables and JSON also what is open now.
    fn list(&self, service: &ServiceClient, query: Query) -> Result<(), CliError> {
        if matches!(self.printing.format(), PrintFormat::Ndjson | PrintFormat::Csv) {
            return output::answer(service, query, self.printing.format(), |_| String::new());
        }
        if query.has("limit") || query.has("cursor") {
            let every =
                "a table of queues has every queue: --limit and --cursor go with --explain, ndjson and csv";
            return Err(CliError::Usage(every.to_owned()));
        }
        // The figures of the whole range are wanted, not those of its hours.
        let is_one_figure = self.printing.format() == PrintFormat::Table && !query.has("interval");
        let query = if is_one_figure { query.with("interval", ONE_BUCKET) } else { query };
        let since = &self.known.min_position;
        let lists = |path: &str| service.json(&Query::to(path).with_given([("min_position", since)]));
        // The past has no now.
        let now = if self.known.as_of.is_none() { Some(lists("/v1/now")?) } else { None };
        let lists = Lists { queues: lists("/v1/queues")?, now, history: service.json(&query)? };
        let text = serde_json::to_string(&lists).map_err(anyhow::Error::from)?;
        if self.printing.format() == PrintFormat::Json {
            return output::print_json(&text);
        }
        let answer: Value = serde_json::from_str(&text).map_err(anyhow::Error::from)?;
        output::print(&table(&answer, output::zone(&self.times)))?;
        cells::warn_if_not_fresh(&answer["history"]);
        Ok(())
    }
}

/// Reads a queue's number, or `none`.
fn queue_group(text: &str) -> Result<QueueGroup, String> {
    text.parse().map_err(|QueueGroupUnreadable| "it must be the number of a queue, or none".to_owned())
}

fn number_of(group: QueueGroup) -> Option<i64> {
    group.queue_id().map(|queue_id| queue_id.0)
}

/// A history, or the explanation of a number.
pub(super) fn draw(answer: &Value, zone: Zone) -> String {
    if answer.get("metric").is_some() { explanation::draw(answer, zone) } else { cells::history(answer) }
}

fn table(answer: &Value, zone: Zone) -> String {
    let rows = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let series = rows(&answer["history"]["queues"]);
    let columns = series.first().map(|one| cells::metric_columns(&one["total"])).unwrap_or_default();
    let open = rows(&answer["now"]["queues"]);
    let with_now = answer.get("now").is_some();
    let mut table = TextTable::new([("queue", Align::Right), ("name", Align::Left), ("type", Align::Left)]);
    if with_now {
        for name in ["waiting", "longest", "ringing", "talking", "wrap-up"] {
            table.column(name, Align::Right);
        }
    }
    for column in &columns {
        table.column(&column.name(), Align::Right);
    }
    for queue in rows(&answer["queues"]["queues"]) {
        let same = |one: &&Value| one["queue_id"] == queue["queue_id"];
        let mut cells = vec![
            queue["queue_id"].as_i64().map_or(QueueGroup::NO_QUEUE.to_owned(), |id| id.to_string()),
            cells::cell(&queue["name"], CellKind::Text, zone),
            cells::cell(&queue["type"], CellKind::Text, zone),
        ];
        if with_now {
            let now = open.iter().find(same);
            let count = |name: &str| {
                now.map_or_else(|| "0".to_owned(), |now| cells::cell(&now[name], CellKind::Number, zone))
            };
            let longest = now.map_or(&Value::Null, |now| &now["longest_wait"]["wait_ms"]);
            cells.push(count("waiting"));
            cells.push(cells::cell(longest, CellKind::Duration, zone));
            cells.extend(["ringing", "talking", "in_wrap_up"].map(count));
        }
        let total = series.iter().find(same).map(|one| &one["total"]);
        cells.extend(columns.iter().map(|column| column.cell(total.unwrap_or(&Value::Null))));
        table.row(cells);
    }
    table.draw()
}
