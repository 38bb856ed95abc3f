//! Questions find their rows by an index: none of them walks over everything that ever happened.

use attempt_ledger_domain::{AgentId, AttemptId, Position, QueueGroup, QueueId, UnixMillis};
use attempt_ledger_projections::{FieldQuestion, FieldValue};
use rusqlite::Connection;

use super::look::SqliteLook;
use super::{SqliteStore, history};
use crate::question::{After, AttemptFilter, HistoryScope, OfferFilter, Order, RefusalFilter};
use crate::sql::{Dialect, Look, SqlQuestion, select};

const DIALECT: Dialect = SqliteLook::DIALECT;

/// How SQLite would answer, whatever the parameters are.
fn plan(connection: &Connection, question: &SqlQuestion) -> Vec<String> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", question.sql)).unwrap();
    statement.raw_query().mapped(|row| row.get(3)).collect::<Result<_, _>>().unwrap()
}

const FROM: Option<UnixMillis> = Some(UnixMillis(0));
const ORDERS: [Order; 2] = [Order::NewestFirst, Order::OldestFirst];

/// The first page and a later one, in both orders.
fn pages(question: impl Fn(Order, Option<After>) -> SqlQuestion) -> Vec<SqlQuestion> {
    let after = After { started_at: UnixMillis(5), attempt_id: AttemptId(5), leg: 1 };
    let both = ORDERS.iter().flat_map(|order| [question(*order, None), question(*order, Some(after))]);
    both.collect()
}

fn check(questions: &[SqlQuestion], index: &str, may_sort: bool) {
    let store = SqliteStore::temporary().unwrap();
    let connection = store.writer();
    for question in questions {
        let plan = plan(&connection, question);
        assert!(plan.iter().any(|step| step.contains(index)), "{}\n{plan:#?}", question.sql);
        for step in &plan {
            // A walk along a whole index is one only where the index says so little that it is all meant.
            let is_whole_table = step.starts_with("SCAN attempts") || step.starts_with("SCAN offers");
            let is_list_in_order =
                ["_by_time", "_open", "_span", "_lead"].iter().any(|index| step.contains(index));
            assert!(!is_whole_table || is_list_in_order, "{}\n{plan:#?}", question.sql);
            assert!(may_sort || !step.contains("TEMP B-TREE FOR ORDER BY"), "{}\n{plan:#?}", question.sql);
        }
    }
}

fn attempts(filter: AttemptFilter) -> Vec<SqlQuestion> {
    pages(|order, after| select::attempts(DIALECT, &filter, order, after))
}

fn offers(filter: OfferFilter) -> Vec<SqlQuestion> {
    pages(|order, after| select::offers(DIALECT, &filter, order, after))
}

#[test]
fn lists_of_attempts_are_read_in_order_along_an_index() {
    let any = AttemptFilter::default;
    let queue_id = Some(QueueGroup::from(QueueId(1)));
    let destination = Some("x".to_owned());
    check(&attempts(any()), "attempts_by_time", false);
    check(&attempts(AttemptFilter { from: FROM, to: FROM, ..any() }), "attempts_by_time", false);
    check(&attempts(AttemptFilter { queue_id, ..any() }), "attempts_by_queue", false);
    check(&attempts(AttemptFilter { queue_id, from: FROM, to: FROM, ..any() }), "attempts_by_queue", false);
    check(&attempts(AttemptFilter { settled_at: Some(Position(9)), ..any() }), "attempts_by_time", false);
    let settled_at = Some(Position(9));
    check(&attempts(AttemptFilter { queue_id, from: FROM, settled_at, ..any() }), "attempts_by_queue", false);
    check(&attempts(AttemptFilter { member_id: Some(1), ..any() }), "attempts_by_member", false);
    check(&attempts(AttemptFilter { member_id: Some(1), queue_id, ..any() }), "attempts_by_member", false);
    let by_destination = AttemptFilter { destination: destination.clone(), from: FROM, ..any() };
    check(&attempts(by_destination), "attempts_by_destination", false);
    check(&attempts(AttemptFilter { destination, queue_id, ..any() }), "attempts_by_destination", false);
}

#[test]
fn attempts_of_an_agent_are_found_by_the_agent() {
    let agent_id = Some(AgentId(1));
    let queue_id = Some(QueueGroup::from(QueueId(1)));
    for filter in [
        AttemptFilter { agent_id, ..AttemptFilter::default() },
        AttemptFilter { agent_id, from: FROM, to: FROM, ..AttemptFilter::default() },
        AttemptFilter { agent_id, queue_id, from: FROM, ..AttemptFilter::default() },
    ] {
        check(&attempts(filter.clone()), "offers_by_agent (agent_id=?", true);
        check(&attempts(filter), "attempts_by_agent (agent_id=?", true);
    }
}

#[test]
fn attempts_and_legs_are_found_by_the_ids_of_calls_legs() {
    let queue_id = Some(QueueGroup::from(QueueId(1)));
    for name in ["member_channel_id", "agent_channel_id"] {
        let fields = vec![FieldQuestion { name, value: FieldValue::Text("x".to_owned()) }];
        let links = "links USING PRIMARY KEY (kind=? AND id=?)";
        for filter in [
            AttemptFilter { fields: fields.clone(), ..AttemptFilter::default() },
            AttemptFilter {
                fields: fields.clone(),
                queue_id,
                from: FROM,
                to: FROM,
                ..AttemptFilter::default()
            },
        ] {
            check(&attempts(filter.clone()), links, true);
            check(&attempts(filter), "attempts USING INTEGER PRIMARY KEY", true);
        }
        check(&offers(OfferFilter { fields, ..OfferFilter::default() }), links, true);
    }
}

#[test]
fn attempts_with_a_variable_are_met_along_the_order_of_the_list() {
    let variables = vec![("region".to_owned(), "north".to_owned())];
    let filter = AttemptFilter { variables, ..AttemptFilter::default() };
    check(&attempts(filter), "attempts_by_time", false);
}

#[test]
fn links_are_found_in_order_from_the_ids_of_an_attempt() {
    for kinds in select::SHARED_KINDS {
        let own = if kinds.is_none() { "(attempt_id=?)" } else { "(attempt_id=? AND kind=?)" };
        let links = [select::links(DIALECT, AttemptId(7), kinds, Position(9), 100)];
        check(&links, &format!("SEARCH own USING COVERING INDEX links_by_attempt {own}"), false);
        check(&links, "SEARCH other USING PRIMARY KEY (kind=? AND id=?)", false);
    }
}

#[test]
fn what_changed_or_overlaps_is_found_without_a_walk_through_time() {
    let changed_after = Some(Position(9));
    let known_at = changed_after;
    let filter = AttemptFilter {
        changed_after,
        known_at,
        queue_id: Some(QueueId(1).into()),
        ..AttemptFilter::default()
    };
    check(&attempts(filter), "attempts_by_position", true);
    let active_in = Some(UnixMillis(5)..UnixMillis(9));
    let bounds = "(started_at>? AND started_at<?)";
    for (queue_id, index) in [
        (None, format!("attempts_by_time {bounds}")),
        (
            Some(QueueId(1).into()),
            "attempts_by_queue (queue_id=? AND started_at>? AND started_at<?)".to_owned(),
        ),
    ] {
        let filter = AttemptFilter { active_in: active_in.clone(), queue_id, ..AttemptFilter::default() };
        // Later pages are bounded by the page before.
        let first = ORDERS.map(|order| select::attempts(DIALECT, &filter, order, None));
        check(&first, &format!("SEARCH attempts USING INDEX {index}"), false);
        check(&first, &format!("SEARCH attempts USING INDEX attempts_by_early_bridge {bounds}"), false);
        check(&first, "attempts_by_span", false);
        check(&first, "attempts_by_lead", false);
        check(&attempts(filter), "attempts_by_early_bridge", false);
    }
    for queue_id in [None, Some(QueueGroup::from(QueueId(1)))] {
        let since = UnixMillis(9);
        let recent = "USING COVERING INDEX attempts_open_by_last_event (last_event_at>?";
        check(&[select::open_attempts(DIALECT, queue_id, since)], recent, false);
        check(&[select::open_counts(DIALECT, queue_id)], "COVERING INDEX attempts_open_by_queue", false);
    }
    check(&[SqlQuestion::plain(select::RUN_MS_MAX)], "attempts_by_span", false);
    check(
        &[select::queue_ids(DIALECT, None, 9)],
        "SEARCH attempts USING COVERING INDEX attempts_by_queue",
        true,
    );
}

#[test]
fn lists_of_legs_are_read_in_order_along_an_index() {
    let any = OfferFilter::default;
    let (agent_id, queue_id) = (Some(AgentId(1)), Some(QueueGroup::from(QueueId(1))));
    let overlaps = Some(UnixMillis(5)..UnixMillis(9));
    check(&offers(OfferFilter { attempt_id: Some(AttemptId(1)), ..any() }), "PRIMARY KEY", true);
    check(&offers(any()), "offers_by_time", false);
    check(&offers(OfferFilter { agent_id, ..any() }), "offers_by_agent", false);
    check(&offers(OfferFilter { agent_id, queue_id, ..any() }), "offers_by_agent", false);
    check(&offers(OfferFilter { queue_id, ..any() }), "offers_by_queue", false);
    for (filter, index) in [
        (OfferFilter { overlaps: overlaps.clone(), ..any() }, "offers_by_time (started_at>?"),
        (
            OfferFilter { agent_id, overlaps: overlaps.clone(), ..any() },
            "by_agent (agent_id=? AND started_at>?",
        ),
        (OfferFilter { queue_id, overlaps, ..any() }, "by_queue (queue_id=? AND started_at>?"),
    ] {
        // Later pages are bounded by the page before.
        let first = ORDERS.map(|order| select::offers(DIALECT, &filter, order, None));
        check(&first, index, false);
        check(&first, "offers_open", false);
        check(&first, "offers_by_span", false);
    }
}

#[test]
fn refusals_are_read_from_the_newest() {
    let question = select::refusals(DIALECT, &RefusalFilter::default(), Some(Position(9)));
    check(&[question], "refusals_by_position", false);
}

#[test]
fn histories_are_read_from_their_stretch_of_time() {
    let (agent, queue) = (AgentId(1), QueueGroup::from(QueueId(1)));
    let stretch = "attribution=? AND interval_start>? AND interval_start<?";
    let whole = |text: &str| format!("({text} AND {stretch})");
    for (sql, key) in [
        (history::sums_of(HistoryScope::Queue(queue)), whole("queue_id=?")),
        (history::sums_of(HistoryScope::Queues), whole("queue_id=?")),
        (history::sums_of(HistoryScope::Agent(agent, Some(queue))), whole("agent_id=? AND queue_id=?")),
        (history::sums_of(HistoryScope::Agent(agent, None)), whole("agent_id=? AND queue_id=?")),
        (history::sums_of(HistoryScope::Agents), whole("agent_id=? AND queue_id=?")),
        (history::mix_of(Some(queue)), whole("queue_id=?")),
        (history::mix_of(None), whole("queue_id=?")),
    ] {
        check(&[SqlQuestion::plain(sql)], &key, true);
    }
    let key = "(queue_id=? AND attribution=? AND measure=? AND interval_start>? AND interval_start<?)";
    for queue_id in [Some(queue), None] {
        check(&[SqlQuestion::plain(history::values_of(queue_id))], key, true);
    }
}
