//! Observations on the write path: kept once, and in nobody's way.

use std::sync::Arc;

use attempt_ledger_domain::{Address, AttemptId, Observation, Position, Revision, Rule, UnixMillis};
use attempt_ledger_ledger::{Ledger, LedgerOptions, Receipt, RefusalStatus, Settlement, Submission};
use attempt_ledger_log::record::{Digest, Leaf, Opening, RecordKind, RecordPayload};
use attempt_ledger_log::{EventLog, Expected, MemoryLog, NewRecord, Stream, StreamAppend};
use attempt_ledger_system::environment::{Environment, System};
use bytes::Bytes;
use uuid::Uuid;

fn ledger(log: &Arc<dyn EventLog>) -> Arc<Ledger> {
    Ledger::open(Arc::clone(log), Arc::new(System), LedgerOptions::default()).expect("it opens")
}

fn hook(event: &str, body: &str) -> Submission {
    let address = Address {
        event: Some(event.to_owned()),
        queue_type: Some("predictive_dialer".to_owned()),
        ..Address::default()
    };
    Submission { address, body: Bytes::copy_from_slice(body.as_bytes()), source: Arc::from("test") }
}

/// The refusal that a release made of `wait_agent` that knew no observations.
fn old_refusal(id: Uuid, recorded_at: UnixMillis) -> StreamAppend {
    let Submission { address, body, .. } = hook("wait_agent", r#"{"attempt_id":"7"}"#);
    let payload = RecordPayload::of(&body, true);
    let opening = Opening { address, detail: Some("none of the eight".into()), payload, salt: [7; 16] };
    let leaf = Leaf {
        attempt_id: Some(AttemptId(7)),
        commitment: opening.commitment(),
        corrects: None,
        event: None,
        id,
        kind: RecordKind::Refusal,
        observation: None,
        occurred_at: None,
        previous: None,
        queue_id: None,
        queue_type: None,
        recorded_at,
        revision: None,
        rule: Some(Rule::UnknownEvent),
        settles: None,
        source: "test".into(),
        v: 1,
        verdict: None,
    };
    let stream = Stream::of(&leaf).expect("a refusal has its day");
    let record = NewRecord { leaf_bytes: leaf.to_bytes(), leaf, opening_bytes: opening.to_bytes() };
    StreamAppend { stream, expected: Expected::Any, records: vec![record] }
}

#[tokio::test]
async fn a_refusal_of_an_earlier_release_stays_one_and_its_replay_records_the_observation() {
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new());
    let (id, an_hour_ago) = (Uuid::from_u128(5), UnixMillis(System.now().0 - 3_600_000));
    for answer in log.append(vec![old_refusal(id, an_hour_ago)]).await {
        answer.expect("it is appended");
    }
    let ledger = ledger(&log);
    let status = || ledger.refusal(id).expect("it reads").expect("it is there").status;
    assert_eq!(status(), RefusalStatus::Open, "nothing is judged again by itself");
    let settled = ledger.replay(id, "", "test").await.expect("it is let in");
    let Settlement::Replayed(Receipt::Observed(observed)) = settled else { panic!("{settled:?}") };
    assert_eq!((observed.observation, observed.position), (Observation::WaitAgent, Position(2)));
    assert_eq!(status(), RefusalStatus::Replayed);
    let timeline = ledger.timeline(AttemptId(7), None).expect("it reads").expect("it is there");
    let [shown] = &timeline.observations[..] else { panic!("{:?}", timeline.observations) };
    assert_eq!(shown.occurred_at, an_hour_ago, "it happened when it was received first");
}

#[tokio::test]
async fn equal_ones_in_one_batch_are_one_and_events_around_them_count_on() {
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new());
    let ledger = ledger(&log);
    let body = r#"{"attempt_id":"7"}"#;
    let batch = [
        ("wait_agent", body),
        ("offering", body),
        ("wait_agent", body),
        ("agent_status", "{}"),
        ("leaving", body),
        ("wait_agent", r#"{"attempt_id":"8"}"#),
        ("left", body),
    ];
    let batch = batch.map(|(event, body)| hook(event, body)).to_vec();
    let receipts = ledger.record_batch(batch).await.expect("it is recorded");
    let told: Vec<_> = receipts.iter().map(told).collect();
    // Events of an attempt come before observations, and those before refusals.
    let expected = [
        "wait_agent at 3",
        "revision 1 at 1",
        "wait_agent at 3 again",
        "agent_status at 4",
        "revision 2 at 2",
        "wait_agent at 5",
        "refused",
    ];
    assert_eq!(told, expected);
    let again = ledger.record(hook("wait_agent", body)).await.expect("it is recorded");
    assert_eq!(self::told(&again), "wait_agent at 3 again");
}

#[tokio::test]
async fn a_state_that_comes_back_is_recorded_again() {
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new());
    let statuses = ["online", "pause", "online"].map(|status| {
        // A status comes without a time, an id or an attempt: nothing says that the third is the first again.
        hook("agent_status", &format!(r#"{{"agent_id":"3","status":"{status}"}}"#))
    });
    for (status, place) in statuses.iter().zip(1..) {
        let since_a_start = ledger(&log).record(status.clone()).await.expect("it is recorded");
        assert_eq!(told(&since_a_start), format!("agent_status at {place}"));
    }
    let ledger = ledger(&log);
    for (status, place) in statuses.iter().zip(4..) {
        let one_by_one = ledger.record(status.clone()).await.expect("it is recorded");
        assert_eq!(told(&one_by_one), format!("agent_status at {place}"));
    }
    let batch = ledger.record_batch(statuses.to_vec()).await.expect("it is recorded");
    let told: Vec<_> = batch.iter().map(told).collect();
    assert_eq!(told, ["agent_status at 7", "agent_status at 8", "agent_status at 9"]);
}

fn told(receipt: &Receipt) -> String {
    match receipt {
        Receipt::Recorded(event) | Receipt::Duplicate(event) => {
            format!("revision {} at {}", event.revision, event.position)
        }
        Receipt::Observed(observed) => {
            let again = if observed.repeated { " again" } else { "" };
            format!("{} at {}{again}", observed.observation, observed.position)
        }
        Receipt::Refused(_) => "refused".to_owned(),
    }
}

#[tokio::test]
async fn an_attempt_that_is_read_from_the_log_goes_on_where_its_events_end() {
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new());
    let sent = [("wait_agent", None), ("offering", Some(1)), ("wait_agent", None), ("bridged", Some(2))];
    let began_at = System.now().0 - 60_000;
    for ((event, revision), at) in sent.into_iter().zip(began_at..) {
        let ledger = ledger(&log);
        let body = format!(r#"{{"attempt_id":"7","timestamp":"{at}"}}"#);
        let receipt = ledger.record(hook(event, &body)).await.expect("it is recorded");
        match (receipt, revision) {
            (Receipt::Recorded(place), Some(revision)) => assert_eq!(place.revision, Revision(revision)),
            (Receipt::Observed(_), None) => {}
            (receipt, _) => panic!("{receipt:?}"),
        }
    }
    let leaves: Vec<_> = log.read_after(Position(0), 9).expect("it reads");
    let leaves: Vec<Leaf<'_>> = leaves.iter().map(|one| Leaf::parse(&one.leaf).expect("a leaf")).collect();
    let formats: Vec<_> = leaves.iter().map(|leaf| (leaf.kind, leaf.v, leaf.previous.is_some())).collect();
    let (event, observation) = (RecordKind::Event, RecordKind::Observation);
    assert_eq!(
        formats,
        [(observation, 2, false), (event, 1, false), (observation, 2, false), (event, 1, true)]
    );
    assert!(leaves.iter().all(|leaf| leaf.commitment != Digest([0; 32])));
}
