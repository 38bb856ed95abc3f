//! Questions for lists, composed without ever writing a value into a statement.
//!
//! PostgreSQL gathers statistics and chooses the index itself; the statements only have to leave it the choice.

use attempt_ledger_domain::{Position, QueueId, UnixMillis};

use super::value::Value;
use crate::layout::{ATTEMPT_COLUMNS, OFFER_COLUMNS, REFUSAL_COLUMNS, number};
use crate::{After, AttemptFilter, OfferFilter, Order, RefusalFilter};

/// The longest run, read off the end of an index.
pub(super) const RUN_MS_MAX: &str =
    "SELECT coalesce((SELECT max(last_event_at - started_at) FROM attempts), 0)";

/// The longest leg that ended, read off the end of an index.
const LEG_MS_MAX: &str =
    "SELECT coalesce((SELECT max(ended_at - started_at) FROM offers WHERE ended_at IS NOT NULL), 0)";

/// Every queue: a walk along the index from one to the next, instead of over every attempt.
pub(super) const QUEUE_IDS: &str = "\
    WITH RECURSIVE seen(queue_id) AS (SELECT min(queue_id) FROM attempts UNION ALL \
    SELECT (SELECT min(queue_id) FROM attempts WHERE queue_id > seen.queue_id) FROM seen \
    WHERE seen.queue_id IS NOT NULL) \
    SELECT queue_id FROM seen WHERE queue_id IS NOT NULL UNION SELECT queue_id FROM queues ORDER BY 1";

/// Far beyond every instant that a row can hold, and far enough from the end of numbers to reckon with.
const FAR_MS: i64 = 1 << 60;

/// A statement and its parameters.
pub(super) type Question = (String, Vec<Value>);

#[derive(Default)]
struct Conditions {
    all: Vec<String>,
    parameters: Vec<Value>,
}

impl Conditions {
    fn add(&mut self, condition: &str) {
        self.all.push(condition.to_owned());
    }

    /// A condition on one value: each `?` in the text stands for it.
    fn with(&mut self, condition: &str, value: impl Into<Value>) {
        self.parameters.push(value.into());
        self.all.push(condition.replace('?', &format!("${}", self.parameters.len())));
    }

    fn maybe(&mut self, condition: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.with(condition, value);
        }
    }

    fn to_sql(&self) -> String {
        if self.all.is_empty() { String::new() } else { format!(" WHERE {}", self.all.join(" AND ")) }
    }

    /// Rows strictly after a place in a list by start, attempt and leg.
    fn after(&mut self, order: Order, after: After, with_leg: bool) {
        let mut columns = vec!["started_at", "attempt_id"];
        let mut values = vec![Value::from(after.started_at.0), Value::from(after.attempt_id.0)];
        if with_leg {
            columns.push("leg");
            values.push(Value::from(after.leg));
        }
        let first = self.parameters.len() + 1;
        let places: Vec<String> = (first..first + values.len()).map(|place| format!("${place}")).collect();
        self.parameters.extend(values);
        let sign = match order {
            Order::NewestFirst => '<',
            Order::OldestFirst => '>',
        };
        self.add(&format!("({}) {sign} ({})", columns.join(", "), places.join(", ")));
    }
}

/// The order of a list by start, attempt and leg.
fn order_by(order: Order, with_leg: bool) -> String {
    let direction = match order {
        Order::NewestFirst => "DESC",
        Order::OldestFirst => "ASC",
    };
    let leg = if with_leg { format!(", leg {direction}") } else { String::new() };
    format!(" ORDER BY started_at {direction}, attempt_id {direction}{leg}")
}

fn position(position: Position) -> i64 {
    number(position.0)
}

/// An instant from which the length of a run can be taken away.
fn reckonable(at: UnixMillis) -> i64 {
    at.0.clamp(-FAR_MS, FAR_MS)
}

/// A list of attempts.
pub(super) fn attempts(filter: &AttemptFilter, order: Order, after: Option<After>) -> Question {
    let mut conditions = Conditions::default();
    let c = &mut conditions;
    c.maybe("queue_id = ?", filter.queue_id.map(|queue| queue.0));
    c.maybe("queue_type = ?", filter.queue_type.map(attempt_ledger_domain::QueueType::name));
    c.maybe(
        "attempt_id IN (SELECT attempt_id FROM offers WHERE agent_id = ?)",
        filter.agent_id.map(|agent| agent.0),
    );
    c.maybe("member_id = ?", filter.member_id);
    c.maybe("destination = ?", filter.destination.as_deref());
    c.maybe("channel = ?", filter.channel.as_deref());
    c.maybe("result = ?", filter.result.as_deref());
    c.maybe("state = ?", filter.state.map(attempt_ledger_domain::timeline::AttemptState::name));
    c.maybe("class = ?", filter.class.map(attempt_ledger_projections::AttemptClass::name));
    c.maybe("(gaps & ?) <> 0", filter.gap.map(|gap| 1_i64 << gap as u8));
    c.maybe("(conflicts > 0) = ?", filter.has_conflict);
    c.maybe("is_late = ?", filter.is_late.map(i64::from));
    c.maybe("started_at >= ?", filter.from.map(|at| at.0));
    c.maybe("started_at < ?", filter.to.map(|at| at.0));
    c.maybe("last_position <= ?", filter.settled_at.map(position));
    c.maybe("last_position > ?", filter.changed_after.map(position));
    c.maybe("first_position <= ?", filter.known_at.map(position));
    if let Some(range) = &filter.active_in {
        c.with("started_at < ?", range.end.0);
        // What overlaps the range began at most one longest run before it.
        let start = reckonable(range.start);
        c.with(&format!("last_event_at >= ? AND started_at >= ? - ({RUN_MS_MAX})"), start);
    }
    if let Some(after) = after {
        c.after(order, after, false);
    }
    let (conditions, parameters) = (conditions.to_sql(), conditions.parameters);
    (format!("SELECT {ATTEMPT_COLUMNS} FROM attempts{conditions}{}", order_by(order, false)), parameters)
}

/// Attempts without Leaving, oldest first.
pub(super) fn open_attempts(queue_id: Option<QueueId>) -> Question {
    let by_queue = if queue_id.is_some() { " AND queue_id = $1" } else { "" };
    let sql = format!(
        "SELECT {ATTEMPT_COLUMNS} FROM attempts WHERE left_at IS NULL{by_queue} \
         ORDER BY started_at, attempt_id"
    );
    (sql, queue_id.map(|queue| Value::from(queue.0)).into_iter().collect())
}

/// A list of legs.
///
/// Legs that overlap a time are looked for in two parts, so that neither walks over all legs before it:
/// those that ended began at most one longest leg before the time, and those that go on are few.
pub(super) fn offers(filter: &OfferFilter, order: Order, after: Option<After>) -> Question {
    let select = format!("SELECT {OFFER_COLUMNS} FROM offers");
    let order_by = order_by(order, true);
    let Some(range) = &filter.overlaps else {
        let conditions = offer_conditions(filter, order, after);
        return (format!("{select}{}{order_by}", conditions.to_sql()), conditions.parameters);
    };
    let mut ended = offer_conditions(filter, order, after);
    ended.with("started_at < ?", range.end.0);
    let start = reckonable(range.start);
    ended.with(&format!("ended_at >= ? AND started_at >= ? - ({LEG_MS_MAX})"), start);
    // Both parts number the same parameters in the same way.
    let mut open = offer_conditions(filter, order, after);
    open.with("started_at < ?", range.end.0);
    open.add("ended_at IS NULL");
    let sql = format!("{select}{} UNION ALL {select}{}{order_by}", ended.to_sql(), open.to_sql());
    (sql, ended.parameters)
}

/// What both parts of a list of legs have in common.
fn offer_conditions(filter: &OfferFilter, order: Order, after: Option<After>) -> Conditions {
    let mut conditions = Conditions::default();
    let c = &mut conditions;
    c.maybe("attempt_id = ?", filter.attempt_id.map(|attempt| attempt.0));
    c.maybe("agent_id = ?", filter.agent_id.map(|agent| agent.0));
    c.maybe("queue_id = ?", filter.queue_id.map(|queue| queue.0));
    c.maybe("outcome = ?", filter.outcome.map(attempt_ledger_projections::OfferOutcome::name));
    if let Some(after) = after {
        c.after(order, after, true);
    }
    conditions
}

/// A list of refusals, newest first.
pub(super) fn refusals(filter: &RefusalFilter, before: Option<Position>) -> Question {
    let mut conditions = Conditions::default();
    let c = &mut conditions;
    c.maybe("rule = ?", filter.rule.map(attempt_ledger_domain::Rule::code));
    c.maybe("state = ?", filter.state.map(attempt_ledger_projections::RefusalState::name));
    c.maybe("recorded_at >= ?", filter.from.map(|at| at.0));
    c.maybe("recorded_at < ?", filter.to.map(|at| at.0));
    c.maybe("position < ?", before.map(position));
    let (conditions, parameters) = (conditions.to_sql(), conditions.parameters);
    (format!("SELECT {REFUSAL_COLUMNS} FROM refusals{conditions} ORDER BY position DESC"), parameters)
}
