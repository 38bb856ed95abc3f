//! Filters as flags: each is named like the URL's parameter, with dashes, and goes to the routes as it was
//! typed.

use attempt_ledger_projections::calendar::{CalendarError, Zone};
use clap::Args;

use super::CliError;
use super::field_arguments::FieldArguments;
use super::query::Query;

/// Takes a value as it is, a negative number too.
macro_rules! add_to {
    ($filters:ident, $query:ident, $($name:ident),+) => {
        $query.with_given([$((stringify!($name), &$filters.$name)),+])
    };
}

/// By whose clock times are shown, for commands that take no dates.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct ClockArguments {
    /// The IANA name of the time zone whose clock is shown [default: UTC]
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
}

impl ClockArguments {
    pub(super) fn zone(&self) -> Result<Zone, CliError> {
        let Some(name) = &self.timezone else { return Ok(Zone::UTC) };
        name.parse().map_err(|error: CalendarError| {
            let error = error.to_string();
            CliError::Usage(format!("`timezone`: {}", error.replace("; hint: ", "\nhint: ")))
        })
    }
}

/// When.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct TimeArguments {
    /// From this instant on: RFC 3339, milliseconds since 1970, a date or date and time in --timezone, today,
    /// yesterday, now, now-7d
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(super) from: Option<String>,
    /// Before this instant, in the same forms
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(super) to: Option<String>,
    /// The IANA name of the time zone for dates, days and the clock of tables [default: UTC]
    #[arg(long, value_name = "ZONE")]
    pub(super) timezone: Option<String>,
}

impl TimeArguments {
    pub(super) fn add_to(&self, query: Query) -> Query {
        add_to!(self, query, from, to, timezone)
    }
}

/// As known when.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct PositionArguments {
    /// What the ledger knew at this log position, whatever came later
    #[arg(long, value_name = "POSITION", allow_negative_numbers = true)]
    pub(super) as_of: Option<String>,
    /// Wait until the read models contain this log position
    #[arg(long, value_name = "POSITION", allow_negative_numbers = true)]
    pub(super) min_position: Option<String>,
}

impl PositionArguments {
    pub(super) fn add_to(&self, query: Query) -> Query {
        add_to!(self, query, as_of, min_position)
    }
}

/// How many, and in which order.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct PageArguments {
    /// At most so many rows
    #[arg(long, value_name = "ROWS", allow_negative_numbers = true)]
    pub(super) limit: Option<String>,
    /// newest or oldest first
    #[arg(long, value_name = "ORDER")]
    order: Option<String>,
    /// Go on after an earlier page: the next_cursor of its JSON
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
}

impl PageArguments {
    pub(super) fn add_to(&self, query: Query) -> Query {
        add_to!(self, query, limit, order, cursor)
    }
}

/// Which attempts.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct AttemptArguments {
    /// The queue's number
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(super) queue_id: Option<String>,
    /// The queue's type, such as inbound_queue, or its number at the producer
    #[arg(long, value_name = "TYPE")]
    queue_type: Option<String>,
    /// An agent of one of its legs, or the one that it names last
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(super) agent_id: Option<String>,
    /// The member's number
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    member_id: Option<String>,
    /// The exact number or address
    #[arg(long, value_name = "TEXT")]
    destination: Option<String>,
    /// call, chat, task …
    #[arg(long, value_name = "CHANNEL")]
    channel: Option<String>,
    /// The exact result stated at Leaving
    #[arg(long, value_name = "RESULT")]
    result: Option<String>,
    /// waiting, ringing, answered, talking, wrap_up, left or unknown
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    /// answered, abandoned, flowed_out, cancelled, not_reached, dropped, other or open
    #[arg(long, value_name = "CLASS")]
    class: Option<String>,
    /// A step that was not reported: never_left and others
    #[arg(long, value_name = "GAP")]
    gap: Option<String>,
    /// Whether deliveries contradict each other
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    conflict: Option<String>,
    /// Whether a delivery came late
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    late: Option<String>,
    #[command(flatten)]
    fields: FieldArguments,
}

impl AttemptArguments {
    /// The ids are left out: some routes have them in their paths.
    pub(super) fn add_to(&self, query: Query) -> Query {
        let query = self.fields.add_to(query);
        add_to!(
            self,
            query,
            queue_type,
            member_id,
            destination,
            channel,
            result,
            state,
            class,
            gap,
            conflict,
            late
        )
    }

    pub(super) fn add_ids_to(&self, query: Query) -> Query {
        add_to!(self, query, queue_id, agent_id)
    }
}

/// How a history is measured.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct MeasureArguments {
    /// The length of a bucket, such as PT15M, PT1H or P1D [default: PT1H]
    #[arg(long, value_name = "DURATION")]
    pub(super) interval: Option<String>,
    /// start, emit or end: which bucket an attempt's values fall into [default: start]
    #[arg(long, value_name = "HOW")]
    attribution: Option<String>,
    /// The metrics, with commas between
    #[arg(long, value_name = "KEYS")]
    pub(super) metrics: Option<String>,
    /// The wait within which an answer meets the service level [default: as its queue says, else 20000]
    #[arg(long, value_name = "MS", allow_negative_numbers = true)]
    threshold_ms: Option<String>,
    /// lt or lte: whether a wait has to be below a threshold or may be equal [default: lte]
    #[arg(long, value_name = "OPERATOR")]
    operator: Option<String>,
    /// The service level's policy. abandons_negative [default]: in time ÷ offered; abandons_ignored: in time
    /// ÷ (offered − abandoned in time); abandons_positive, removed_in_x: (in time + abandoned in time) ÷
    /// offered; genesys: in time ÷ (answered + abandoned); answered_only: in time ÷ answered; webitel: in
    /// time, below the threshold, ÷ every attempt
    #[arg(long, value_name = "POLICY")]
    policy: Option<String>,
    /// The wait up to which an abandon is short [default: as the queue is defined]
    #[arg(long, value_name = "MS", allow_negative_numbers = true)]
    short_abandon_ms: Option<String>,
    /// A wait for which abandons are counted; may be given several times
    #[arg(long, value_name = "MS", allow_negative_numbers = true)]
    abandoned_in_ms: Vec<String>,
}

impl MeasureArguments {
    pub(super) fn add_to(&self, query: Query) -> Query {
        let query = add_to!(
            self,
            query,
            interval,
            attribution,
            metrics,
            threshold_ms,
            operator,
            policy,
            short_abandon_ms
        );
        let waits = self.abandoned_in_ms.iter();
        waits.fold(query, |query, wait| query.with("abandoned_in_ms", wait))
    }
}

/// Which attempts make up a number, or changed it.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct ExplanationArguments {
    /// Which attempts make up this metric over the whole range
    #[arg(long, value_name = "METRIC")]
    pub(super) explain: Option<String>,
    /// With --explain: why the number is not what it was at this log position
    #[arg(long, value_name = "POSITION", requires = "explain", allow_negative_numbers = true)]
    changed_since: Option<String>,
    /// With --explain: only what counts, without what was left out
    #[arg(long, requires = "explain", conflicts_with = "changed_since")]
    counted_only: bool,
    /// At most so many rows: of a list, or with --explain of its attempts
    #[arg(long, value_name = "ROWS", allow_negative_numbers = true)]
    limit: Option<String>,
    /// Go on after an earlier page
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
}

impl ExplanationArguments {
    pub(super) fn add_to(&self, query: Query) -> Query {
        let query = add_to!(self, query, explain, changed_since, limit, cursor);
        if self.counted_only { query.with("left_out", "false") } else { query }
    }
}
