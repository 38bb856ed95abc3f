//! Rows of agents' legs, in answers and in files.

use attempt_ledger_domain::{QueueType, UnixMillis};
use attempt_ledger_projections::{MissedBy, OfferRow};
use serde::Serialize;
use utoipa::ToSchema;

use super::columns::{RowColumn, duration, known_number, number, text, time};
use crate::files::ColumnKind;

/// One agent's leg of an attempt. What is not known is left out. Times are milliseconds since 1970.
#[derive(Serialize, ToSchema)]
pub struct OfferRowAnswer {
    pub attempt_id: i64,
    /// Which leg of the attempt: 1, 2, 3 … in the order of their beginning.
    pub leg: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_type: Option<&'static str>,
    /// Absent when the hooks do not tell it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<i64>,
    /// `bridged`, `answered`, `missed`, `withdrawn` or `open`.
    pub outcome: &'static str,
    /// `agent` or `caller`; only when it was missed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missed_by: Option<&'static str>,
    /// The first thing known of it.
    pub started_at: i64,
    /// Absent when the offer was not reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offered_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bridged_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ring_ended_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub talk_ended_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrap_started_at: Option<i64>,
    /// Absent while the leg is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ring_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub talk_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrap_ms: Option<u64>,
    /// Talk and after-call work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handle_ms: Option<u64>,
}

impl OfferRowAnswer {
    pub fn of(row: OfferRow) -> Self {
        let ms = |at: Option<UnixMillis>| at.map(|at| at.0);
        Self {
            attempt_id: row.attempt_id.0,
            leg: row.leg,
            queue_id: row.queue_id.map(|id| id.0),
            queue_type: row.queue_type.map(QueueType::name),
            agent_id: row.agent_id.map(|id| id.0),
            outcome: row.outcome.name(),
            missed_by: row.missed_by.map(MissedBy::name),
            started_at: row.started_at.0,
            offered_at: ms(row.offered_at),
            answered_at: ms(row.answered_at),
            bridged_at: ms(row.bridged_at),
            ring_ended_at: ms(row.ring_ended_at),
            talk_ended_at: ms(row.talk_ended_at),
            wrap_started_at: ms(row.wrap_started_at),
            ended_at: ms(row.ended_at),
            ring_ms: row.ring_ms,
            talk_ms: row.talk_ms,
            wrap_ms: row.wrap_ms,
            handle_ms: row.handle_ms,
        }
    }
}

/// The columns of a file of legs, named as the members of an answer.
pub const OFFER_COLUMNS: [RowColumn<OfferRow>; 19] = [
    ("attempt_id", ColumnKind::Integer, |row| number(row.attempt_id.0)),
    ("leg", ColumnKind::Integer, |row| number(row.leg)),
    ("queue_id", ColumnKind::Integer, |row| known_number(row.queue_id.map(|id| id.0))),
    ("queue_type", ColumnKind::Text, |row| text(row.queue_type.map(QueueType::name))),
    ("agent_id", ColumnKind::Integer, |row| known_number(row.agent_id.map(|id| id.0))),
    ("outcome", ColumnKind::Text, |row| text(row.outcome.name())),
    ("missed_by", ColumnKind::Text, |row| text(row.missed_by.map(MissedBy::name))),
    ("started_at", ColumnKind::Time, |row| time(row.started_at)),
    ("offered_at", ColumnKind::Time, |row| time(row.offered_at)),
    ("answered_at", ColumnKind::Time, |row| time(row.answered_at)),
    ("bridged_at", ColumnKind::Time, |row| time(row.bridged_at)),
    ("ring_ended_at", ColumnKind::Time, |row| time(row.ring_ended_at)),
    ("talk_ended_at", ColumnKind::Time, |row| time(row.talk_ended_at)),
    ("wrap_started_at", ColumnKind::Time, |row| time(row.wrap_started_at)),
    ("ended_at", ColumnKind::Time, |row| time(row.ended_at)),
    ("ring_ms", ColumnKind::Duration, |row| duration(row.ring_ms)),
    ("talk_ms", ColumnKind::Duration, |row| duration(row.talk_ms)),
    ("wrap_ms", ColumnKind::Duration, |row| duration(row.wrap_ms)),
    ("handle_ms", ColumnKind::Duration, |row| duration(row.handle_ms)),
];
