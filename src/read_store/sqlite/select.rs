//! Conditions and their parameters, composed without ever writing a value into a statement.

use rusqlite::types::Value;

use crate::read_store::{After, AttemptFilter, OfferFilter, Order, RefusalFilter};

/// The part of a statement after the table, and its parameters.
#[derive(Default)]
pub(super) struct Conditions {
    all: Vec<String>,
    pub(super) parameters: Vec<Value>,
}

impl Conditions {
    fn add(&mut self, condition: &str) {
        self.all.push(condition.to_owned());
    }

    /// A condition on one value: `?` in the text stands for it.
    fn with(&mut self, condition: &str, value: impl Into<Value>) {
        self.parameters.push(value.into());
        self.all.push(condition.replace('?', &format!("?{}", self.parameters.len())));
    }

    fn maybe(&mut self, condition: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.with(condition, value);
        }
    }

    pub(super) fn to_sql(&self) -> String {
        if self.all.is_empty() { String::new() } else { format!(" WHERE {}", self.all.join(" AND ")) }
    }

    /// Rows strictly after a place in a list by start, attempt and leg.
    fn after(&mut self, order: Order, after: After, with_leg: bool) {
        let first = self.parameters.len() + 1;
        self.parameters.extend([Value::from(after.started_at.0), Value::from(after.attempt_id.0)]);
        let (mut columns, mut values) =
            ("started_at, attempt_id".to_owned(), format!("?{first}, ?{}", first + 1));
        if with_leg {
            self.parameters.push(Value::from(after.leg));
            columns.push_str(", leg");
            values.push_str(&format!(", ?{}", first + 2));
        }
        let sign = match order {
            Order::NewestFirst => '<',
            Order::OldestFirst => '>',
        };
        self.add(&format!("({columns}) {sign} ({values})"));
    }
}

/// The order of a list by start, attempt and leg.
pub(super) fn order_by(order: Order, with_leg: bool) -> String {
    let direction = match order {
        Order::NewestFirst => "DESC",
        Order::OldestFirst => "ASC",
    };
    let leg = if with_leg { format!(", leg {direction}") } else { String::new() };
    format!(" ORDER BY started_at {direction}, attempt_id {direction}{leg}")
}

fn position(position: attempt_ledger_domain::Position) -> i64 {
    i64::try_from(position.0).unwrap_or(i64::MAX)
}

pub(super) fn attempts(filter: &AttemptFilter, order: Order, after: Option<After>) -> Conditions {
    let mut conditions = Conditions::default();
    let c = &mut conditions;
    c.maybe("queue_id = ?", filter.queue_id.map(|queue| queue.0));
    c.maybe("queue_type = ?", filter.queue_type.map(|queue_type| queue_type.name().to_owned()));
    c.maybe(
        "attempt_id IN (SELECT attempt_id FROM offers WHERE agent_id = ?)",
        filter.agent_id.map(|agent| agent.0),
    );
    c.maybe("member_id = ?", filter.member_id);
    c.maybe("destination = ?", filter.destination.clone());
    c.maybe("channel = ?", filter.channel.clone());
    c.maybe("result = ?", filter.result.clone());
    c.maybe("state = ?", filter.state.map(|state| state.name().to_owned()));
    c.maybe("class = ?", filter.class.map(|class| class.name().to_owned()));
    c.maybe("gaps & ? <> 0", filter.gap.map(|gap| 1_i64 << gap as u8));
    c.maybe("(conflicts > 0) = ?", filter.has_conflict);
    c.maybe("is_late = ?", filter.is_late);
    c.maybe("started_at >= ?", filter.from.map(|at| at.0));
    c.maybe("started_at < ?", filter.to.map(|at| at.0));
    c.maybe("last_position <= ?", filter.settled_at.map(position));
    c.maybe("last_position > ?", filter.changed_after.map(position));
    c.maybe("first_position <= ?", filter.known_at.map(position));
    if let Some(range) = &filter.active_in {
        c.with("started_at < ?", range.end.0);
        c.with("last_event_at >= ?", range.start.0);
    }
    if let Some(after) = after {
        c.after(order, after, false);
    }
    conditions
}

pub(super) fn offers(filter: &OfferFilter, order: Order, after: Option<After>) -> Conditions {
    let mut conditions = Conditions::default();
    let c = &mut conditions;
    c.maybe("attempt_id = ?", filter.attempt_id.map(|attempt| attempt.0));
    c.maybe("agent_id = ?", filter.agent_id.map(|agent| agent.0));
    c.maybe("queue_id = ?", filter.queue_id.map(|queue| queue.0));
    c.maybe("outcome = ?", filter.outcome.map(|outcome| outcome.name().to_owned()));
    if let Some(range) = &filter.overlaps {
        c.with("started_at < ?", range.end.0);
        c.with("coalesce(ended_at, 9223372036854775807) >= ?", range.start.0);
    }
    if let Some(after) = after {
        c.after(order, after, true);
    }
    conditions
}

pub(super) fn refusals(
    filter: &RefusalFilter,
    before: Option<attempt_ledger_domain::Position>,
) -> Conditions {
    let mut conditions = Conditions::default();
    let c = &mut conditions;
    c.maybe("rule = ?", filter.rule.map(|rule| rule.code().to_owned()));
    c.maybe("state = ?", filter.state.map(|state| state.name().to_owned()));
    c.maybe("recorded_at >= ?", filter.from.map(|at| at.0));
    c.maybe("recorded_at < ?", filter.to.map(|at| at.0));
    c.maybe("position < ?", before.map(position));
    conditions
}
