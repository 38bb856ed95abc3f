//! Read models: how far they are, and rebuilding them.

use std::sync::{Arc, Condvar, Mutex};

use attempt_ledger::limits::Limits;
use attempt_ledger::projector::{Change, Draft, Fold, digest, folds};
use attempt_ledger::read_store::{Projection, SqliteOptions, SqliteStore};
use attempt_ledger_domain::AttemptId;
use serde_json::{Value, json};

use crate::api::harness::{NOW, Service};
use crate::api::world::{deliver, fill, named, numbers, world};
use crate::read_models::support::agents_of;
use crate::support::read_models::NAMES;

/// The last report of a rebuild, by its stream.
fn ended(service: &Service) -> Value {
    let mut stream = service.stream("/v1/projections/rebuild", &[]);
    let mut last = None;
    while let Some(event) = stream.next() {
        assert_eq!(event.event, "progress");
        last = Some(event.data);
    }
    last.expect("a stream tells at least how it ended")
}

#[test]
fn every_read_model_tells_how_far_it_is() {
    let service = world();
    service.read("/v1/attempts");
    let answer = service.show("/v1/projections");
    let names: Vec<&Value> =
        answer["projections"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(json!(names), json!(NAMES));
    for one in answer["projections"].as_array().unwrap() {
        let expected = json!({
            "name": one["name"], "version": one["version"], "position": 11, "recorded_at": NOW,
            "lag_records": 0, "lag_ms": 0, "state": "moving",
        });
        assert_eq!(*one, expected);
    }
    assert_eq!((answer["head"].as_u64(), answer.get("rebuild")), (Some(11), None));
}

#[test]
fn a_rebuild_is_watched_to_its_end_and_finds_no_difference() {
    let service = world();
    let before = service.read("/v1/attempts")["attempts"].clone();
    let answer = service.post("/v1/projections/all/rebuild", "");
    let begun = answer.expect(202);
    assert_eq!(answer.headers["location"], "/v1/projections/rebuild");
    assert_eq!(begun["projections"], json!(NAMES));
    let done = ended(&service);
    assert_eq!((&done["phase"], &done["position"]), (&json!("done"), &json!(11)), "{done}");
    for compared in done["compared"].as_array().unwrap() {
        assert_eq!(compared["differences"], 0, "{compared}");
        assert_eq!(compared["rows_before"], compared["rows_after"]);
        assert_eq!(compared["digest_before"], compared["digest_after"]);
        assert_eq!(compared["digest_after"].as_str().unwrap().len(), 64);
    }
    assert_eq!(service.show("/v1/projections/rebuild"), done);
    assert_eq!(service.show("/v1/projections")["rebuild"], done);
    let differences = service.get("/v1/projections/rebuild/differences");
    assert_eq!((differences.status, differences.text().as_str()), (200, ""));
    assert_eq!(differences.headers["content-type"], "application/x-ndjson");
    assert_eq!(service.read("/v1/attempts")["attempts"], before);
    deliver(&service, "joined", 12, 0, json!({}));
    assert_eq!(service.read("/v1/attempts?limit=1&order=oldest")["freshness"]["position"], 12, "it goes on");
}

#[test]
fn one_read_model_is_rebuilt_or_only_compared() {
    let service = world();
    service.read("/v1/attempts");
    for (name, query) in [("offers", ""), ("offers", "?swap=true"), ("queue_history", "?swap=false")] {
        service.post(&format!("/v1/projections/{name}/rebuild{query}"), "").expect(202);
        let done = ended(&service);
        assert_eq!((&done["phase"], &done["projections"]), (&json!("done"), &json!([name])), "{done}");
        assert_eq!(done["compared"][0]["projection"], name);
    }
}

/// A fold that waits while its gate is closed.
struct Gated(Arc<dyn Fold>, Arc<Gate>);

#[derive(Default)]
struct Gate {
    is_closed: Mutex<bool>,
    moved: Condvar,
}

impl Gate {
    fn set_closed(&self, is_closed: bool) {
        *self.is_closed.lock().unwrap() = is_closed;
        self.moved.notify_all();
    }
}

/// Opens the gate at the end of a test, whatever its end is: the service waits for its threads.
struct OpenAtEnd(Arc<Gate>);

impl Drop for OpenAtEnd {
    fn drop(&mut self) {
        self.0.set_closed(false);
    }
}

impl Fold for Gated {
    fn projection(&self) -> Projection {
        self.0.projection()
    }

    fn apply(&self, change: &Change<'_>, draft: &mut Draft) -> Result<(), String> {
        drop(self.1.moved.wait_while(self.1.is_closed.lock().unwrap(), |is_closed| *is_closed).unwrap());
        self.0.apply(change, draft)
    }
}

#[test]
fn a_running_rebuild_refuses_a_second_one_and_ends_when_it_is_cancelled() {
    let gate = Arc::new(Gate::default());
    let gated = |fold: Arc<dyn Fold>| Arc::new(Gated(fold, gate.clone())) as Arc<dyn Fold>;
    let service = Service::start_with_folds(Limits::default(), folds().into_iter().map(gated).collect());
    let _open = OpenAtEnd(gate.clone());
    fill(&service);
    let before = service.read("/v1/attempts")["attempts"].clone();
    gate.set_closed(true);
    service.post("/v1/projections/all/rebuild", "").expect(202);
    for name in ["all", "offers"] {
        let answer = service.post(&format!("/v1/projections/{name}/rebuild"), "");
        assert!(answer.problem(409, "rebuild_running")["hint"].as_str().unwrap().contains("DELETE"));
    }
    assert_eq!(service.show("/v1/projections/rebuild")["phase"], "folding");
    assert_eq!(service.show("/v1/projections")["rebuild"]["phase"], "folding");
    assert_eq!(service.show("/v1/attempts")["attempts"], before, "the old ones serve meanwhile");
    let mut stream = service.stream("/v1/projections/rebuild", &[]);
    assert_eq!(stream.next().unwrap().data["phase"], "folding");
    assert_eq!(service.delete("/v1/projections/rebuild").expect(202)["phase"], "folding");
    gate.set_closed(false);
    let last = std::iter::from_fn(|| stream.next()).last().expect("the end is told");
    assert_eq!(last.data["phase"], "cancelled", "{last:?}");
    assert_eq!(service.show("/v1/attempts")["attempts"], before);
    service.post("/v1/projections/all/rebuild", "").expect(202);
    assert_eq!(ended(&service)["phase"], "done", "the next one may begin");
}

#[test]
fn a_graceful_stop_ends_the_stream_of_a_running_rebuild() {
    let gate = Arc::new(Gate::default());
    let gated = |fold: Arc<dyn Fold>| Arc::new(Gated(fold, gate.clone())) as Arc<dyn Fold>;
    let mut service = Service::start_with_folds(Limits::default(), folds().into_iter().map(gated).collect());
    let _open = OpenAtEnd(gate.clone());
    fill(&service);
    service.read("/v1/attempts");
    gate.set_closed(true);
    service.post("/v1/projections/all/rebuild", "").expect(202);
    let mut stream = service.stream("/v1/projections/rebuild", &[]);
    assert_eq!(stream.next().unwrap().data["phase"], "folding");
    service.begin_stop();
    assert_eq!(stream.next(), None);
    // The rebuild stops at its next batch, which the gate holds back.
    gate.set_closed(false);
    assert!(service.report().drained);
}

#[test]
fn what_cannot_be_rebuilt_watched_or_cancelled_is_told() {
    let service = Service::start();
    let problem = service.post("/v1/projections/bets/rebuild", "").problem(404, "projection_unknown");
    assert!(problem["hint"].as_str().unwrap().contains("queue_history"), "{problem}");
    let answer = service.post("/v1/projections/all/rebuild?swap=maybe", "");
    assert_eq!(named(&answer.problem(400, "parameter_invalid")), "swap");
    service.get("/v1/projections/rebuild").problem(404, "rebuild_unknown");
    service.delete("/v1/projections/rebuild").problem(409, "rebuild_not_running");
    service.post("/v1/projections/all/rebuild", "").expect(202);
    ended(&service);
    service.delete("/v1/projections/rebuild").problem(409, "rebuild_not_running");
}

#[test]
fn a_snapshot_is_one_sqlite_file_with_everything_in_it() {
    let service = world();
    service.read("/v1/attempts");
    let answer = service.get("/v1/projections/snapshot");
    assert_eq!((answer.status, &*answer.headers["content-type"]), (200, "application/vnd.sqlite3"));
    assert_eq!(answer.headers["content-length"], answer.body.len().to_string());
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("copy.sqlite");
    std::fs::write(&path, &answer.body).unwrap();
    let copy = SqliteStore::open(&path, SqliteOptions::default()).unwrap();
    let original = service.models();
    for projection in Projection::ALL {
        assert_eq!(
            digest(&copy, projection).unwrap(),
            digest(&original, projection).unwrap(),
            "{projection}"
        );
    }
    assert_eq!(agents_of(&copy).len(), 2);
}

#[test]
fn figures_and_readiness_tell_how_far_the_read_models_are() {
    let service = world();
    service.read("/v1/attempts");
    service.post("/v1/projections/agents/rebuild", "").expect(202);
    ended(&service);
    let text = service.get("/metrics").text();
    for name in NAMES {
        for line in [
            format!("ledger_projection_position{{projection=\"{name}\"}} 11"),
            format!("ledger_projection_lag_events{{projection=\"{name}\"}} 0"),
            format!("ledger_projection_lag_seconds{{projection=\"{name}\"}} 0.0"),
            format!("ledger_projection_stopped{{projection=\"{name}\"}} 0"),
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is missing in\n{text}");
        }
    }
    assert!(text.contains("ledger_projection_rebuild_ratio 1.0"), "{text}");
    let text = service.get("/readyz?verbose").text();
    assert!(text.contains("projection attempts: at position 11"), "{text}");
    assert!(!text.contains("warning"), "{text}");
}

/// A fold that cannot tell one attempt.
struct Poisoned(Arc<dyn Fold>, AttemptId);

impl Fold for Poisoned {
    fn projection(&self) -> Projection {
        self.0.projection()
    }

    fn apply(&self, change: &Change<'_>, draft: &mut Draft) -> Result<(), String> {
        match change {
            Change::Attempt { attempt_id, .. } if *attempt_id == self.1 => Err("planted".to_owned()),
            _ => self.0.apply(change, draft),
        }
    }
}

#[test]
fn a_read_model_that_stopped_is_told_everywhere_and_deliveries_go_on() {
    let poisoned = |healthy: Arc<dyn Fold>| match healthy.projection() {
        Projection::Offers => Arc::new(Poisoned(healthy, AttemptId(8))) as Arc<dyn Fold>,
        _ => healthy,
    };
    let service = Service::start_with_folds(Limits::default(), folds().into_iter().map(poisoned).collect());
    fill(&service);
    let attempts = service.read("/v1/attempts");
    assert_eq!(numbers(&attempts["attempts"], "attempt_id"), [10, 9, 8, 7], "the others go on");
    assert_eq!(attempts["freshness"].get("stopped"), None);
    let offers = service.get("/v1/offers").expect(200);
    let freshness = &offers["freshness"];
    assert_eq!((&freshness["position"], &freshness["lag_records"]), (&json!(7), &json!(4)));
    assert_eq!(freshness["stopped"]["position"], 8);
    assert!(freshness["stopped"]["reason"].as_str().unwrap().contains("planted"), "{freshness}");
    assert_eq!(freshness["stopped"]["record_id"], service.show("/v1/attempts/8/events")["events"][0]["id"]);
    for path in ["/v1/offers", "/v1/agents/4/intervals?from=now-1d&to=now"] {
        let answer = service.ask(path);
        assert_eq!(answer.headers.get("retry-after"), None, "waiting does not help");
        answer.problem(503, "not_yet");
    }
    let stopped = service.show("/v1/projections")["projections"][1].clone();
    assert_eq!((&stopped["state"], &stopped["failure"]["position"]), (&json!("stopped"), &json!(8)));
    let ready = service.get("/readyz?verbose");
    assert_eq!(ready.status, 200, "a read model is no reason to turn deliveries away");
    assert!(ready.text().contains("projection offers: warning, stopped at position 7"), "{}", ready.text());
    let text = service.get("/metrics").text();
    for line in [
        r#"ledger_projection_stopped{projection="offers"} 1"#,
        r#"ledger_projection_stopped{projection="attempts"} 0"#,
        r#"ledger_projection_lag_events{projection="offers"} 4"#,
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is missing in\n{text}");
    }
    deliver(&service, "joined", 12, 0, json!({}));
    assert_eq!(service.read("/v1/attempts")["freshness"]["position"], 12);
    service.post("/v1/projections/offers/rebuild", "").expect(202);
    let failed = ended(&service);
    assert_eq!(failed["phase"], "failed", "it fails anew, and the old one serves");
    assert!(failed["reason"].as_str().unwrap().contains("planted"), "{failed}");
    assert!(service.get("/metrics").text().lines().any(|line| line == "ledger_projection_rebuild_failed 1"));
    assert_eq!(service.show("/v1/offers")["offers"], offers["offers"]);
}
