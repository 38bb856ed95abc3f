//! Rows of attempts, in answers and in files.

use attempt_ledger_domain::timeline::AttemptState;
use attempt_ledger_domain::{QueueType, UnixMillis};
use attempt_ledger_projections::{AttemptRow, Gap};
use serde::Serialize;
use utoipa::ToSchema;

use super::columns::{RowColumn, duration, known_number, number, position, text, time};
use crate::files::{Cell, ColumnKind};

/// One attempt. What is not known is left out. Times are milliseconds since 1970.
#[derive(Serialize, ToSchema)]
pub struct AttemptRowAnswer {
    pub attempt_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The number or address that was called or that calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_id: Option<i64>,
    /// Which try at this member it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt_seq: Option<i64>,
    /// `waiting`, `ringing`, `answered`, `talking`, `wrap_up`, `left` or `unknown`.
    pub state: &'static str,
    /// `answered`, `abandoned`, `flowed_out`, `cancelled`, `not_reached`, `other` or `open`.
    pub class: &'static str,
    /// The result stated at Leaving.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_cause: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_sip_code: Option<i64>,
    /// What answering machine detection said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amd_result: Option<String>,
    /// Joining where known, else the first event.
    pub started_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joined_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_offered_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_answered_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bridged_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processing_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_at: Option<i64>,
    pub last_event_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<u64>,
    /// Includes hold, which no event reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub talk_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrap_ms: Option<u64>,
    /// Talk and after-call work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handle_ms: Option<u64>,
    pub offers: u32,
    pub bridges: u32,
    pub missed_by_agent: u32,
    pub missed_by_caller: u32,
    /// Steps that were not reported.
    pub gaps: Vec<&'static str>,
    /// Whether a delivery came more than a day after what it reports.
    pub is_late: bool,
    /// Deliveries that count.
    pub events: u32,
    /// Deliveries that contradict those and are set aside by a rule.
    pub conflicts: u32,
    /// The log position of the first record about the attempt.
    pub first_position: u64,
    /// The log position of the last record that bears on it.
    pub last_position: u64,
    /// When the ledger took that last record.
    pub last_recorded_at: i64,
}

impl AttemptRowAnswer {
    pub fn of(row: AttemptRow) -> Self {
        let ms = |at: Option<UnixMillis>| at.map(|at| at.0);
        Self {
            attempt_id: row.attempt_id.0,
            queue_id: row.queue_id.map(|id| id.0),
            queue_type: row.queue_type.map(QueueType::name),
            channel: row.channel,
            destination: row.destination,
            member_id: row.member_id,
            attempt_seq: row.attempt_seq,
            state: row.state.name(),
            class: row.class.name(),
            result: row.result,
            call_cause: row.call_cause,
            call_sip_code: row.call_sip_code,
            amd_result: row.amd_result,
            started_at: row.started_at.0,
            joined_at: ms(row.joined_at),
            first_offered_at: ms(row.first_offered_at),
            first_answered_at: ms(row.first_answered_at),
            bridged_at: ms(row.bridged_at),
            processing_at: ms(row.processing_at),
            left_at: ms(row.left_at),
            last_event_at: row.last_event_at.0,
            wait_ms: row.wait_ms,
            talk_ms: row.talk_ms,
            wrap_ms: row.wrap_ms,
            handle_ms: row.handle_ms,
            offers: row.offers,
            bridges: row.bridges,
            missed_by_agent: row.missed_by_agent,
            missed_by_caller: row.missed_by_caller,
            gaps: row.gaps.iter().map(Gap::name).collect(),
            is_late: row.is_late,
            events: row.events,
            conflicts: row.conflicts,
            first_position: row.first_position.0,
            last_position: row.last_position.0,
            last_recorded_at: row.last_recorded_at.0,
        }
    }
}

/// The gaps as one text: names with a space between.
fn gaps(row: &AttemptRow) -> Cell<'_> {
    Cell::Text(row.gaps.iter().map(Gap::name).collect::<Vec<_>>().join(" ").into())
}

/// The columns of a file of attempts, named as the members of an answer.
pub const ATTEMPT_COLUMNS: [RowColumn<AttemptRow>; 36] = [
    ("attempt_id", ColumnKind::Integer, |row| number(row.attempt_id.0)),
    ("queue_id", ColumnKind::Integer, |row| known_number(row.queue_id.map(|id| id.0))),
    ("queue_type", ColumnKind::Text, |row| text(row.queue_type.map(QueueType::name))),
    ("channel", ColumnKind::Text, |row| text(row.channel.as_deref())),
    ("destination", ColumnKind::Text, |row| text(row.destination.as_deref())),
    ("member_id", ColumnKind::Integer, |row| known_number(row.member_id)),
    ("attempt_seq", ColumnKind::Integer, |row| known_number(row.attempt_seq)),
    ("state", ColumnKind::Text, |row| text(AttemptState::name(row.state))),
    ("class", ColumnKind::Text, |row| text(row.class.name())),
    ("result", ColumnKind::Text, |row| text(row.result.as_deref())),
    ("call_cause", ColumnKind::Text, |row| text(row.call_cause.as_deref())),
    ("call_sip_code", ColumnKind::Integer, |row| known_number(row.call_sip_code)),
    ("amd_result", ColumnKind::Text, |row| text(row.amd_result.as_deref())),
    ("started_at", ColumnKind::Time, |row| time(row.started_at)),
    ("joined_at", ColumnKind::Time, |row| time(row.joined_at)),
    ("first_offered_at", ColumnKind::Time, |row| time(row.first_offered_at)),
    ("first_answered_at", ColumnKind::Time, |row| time(row.first_answered_at)),
    ("bridged_at", ColumnKind::Time, |row| time(row.bridged_at)),
    ("processing_at", ColumnKind::Time, |row| time(row.processing_at)),
    ("left_at", ColumnKind::Time, |row| time(row.left_at)),
    ("last_event_at", ColumnKind::Time, |row| time(row.last_event_at)),
    ("wait_ms", ColumnKind::Duration, |row| duration(row.wait_ms)),
    ("talk_ms", ColumnKind::Duration, |row| duration(row.talk_ms)),
    ("wrap_ms", ColumnKind::Duration, |row| duration(row.wrap_ms)),
    ("handle_ms", ColumnKind::Duration, |row| duration(row.handle_ms)),
    ("offers", ColumnKind::Integer, |row| number(row.offers)),
    ("bridges", ColumnKind::Integer, |row| number(row.bridges)),
    ("missed_by_agent", ColumnKind::Integer, |row| number(row.missed_by_agent)),
    ("missed_by_caller", ColumnKind::Integer, |row| number(row.missed_by_caller)),
    ("gaps", ColumnKind::Text, gaps),
    ("is_late", ColumnKind::Boolean, |row| Cell::Boolean(row.is_late)),
    ("events", ColumnKind::Integer, |row| number(row.events)),
    ("conflicts", ColumnKind::Integer, |row| number(row.conflicts)),
    ("first_position", ColumnKind::Integer, |row| position(row.first_position.0)),
    ("last_position", ColumnKind::Integer, |row| position(row.last_position.0)),
    ("last_recorded_at", ColumnKind::Time, |row| time(row.last_recorded_at)),
];
