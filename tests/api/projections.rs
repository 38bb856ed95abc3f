//! Read models: how far they are, and rebuilding them.

use serde_json::{Value, json};

use crate::harness::{NOW, Service};
use crate::world::{deliver, named, world};

const NAMES: [&str; 7] =
    ["attempts", "offers", "queue_history", "agent_history", "agents", "queues", "refusals"];

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

#[test]
fn a_second_rebuild_is_answered_409_while_the_first_one_runs() {
    let service = Service::start();
    let mut answers: Vec<u16> = Vec::new();
    std::thread::scope(|scope| {
        let begin = || service.post("/v1/projections/all/rebuild", "");
        let asked: Vec<_> = (0..8).map(|_| scope.spawn(begin)).collect();
        for answer in asked.into_iter().map(|it| it.join().unwrap()) {
            if answer.status == 409 {
                answer.problem(409, "rebuild_running");
            }
            answers.push(answer.status);
        }
    });
    assert!(answers.contains(&202), "{answers:?}");
    assert!(answers.iter().all(|status| [202, 409].contains(status)), "{answers:?}");
    assert_eq!(ended(&service)["phase"], "done");
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
