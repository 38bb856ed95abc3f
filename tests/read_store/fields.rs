//! Attempts and legs are found by the ids of calls' legs and by declared variables.

use std::collections::{BTreeMap, BTreeSet};

use attempt_ledger::read_store::{AttemptFilter, Changes, OfferFilter, Order, ReadStore as _};
use attempt_ledger_domain::{AttemptId, Position, QueueId};
use attempt_ledger_projections::{
    AttemptRow, FieldQuestion, FieldValue, LinkRow, OfferRow, QueueRow, Variables,
};
use rand::rngs::SmallRng;

use super::place::{self, Store};
use super::support::{attempt, attempts, changes_at, offer, offers, queue, random};

/// A store with these rows, whose legs' ids are linked as deliveries link them.
fn linked_store(rows: Vec<AttemptRow>, legs: Vec<OfferRow>, queues: Vec<QueueRow>) -> Store {
    let of_leg = |leg: &OfferRow| {
        let ids = [leg.member_channel_id.as_deref(), leg.agent_channel_id.as_deref()];
        LinkRow::of_delivery(leg.attempt_id, Position(1), None, ids)
    };
    let links: BTreeSet<LinkRow> = legs.iter().flat_map(of_leg).collect();
    let store = place::empty();
    let changes = Changes {
        offers_of: rows.iter().map(|row| (row.attempt_id, 0)).collect(),
        attempts: rows,
        offers: legs,
        queues,
        links: links.into_iter().collect(),
        ..changes_at(1)
    };
    store.apply(&changes).unwrap();
    store
}

fn asked(name: &'static str, text: &str) -> Vec<FieldQuestion> {
    vec![FieldQuestion { name, value: FieldValue::Text(text.to_owned()) }]
}

fn numbers(rows: &[AttemptRow]) -> Vec<i64> {
    rows.iter().map(|row| row.attempt_id.0).collect()
}

#[test]
fn attempts_and_legs_are_found_by_the_ids_of_calls_legs() {
    let mut random = random();
    let long = "x".repeat(300);
    let leg = |random: &mut SmallRng, attempt_id, id: &str| OfferRow {
        member_channel_id: Some("subscriber".to_owned()),
        agent_channel_id: Some(id.to_owned()),
        ..offer(random, attempt_id, 1)
    };
    let rows = (1..=3).map(|id| attempt(&mut random, id)).collect();
    let legs = vec![leg(&mut random, 1, "one"), leg(&mut random, 2, &long), leg(&mut random, 3, "\0")];
    let store = linked_store(rows, legs, Vec::new());
    let reader = store.reader().unwrap();
    let reader = reader.as_ref();
    for (id, attempt_id) in [("one", 1), (&long, 2), ("\0", 3)] {
        let fields = asked("agent_channel_id", id);
        let filter = AttemptFilter { fields: fields.clone(), ..AttemptFilter::default() };
        let found = attempts(reader, &filter, Order::OldestFirst, None, 10);
        assert_eq!(numbers(&found), [attempt_id], "{id}");
        let filter = OfferFilter { fields, ..OfferFilter::default() };
        let found = offers(reader, &filter, Order::OldestFirst, None, 10);
        assert_eq!(found.iter().map(|leg| leg.attempt_id.0).collect::<Vec<_>>(), [attempt_id]);
    }
    let of_one = AttemptFilter {
        fields: asked("member_channel_id", "subscriber"),
        attempt_id: Some(AttemptId(2)),
        ..AttemptFilter::default()
    };
    assert_eq!(numbers(&attempts(reader, &of_one, Order::OldestFirst, None, 10)), [2]);
}

#[test]
fn attempts_are_found_by_the_variables_that_their_queue_declares() {
    let mut random = random();
    let mut row = |attempt_id, queue_id, pairs: &[(&str, &str)]| AttemptRow {
        queue_id: Some(QueueId(queue_id)),
        variables: Some(Variables(
            pairs
                .iter()
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
                .collect::<BTreeMap<_, _>>(),
        )),
        ..attempt(&mut random, attempt_id)
    };
    let rows = vec![
        row(1, 17, &[("region", "north"), ("zone", "\"q\",\\")]),
        row(2, 17, &[("a", "x{"), ("region", "south")]),
        row(3, 18, &[("region", "north")]),
        row(4, 17, &[("a", "region\":\"north")]),
    ];
    let mut declaring = queue(&mut random);
    declaring.definition.queue_id = QueueId(17);
    declaring.definition.variables = Some(["region", "zone"].map(str::to_owned).into());
    let store = linked_store(rows, Vec::new(), vec![declaring]);
    let reader = store.reader().unwrap();
    let found = |name: &str, text: &str| {
        let variables = vec![(name.to_owned(), text.to_owned())];
        let filter = AttemptFilter { variables, ..AttemptFilter::default() };
        numbers(&attempts(reader.as_ref(), &filter, Order::OldestFirst, None, 10))
    };
    assert_eq!(found("region", "north"), [1], "queue 18 declares nothing");
    assert_eq!(found("region", "south"), [2]);
    assert_eq!(found("zone", "\"q\",\\"), [1]);
    assert_eq!((found("region", ""), found("a", "x{")), (vec![], vec![]));
}
