//! The same deliveries give the same rows, digests and answers in PostgreSQL and in a file.

use std::ops::ControlFlow;
use std::sync::Arc;

use attempt_ledger::projector::{compare, digest};
use attempt_ledger::read_store::{
    AttemptFilter, HistoryFilter, HistoryScope, Models as _, OfferFilter, Order, Projection, ReadStore,
    Reader, RefusalFilter,
};
use attempt_ledger_domain::{Position, UnixMillis};
use attempt_ledger_projections::history::{Attribution, Measure};
use rand::RngExt as _;

use crate::read_models::support::{agents_of_reader, bad_day, bring, fresh, random, recorded};
use crate::support::postgres::shared;
use crate::support::recording::Arrival;

/// Every answer that a reader has to a question without an end, as text.
fn answers(reader: &dyn Reader) -> Vec<String> {
    let mut told = Vec::new();
    let mut tell = |text: String| {
        told.push(text);
        ControlFlow::Continue(())
    };
    for order in [Order::NewestFirst, Order::OldestFirst] {
        reader.attempts(&AttemptFilter::default(), order, None, &mut |row| tell(format!("{row:?}"))).unwrap();
        reader.offers(&OfferFilter::default(), order, None, &mut |row| tell(format!("{row:?}"))).unwrap();
    }
    let mut open = Vec::new();
    reader
        .open_attempts(None, UnixMillis(0), &mut |row| {
            open.push(format!("{row:?}"));
            ControlFlow::Continue(())
        })
        .unwrap();
    open.sort();
    let _ = open.into_iter().try_for_each(&mut tell);
    reader.refusals(&RefusalFilter::default(), None, &mut |row| tell(format!("{row:?}"))).unwrap();
    let agents = agents_of_reader(reader);
    // Neither database orders groups.
    let mut counts = reader.open_counts(None).unwrap();
    counts.sort();
    told.push(format!("{agents:?} {counts:?}"));
    told.push(format!("{:?}", reader.queues().unwrap()));
    told.push(format!("{:?}", reader.queue_ids(None, usize::MAX).unwrap()));
    told.push(format!("{:?}", reader.run_ms_max().unwrap()));
    told.push(format!("{:?}", reader.statuses().unwrap()));
    let queues = reader
        .queue_ids(None, usize::MAX)
        .unwrap()
        .into_iter()
        .map(|queue| HistoryScope::Queue(queue.into()));
    let agents = agents.into_iter().map(|agent| HistoryScope::Agent(agent.agent_id, None));
    let scopes: Vec<_> = queues.chain(agents).chain([HistoryScope::Queues, HistoryScope::Agents]).collect();
    for (scope, attribution) in scopes.iter().flat_map(|scope| Attribution::ALL.map(|it| (*scope, it))) {
        let filter = HistoryFilter {
            scope,
            attribution,
            range: UnixMillis(0)..UnixMillis(i64::MAX),
            values_of: Measure::ALL.to_vec(),
            with_mix: true,
        };
        for (scope, start, totals) in reader.history(&filter).unwrap() {
            let ranks = Measure::ALL.map(|it| totals.measure(it).values.percentiles([50, 95, 100]));
            told.push(format!("{scope:?} {start:?} {totals:?} {ranks:?}"));
        }
    }
    told
}

fn check_same(file: &Arc<dyn ReadStore>, database: &Arc<dyn ReadStore>) {
    for projection in Projection::ALL {
        let mut differences = Vec::new();
        compare(file, database, projection, &mut |difference| differences.push(difference)).unwrap();
        assert_eq!(differences, [], "{projection}");
        assert_eq!(
            digest(file.as_ref(), projection).unwrap(),
            digest(database.as_ref(), projection).unwrap(),
            "{projection}"
        );
    }
    let (file, database) = (file.reader().unwrap(), database.reader().unwrap());
    let (expected, found) = (answers(file.as_ref()), answers(database.as_ref()));
    assert_eq!(found.len(), expected.len());
    assert!(found.len() > 1_000, "next to nothing was asked for");
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
}

/// Deliveries with texts that PostgreSQL cannot hold, and with those that stand for them.
fn strange(attempt_id: u32, text: &str) -> Vec<Arrival> {
    let at = 1_784_678_400_000_i64 + i64::from(attempt_id);
    let body = |more: &str| {
        format!(
            "{{\"attempt_id\":\"{attempt_id}\",\"queue_id\":\"77\",\"channel\":\"{text}\",\
             \"destination\":\"{text}{attempt_id}\"{more}}}"
        )
    };
    let arrival = |event: &str, more: &str, later: i64| Arrival {
        at: UnixMillis(at + later),
        event: event.to_owned(),
        queue_type: "inbound_queue".to_owned(),
        body: body(more),
    };
    let agent = format!(r#","agent_id":"9","agent_name":"{text}b""#);
    vec![
        arrival("joined", "", 0),
        arrival("offering", &agent, 1_000),
        arrival("leaving", &format!(r#","cc_result":"{text}","call_cause":"a{text}""#), 2_000),
    ]
}

#[test]
fn the_same_deliveries_give_the_same_tables_digests_and_answers() {
    let mut random = random();
    let mut arrivals = bad_day(random.random());
    for (attempt_id, text) in (900_001..).zip(["\\u0000", "a\\u0000", "\\u0001", "\\u0001\\u0001", "\\u0002"])
    {
        arrivals.extend(strange(attempt_id, text));
    }
    let ledger = recorded(&arrivals);
    let (log, head) = (ledger.log().clone(), ledger.log().head());
    let database = shared().database();
    let models = database.models();
    // In several batches, so that rows are changed and taken back.
    for stage in 1..=5 {
        bring(&log, &models.current(), Position(head.0 * stage / 5));
    }
    check_same(&fresh(&log, head), &models.current());
    // And through a shadow, where rows are loaded and not put.
    let shadow = models.shadow(&Projection::ALL).unwrap();
    for stage in 1..=3 {
        bring(&log, &shadow, Position(head.0 * stage / 3));
    }
    check_same(&fresh(&log, head), &shadow);
    models.swap().unwrap();
    check_same(&fresh(&log, head), &models.current());
    let zero = AttemptFilter { channel: Some("\0".to_owned()), ..AttemptFilter::default() };
    let mut found = Vec::new();
    let reader = models.current();
    let reader = reader.reader().unwrap();
    reader
        .attempts(&zero, Order::OldestFirst, None, &mut |row| {
            found.push((row.attempt_id.0, row.destination));
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(found, [(900_001, Some("\0900001".to_owned()))]);
}
