//! The questions for lists.
//!
//! PostgreSQL gathers statistics and chooses the index itself. SQLite chooses by rules of thumb, for no
//! statistics are kept: they would be those of the day on which they were gathered. Where it would choose
//! badly, the dialect keeps a column's index from being used.

use std::ops::RangeInclusive;

use attempt_ledger_domain::{
    AttemptId, LEAVING_DEADLINE_MS_DEFAULT, Position, QueueGroup, QueueId, UnixMillis,
};
use attempt_ledger_projections::table::TableRow;
use attempt_ledger_projections::{AgentRow, AttemptRow, HookRow, LinkKind, LinkRow, OfferRow, RefusalRow};

use super::dialect::{Conditions, Dialect, SqlQuestion, order_by};
use super::fields;
use super::layout::queue_key;
use crate::question::{After, AgentFilter, AttemptFilter, OfferFilter, Order, RefusalFilter, leg_ids};

/// The longest run, read off the end of an index.
pub(crate) const RUN_MS_MAX: &str =
    "SELECT coalesce((SELECT max(last_event_at - started_at) FROM attempts), 0)";

/// How long before its first event an attempt was connected at most, read off the end of an index.
const LEAD_MS_MAX: &str =
    "SELECT coalesce((SELECT max(started_at - bridged_at) FROM attempts WHERE bridged_at < started_at), 0)";

/// The longest leg that ended, read off the end of an index.
const LEG_MS_MAX: &str =
    "SELECT coalesce((SELECT max(ended_at - started_at) FROM offers WHERE ended_at IS NOT NULL), 0)";

/// Queues after one: a walk along the index from one to the next, instead of over every attempt.
pub(crate) fn queue_ids(dialect: Dialect, after: Option<QueueId>, limit: usize) -> SqlQuestion {
    let place = dialect.parameter;
    let sql = format!(
        "WITH RECURSIVE seen(queue_id, number) AS (\
         SELECT (SELECT min(queue_id) FROM attempts WHERE queue_id > {place}1), 1 UNION ALL \
         SELECT (SELECT min(queue_id) FROM attempts WHERE queue_id > seen.queue_id), seen.number + 1 \
         FROM seen WHERE seen.queue_id IS NOT NULL AND seen.number < {place}2), \
         defined(queue_id) AS (\
         SELECT queue_id FROM queues WHERE queue_id > {place}1 ORDER BY queue_id LIMIT {place}2) \
         SELECT queue_id FROM seen WHERE queue_id IS NOT NULL UNION SELECT queue_id FROM defined \
         ORDER BY 1 LIMIT {place}2"
    );
    let after = queue_key(after);
    let parameters = vec![after.into(), i64::try_from(limit).unwrap_or(i64::MAX).into()];
    SqlQuestion { sql, parameters }
}

/// One row when an attempt has no queue: a look into an index, which has them together.
pub(crate) const QUEUELESS: &str = "SELECT attempt_id FROM attempts WHERE queue_id IS NULL LIMIT 1";

/// Far beyond every instant that a row can hold, and far enough from the end of numbers to reckon with.
const FAR_MS: i64 = 1 << 60;

/// An instant from which the length of a run can be taken away.
fn reckonable(at: UnixMillis) -> i64 {
    at.0.clamp(-FAR_MS, FAR_MS)
}

/// Attempts in which an agent has a leg, and those whose row shows the agent.
const OF_AGENT: &str = "SELECT attempt_id FROM offers WHERE agent_id = ? \
                        UNION ALL SELECT attempt_id FROM attempts WHERE agent_id = ?";

/// Every column of every row of a table.
pub(crate) fn all_of<R: TableRow>() -> String {
    format!("SELECT {} FROM {}", R::COLUMN_NAMES, R::TABLE)
}

/// A list of attempts.
///
/// What can count in a range is looked for in two parts, so that neither walks over everything after it: what
/// began before its end, and the few that a later event says were connected before they began.
pub(crate) fn attempts(
    dialect: Dialect,
    filter: &AttemptFilter,
    order: Order,
    after: Option<After>,
) -> SqlQuestion {
    let select = all_of::<AttemptRow>();
    let order_by = order_by(order, false);
    // What changed after a position is found by it, and is little: sorting it is cheaper than a walk in time.
    let by = if filter.changed_after.is_some() { dialect.by_position } else { "" };
    let mut begun = attempt_conditions(dialect, filter, order, after);
    let mut sql = format!("{select}{by}");
    match &filter.active_in {
        None => sql.push_str(&begun.to_sql()),
        Some(range) => {
            let (start, end) = (reckonable(range.start), reckonable(range.end));
            begun.with("started_at < ?", end);
            // What overlaps the range began at most one longest run before it.
            begun.with(&format!("last_event_at >= ? AND started_at >= ? - ({RUN_MS_MAX})"), start);
            sql.push_str(&begun.to_sql());
            if filter.to.is_none_or(|to| to > range.end) {
                // Both parts number the same parameters in the same way.
                let mut early = attempt_conditions(dialect, filter, order, after);
                early.with(
                    &format!("bridged_at < ? AND started_at >= ? AND started_at < ? + ({LEAD_MS_MAX})"),
                    end,
                );
                early.with("last_event_at >= ?", start);
                early.add("bridged_at < started_at");
                let by = dialect.by_early_bridge;
                sql.push_str(&format!(" UNION ALL {select}{by}{}", early.to_sql()));
            }
        }
    }
    sql.push_str(&order_by);
    SqlQuestion { sql, parameters: begun.parameters }
}

/// What every part of a list of attempts has in common.
fn attempt_conditions(
    dialect: Dialect,
    filter: &AttemptFilter,
    order: Order,
    after: Option<After>,
) -> Conditions {
    let mut conditions = Conditions::none(dialect);
    let c = &mut conditions;
    let unindexed = dialect.unindexed;
    // One person's or one agent's attempts are few, a queue's are many.
    let is_about_few = filter.member_id.is_some()
        || filter.destination.is_some()
        || filter.agent_id.is_some()
        || leg_ids(&filter.fields).next().is_some();
    c.maybe("attempt_id = ?", &filter.attempt_id);
    c.queue(if is_about_few { unindexed } else { "" }, filter.queue_id);
    c.maybe("queue_type = ?", &filter.queue_type);
    c.maybe(&format!("attempt_id IN ({OF_AGENT})"), &filter.agent_id);
    c.maybe("member_id = ?", &filter.member_id);
    c.maybe("destination = ?", &filter.destination);
    c.maybe("channel = ?", &filter.channel);
    c.maybe("result = ?", &filter.result);
    c.maybe("state = ?", &filter.state);
    c.maybe("class = ?", &filter.class);
    c.maybe("(gaps & ?) <> 0", &filter.gap.map(|gap| 1_i64 << gap as u8));
    if let Some(at) = filter.never_left_at {
        let deadline = "(SELECT leaving_deadline_ms FROM queues WHERE queues.queue_id = attempts.queue_id)";
        c.add("left_at IS NULL");
        let silent = format!("last_event_at < ? - coalesce({deadline}, {LEAVING_DEADLINE_MS_DEFAULT})");
        c.with(&silent, reckonable(at));
    }
    if let Some(has_conflict) = filter.has_conflict {
        c.add(if has_conflict { "conflicts > 0" } else { "conflicts <= 0" });
    }
    c.maybe("is_late = ?", &filter.is_late);
    c.maybe("started_at >= ?", &filter.from);
    c.maybe("started_at < ?", &filter.to);
    c.maybe(&format!("{unindexed}last_position <= ?"), &filter.settled_at);
    c.maybe("last_position > ?", &filter.changed_after);
    c.maybe("first_position <= ?", &filter.known_at);
    fields::of_attempts(c, &filter.fields, filter.known_at);
    fields::variables(c, &filter.variables, dialect.place_of);
    if let Some(after) = after {
        c.after(order, after, false);
    }
    conditions
}

/// Attempts without Leaving that had an event since a time, in the columns of a `BoardEntry`.
pub(crate) fn open_attempts(dialect: Dialect, queue: Option<QueueGroup>, since: UnixMillis) -> SqlQuestion {
    let mut conditions = Conditions::none(dialect);
    conditions.add("left_at IS NULL");
    conditions.with("last_event_at >= ?", since.0);
    conditions.queue("", queue);
    let by = dialect.open_by_event;
    let columns = "queue_id, attempt_id, state, started_at, is_start_untimed, last_event_at";
    let sql = format!("SELECT {columns} FROM attempts{by}{}", conditions.to_sql());
    SqlQuestion { sql, parameters: conditions.parameters }
}

/// How many attempts without Leaving each queue has.
pub(crate) fn open_counts(dialect: Dialect, queue: Option<QueueGroup>) -> SqlQuestion {
    let mut conditions = Conditions::none(dialect);
    conditions.add("left_at IS NULL");
    conditions.queue("", queue);
    let by = dialect.open_by_queue;
    let sql = format!("SELECT queue_id, count(*) FROM attempts{by}{} GROUP BY queue_id", conditions.to_sql());
    SqlQuestion { sql, parameters: conditions.parameters }
}

/// A list of agents, by number.
pub(crate) fn agents(dialect: Dialect, filter: &AgentFilter) -> SqlQuestion {
    let mut conditions = Conditions::none(dialect);
    conditions.maybe("agent_id > ?", &filter.after);
    if let Some(range) = &filter.seen_in {
        conditions.with("last_seen_at >= ?", range.start.0);
        conditions.with("last_seen_at < ?", range.end.0);
    }
    let sql = format!("{}{} ORDER BY agent_id", all_of::<AgentRow>(), conditions.to_sql());
    SqlQuestion { sql, parameters: conditions.parameters }
}

/// A list of legs.
///
/// Legs that overlap a time are looked for in two parts, so that neither walks over all legs before it:
/// those that ended began at most one longest leg before the time, and those that go on are few.
pub(crate) fn offers(
    dialect: Dialect,
    filter: &OfferFilter,
    order: Order,
    after: Option<After>,
) -> SqlQuestion {
    let select = all_of::<OfferRow>();
    let order_by = order_by(order, true);
    let Some(range) = &filter.overlaps else {
        let conditions = offer_conditions(dialect, filter, "", order, after);
        let sql = format!("{select}{}{order_by}", conditions.to_sql());
        return SqlQuestion { sql, parameters: conditions.parameters };
    };
    let mut ended = offer_conditions(dialect, filter, "", order, after);
    ended.with("started_at < ?", range.end.0);
    let start = reckonable(range.start);
    ended.with(&format!("ended_at >= ? AND started_at >= ? - ({LEG_MS_MAX})"), start);
    // Both parts number the same parameters in the same way.
    let mut open = offer_conditions(dialect, filter, dialect.unindexed, order, after);
    open.with("started_at < ?", range.end.0);
    open.add("ended_at IS NULL");
    let sql = format!("{select}{} UNION ALL {select}{}{order_by}", ended.to_sql(), open.to_sql());
    SqlQuestion { sql, parameters: ended.parameters }
}

/// What both parts of a list of legs have in common; `unindexed` keeps an index from being used.
fn offer_conditions(
    dialect: Dialect,
    filter: &OfferFilter,
    unindexed: &str,
    order: Order,
    after: Option<After>,
) -> Conditions {
    let mut conditions = Conditions::none(dialect);
    let c = &mut conditions;
    c.maybe("attempt_id = ?", &filter.attempt_id);
    c.maybe(&format!("{unindexed}agent_id = ?"), &filter.agent_id);
    let unindexed = if filter.agent_id.is_some() { dialect.unindexed } else { unindexed };
    c.queue(unindexed, filter.queue_id);
    c.maybe("outcome = ?", &filter.outcome);
    fields::of_legs(c, &filter.fields);
    if let Some(after) = after {
        c.after(order, after, true);
    }
    conditions
}

/// A list of refusals, newest first.
pub(crate) fn refusals(dialect: Dialect, filter: &RefusalFilter, before: Option<Position>) -> SqlQuestion {
    let mut conditions = Conditions::none(dialect);
    let c = &mut conditions;
    c.maybe("rule = ?", &filter.rule);
    c.maybe("state = ?", &filter.state);
    c.maybe("recorded_at >= ?", &filter.from);
    c.maybe("recorded_at < ?", &filter.to);
    c.maybe("position < ?", &before);
    let sql = format!("{}{} ORDER BY position DESC", all_of::<RefusalRow>(), conditions.to_sql());
    SqlQuestion { sql, parameters: conditions.parameters }
}

/// As what kind this attempt names an id, and as what kind another one does: a leg is one leg, whichever side
/// of a call it is named for. `None` is the same kind, whichever it is.
pub(crate) const SHARED_KINDS: [Option<[LinkKind; 2]>; 3] =
    [None, Some([LinkKind::AgentLeg, LinkKind::MemberLeg]), Some([LinkKind::MemberLeg, LinkKind::AgentLeg])];

/// The other attempts that name an id of this one, up to a position: from its ids to those who share them.
pub(crate) fn links(
    dialect: Dialect,
    attempt_id: AttemptId,
    kinds: Option<[LinkKind; 2]>,
    known_at: Position,
    limit: usize,
) -> SqlQuestion {
    let mut conditions = Conditions::none(dialect);
    conditions.maybe("own.kind = ?", &kinds.map(|[own, _]| own));
    conditions.maybe("other.kind = ?", &kinds.map(|[_, other]| other));
    conditions.maybe("own.attempt_id = ?", &Some(attempt_id));
    conditions.maybe("other.attempt_id <> ?", &Some(attempt_id));
    conditions.maybe("own.first_position <= ?", &Some(known_at));
    conditions.maybe("other.first_position <= ?", &Some(known_at));
    let columns = LinkRow::COLUMN_NAMES.split(", ").map(|name| format!("other.{name}"));
    let columns = columns.collect::<Vec<_>>().join(", ");
    let same_kind = if kinds.is_none() { "other.kind = own.kind AND " } else { "" };
    let join = format!("links AS own JOIN links AS other ON {same_kind}other.id = own.id");
    let order = format!("ORDER BY own.kind, own.id, other.attempt_id LIMIT {limit}");
    let sql = format!("SELECT {columns} FROM {join}{} {order}", conditions.to_sql());
    SqlQuestion { sql, parameters: conditions.parameters }
}

/// What arrives for a range of queues.
pub(crate) fn hooks(dialect: Dialect, queues: &RangeInclusive<QueueId>) -> SqlQuestion {
    let mut conditions = Conditions::none(dialect);
    conditions.maybe("queue_id >= ?", &Some(*queues.start()));
    conditions.maybe("queue_id <= ?", &Some(*queues.end()));
    let order = "ORDER BY queue_id, queue_type, event";
    let sql = format!("{}{} {order}", all_of::<HookRow>(), conditions.to_sql());
    SqlQuestion { sql, parameters: conditions.parameters }
}
