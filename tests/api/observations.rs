//! Hooks that are no step of an attempt's lifecycle: kept, recognised, and in no leg and no number.

use attempt_ledger_domain::DUPLICATE_WINDOW_MS;
use serde_json::{Value, json};

use crate::api::harness::{NOW, Service, T0, at};
use crate::support::http::Answer;

const WAIT_AGENT: &str = "/v1/hooks/predictive_dialer/wait_agent";
const AGENT_STATUS: &str = "/v1/events?event=agent_status";
/// What the dialer sends of an agent, without a time of its own.
const STATUS: &str = r#"{"agent_id":"3","status":"pause","status_payload":"lunch"}"#;

fn predictive(service: &Service, event: &str, attempt_id: i64, offset_ms: i64) -> Answer {
    let mut body: Value = serde_json::from_str(&at(attempt_id, offset_ms)).unwrap();
    body["agent_id"] = 3.into();
    service.post(&format!("/v1/hooks/predictive_dialer/{event}"), body.to_string())
}

fn assert_same_place(first: &Value, again: &Answer) {
    let again = again.expect(200);
    assert_eq!(again["outcome"], "duplicate");
    for member in ["kind", "observation", "attempt_id", "position", "id"] {
        assert_eq!(first.get(member), again.get(member), "{member}");
    }
}

#[test]
fn wait_agent_is_no_refusal() {
    let service = Service::start();
    let answer = service.post(WAIT_AGENT, at(7, 0));
    assert_eq!((&*answer.headers["ledger-position"], &*answer.headers["location"]), ("1", "/v1/attempts/7"));
    let receipt = answer.expect(201);
    let id = receipt["id"].clone();
    let expected = json!({ "outcome": "recorded", "kind": "observation", "observation": "wait_agent",
        "attempt_id": 7, "position": 1, "id": id });
    assert_eq!(receipt, expected, "it is no event and has no revision");
    let record = service.show("/v1/attempts/7/events")["events"][0].clone();
    let shown = ["kind", "observation", "attempt_id", "queue_type", "occurred_at", "id"];
    assert_eq!(
        shown.map(|member| record[member].clone()),
        [json!("observation"), json!("wait_agent"), json!(7), json!("predictive_dialer"), json!(T0), id]
    );
    assert_eq!((record.get("revision"), record.get("event")), (None, None));
    assert!(service.show("/v1/refusals")["refusals"].as_array().unwrap().is_empty());
}

#[test]
fn every_way_that_names_an_event_names_an_observation() {
    let service = Service::start();
    let body = |attempt_id: i64, member: &str| {
        let mut body: Value = serde_json::from_str(&at(attempt_id, 0)).unwrap();
        body[member] = "WAIT_AGENT".into();
        body.to_string()
    };
    service.post("/v1/events?event=Wait_Agent", at(1, 0)).expect(201);
    service.post("/v1/events", body(2, "event")).expect(201);
    service.post("/v1/events", body(3, "state")).expect(201);
    let envelope = json!({ "specversion": "1.0", "id": "1", "source": "/d", 
        "type": "com.webitel.wait_agent.v1",
        "data": serde_json::from_str::<Value>(&at(4, 0)).unwrap() });
    let structured = [("content-type", "application/cloudevents+json")];
    service.post_with("/v1/events", &structured, envelope.to_string()).expect(201);
    let lines = format!("{}\n{}\n", body(5, "event"), body(5, "event"));
    let batch =
        service.post_with("/v1/events", &[("content-type", "application/x-ndjson")], lines).expect(200);
    assert_eq!(
        [&batch["recorded"], &batch["duplicates"], &batch["refused"]].map(Value::as_u64),
        [Some(1), Some(1), Some(0)]
    );
    let events = service.show("/v1/events?limit=9");
    let kinds: Vec<_> = events["events"].as_array().unwrap().iter().map(|one| one["kind"].clone()).collect();
    assert_eq!(kinds, vec![json!("observation"); 5]);
    service.post("/v1/events?event=wait_agents", at(6, 0)).problem(422, "unknown_event");
}

#[test]
fn an_observation_again_is_a_duplicate() {
    let service = Service::start();
    let first = service.post(WAIT_AGENT, at(7, 0)).expect(201);
    service.clock.set(NOW + 30 * 24 * 60 * 60 * 1_000);
    assert_same_place(&first, &service.post(WAIT_AGENT, at(7, 0)));
    let typed = json!({ "timestamp": T0, "attempt_id": 7, "agent_id": "" });
    assert_same_place(&first, &service.post(WAIT_AGENT, typed.to_string()));
    service.post(WAIT_AGENT, at(7, 1)).expect(201);
    service.post(WAIT_AGENT, at(8, 0)).expect(201);
    assert_eq!(service.head(), 3, "another time or another attempt is another observation");
}

#[test]
fn an_implausible_time_is_a_time_and_the_senders_id_an_id() {
    let service = Service::start();
    let implausible = json!({ "attempt_id": 7, "timestamp": 1 }).to_string();
    let first = service.post(WAIT_AGENT, &implausible).expect(201);
    assert_eq!(first["flags"], json!(["clock_implausible"]));
    let key = [("idempotency-key", "a")];
    let named = service.post_with(WAIT_AGENT, &key, r#"{"attempt_id":7}"#).expect(201);
    service.clock.set(NOW + 24 * 60 * 60 * 1_000);
    assert_same_place(&first, &service.post(WAIT_AGENT, &implausible));
    assert_same_place(&named, &service.post_with(WAIT_AGENT, &key, r#"{"attempt_id":7}"#));
    service.post_with(WAIT_AGENT, &key, r#"{"attempt_id":8}"#).expect(201);
}

#[test]
fn without_an_id_and_a_time_an_observation_of_an_attempt_is_recognised_within_the_window() {
    let service = Service::start();
    let window_ms = i64::try_from(DUPLICATE_WINDOW_MS).unwrap();
    let body = r#"{"attempt_id":7}"#;
    let first = service.post(WAIT_AGENT, body).expect(201);
    for after_ms in [1, window_ms] {
        service.clock.set(NOW + after_ms);
        assert_same_place(&first, &service.post(WAIT_AGENT, body));
    }
    service.clock.set(NOW + window_ms + 1);
    let later = service.post(WAIT_AGENT, body).expect(201);
    assert_same_place(&later, &service.post(WAIT_AGENT, body));
    assert_eq!(service.head(), 2);
}

#[test]
fn what_states_no_attempt_no_id_and_no_time_is_recorded_whenever_it_comes() {
    let service = Service::start();
    let first = service.post(AGENT_STATUS, STATUS).expect(201);
    assert_eq!((first.get("attempt_id"), &first["observation"]), (None, &json!("agent_status")));
    service.post(AGENT_STATUS, r#"{"agent_id":"3","status":"online"}"#).expect(201);
    service.post(AGENT_STATUS, STATUS).expect(201);
    let member = "/v1/events?event=add_member";
    for _ in 0..2 {
        service.post(member, r#"{"member_id":"9","queue_id":"17"}"#).expect(201);
        let unreadable = service.post(AGENT_STATUS, r#"{"attempt_id":"x"}"#).expect(201);
        assert_eq!(unreadable["flags"], json!(["unparsable:attempt_id"]));
    }
    assert_eq!(service.head(), 7);
    let key = [("idempotency-key", "a")];
    for body in [STATUS, r#"{"agent_id":"3","timestamp":1784700000000}"#] {
        let first = service.post_with(AGENT_STATUS, &key, body).expect(201);
        assert_same_place(&first, &service.post_with(AGENT_STATUS, &key, body));
    }
}

#[test]
fn what_two_types_of_queue_report_alike_without_an_attempt_is_two_observations() {
    let service = Service::start();
    let body = json!({ "member_id": 9, "timestamp": T0 }).to_string();
    let hook = |queue_type: &str| service.post(&format!("/v1/hooks/{queue_type}/add_member"), &body);
    let first = hook("predictive_dialer").expect(201);
    let other = hook("preview_dialer").expect(201);
    assert_same_place(&first, &hook("5"));
    assert_same_place(&other, &hook("PREVIEW_DIALER"));
    let unnamed = service.post("/v1/events?event=add_member", &body).expect(201);
    assert_same_place(&unnamed, &service.post("/v1/events?event=add_member&queue_type=sales", &body));
    let of_attempt = service.post("/v1/hooks/predictive_dialer/wait_agent", at(7, 0)).expect(201);
    assert_same_place(&of_attempt, &service.post("/v1/hooks/preview_dialer/wait_agent", at(7, 0)));
    assert_eq!(service.head(), 4);
}

/// What a predictive call sends, in time order.
const CALL: [(&str, i64); 4] =
    [("offering", 1_000), ("bridged", 2_000), ("processing", 9_000), ("leaving", 9_500)];

/// Whatever read models and the log say of attempts, without what names places in the log.
fn told(service: &Service) -> [Value; 6] {
    let hour = "from=2026-07-22T09:00:00Z&to=2026-07-22T10:00:00Z";
    let mut told = [
        service.read("/v1/attempts"),
        service.read("/v1/offers"),
        service.read(&format!("/v1/queues/history?{hour}"))["total"].clone(),
        service.read(&format!("/v1/agents/3/history?{hour}"))["total"].clone(),
        service.show("/v1/attempts/7"),
        service.show("/v1/attempts/7/timeline"),
    ];
    told.iter_mut().for_each(without_places);
    told
}

fn without_places(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let of_places = |name: &str| {
                ["id", "as_of", "observations", "data_as_of", "head", "freshness"].contains(&name)
                    || name.contains("position")
            };
            // What the definitions of these say that they read of `wait_agent`.
            let of_answers = |name: &str| {
                ["live_answer", "member_answered_at", "n_live_answers"].contains(&name)
                    || name.contains("dropped")
            };
            members.retain(|name, _| !of_places(name) && !of_answers(name));
            members.values_mut().for_each(without_places);
        }
        Value::Array(values) => values.iter_mut().for_each(without_places),
        _ => {}
    }
}

#[test]
fn an_observation_joins_no_leg_and_no_number_whenever_it_comes() {
    let plain = Service::start();
    for (event, offset_ms) in CALL {
        predictive(&plain, event, 7, offset_ms).expect(201);
    }
    let expected = told(&plain);
    for observed_before in 0..=CALL.len() {
        let service = Service::start();
        for (number, (event, offset_ms)) in CALL.into_iter().enumerate() {
            if number == observed_before {
                predictive(&service, "wait_agent", 7, 500).expect(201);
                predictive(&service, "wait_agent", 7, 20_000).expect(201);
            }
            let receipt = predictive(&service, event, 7, offset_ms).expect(201);
            assert_eq!(receipt["revision"], number + 1, "observations take no revision");
        }
        if observed_before == CALL.len() {
            predictive(&service, "wait_agent", 7, 20_000).expect(201);
        }
        assert_eq!(told(&service), expected, "observed before {observed_before}");
    }
}

#[test]
fn a_wait_that_cannot_have_been_is_flagged_in_the_timeline_and_answers_nothing() {
    let service = Service::start();
    let joined = json!({ "attempt_id": 7, "timestamp": T0, "queue_id": 17 });
    service.post("/v1/hooks/predictive_dialer/joined", joined.to_string()).expect(201);
    predictive(&service, "leaving", 7, 9_000).expect(201);
    predictive(&service, "wait_agent", 7, 9_001).expect(201);
    let elsewhere = json!({ "attempt_id": 7, "timestamp": T0 + 500, "queue_id": 99 });
    service.post(WAIT_AGENT, elsewhere.to_string()).expect(201);
    let of_another_type = json!({ "attempt_id": 7, "timestamp": T0 + 600 }).to_string();
    service.post("/v1/hooks/inbound_queue/wait_agent", of_another_type).expect(201);
    let flags = |service: &Service| -> Vec<Value> {
        let timeline = service.show("/v1/attempts/7/timeline");
        timeline["observations"].as_array().unwrap().iter().map(|one| one["flags"].clone()).collect()
    };
    let contradictions = [json!(["wait_elsewhere"]), json!(["wait_elsewhere"]), json!(["wait_after_end"])];
    assert_eq!(flags(&service), contradictions);
    assert_eq!(service.read("/v1/attempts")["attempts"][0]["live_answer"], json!(null));
    predictive(&service, "wait_agent", 7, 9_000).expect(201);
    assert_eq!(flags(&service)[2], json!([]), "at the end it still waited");
    assert_eq!(service.read("/v1/attempts")["attempts"][0]["live_answer"], json!("wait_agent"));
}

#[test]
fn an_attempt_that_only_observations_name_is_in_no_list() {
    let service = Service::start();
    predictive(&service, "wait_agent", 7, 500).expect(201);
    assert_eq!(service.read("/v1/attempts")["attempts"], json!([]));
    let attempt = service.show("/v1/attempts/7");
    assert_eq!(
        (&attempt["revision"], &attempt["state"], &attempt["flags"]),
        (&json!(0), &json!("unknown"), &json!([]))
    );
    let timeline = service.show("/v1/attempts/7/timeline");
    assert_eq!((&timeline["entries"], timeline["observations"].as_array().unwrap().len()), (&json!([]), 1));
}

#[test]
fn the_timeline_lists_observations_apart() {
    let service = Service::start();
    predictive(&service, "leaving", 7, 9_000).expect(201);
    let body = json!({ "attempt_id": 7, "timestamp": T0 + 500, "queue_id": "17", "agent_id": "", "vip": "yes",
        "member_name": "Ann", "destination": "380671112233" });
    service.post(WAIT_AGENT, body.to_string()).expect(201);
    predictive(&service, "wait_agent", 7, 100).expect(201);
    let timeline = service.show("/v1/attempts/7/timeline");
    assert_eq!(timeline["entries"].as_array().unwrap().len(), 1);
    assert_eq!(timeline["flags"], json!([]));
    let mut observations = timeline["observations"].clone();
    for one in observations.as_array_mut().unwrap() {
        one.as_object_mut().unwrap().remove("id").unwrap();
    }
    let expected = json!([
        { "observation": "wait_agent", "occurred_at": T0 + 100, "recorded_at": NOW, "position": 3,
          "fields": { "agent_id": 3 }, "flags": [] },
        { "observation": "wait_agent", "occurred_at": T0 + 500, "recorded_at": NOW, "position": 2,
          "fields": { "queue_id": 17, "member_name": "Ann", "destination": "380671112233" }, "flags": [] },
    ]);
    assert_eq!(observations, expected);
    let before = service.show("/v1/attempts/7/timeline?as_of=2");
    assert_eq!(before["observations"].as_array().unwrap().len(), 1);
    let part = service.show("/v1/attempts/7/timeline?limit=2");
    let next = service.show("/v1/attempts/7/timeline?limit=2&after=2");
    assert_eq!((&part["next_after"], next.get("next_after")), (&json!(2), None));
    let count =
        |part: &Value| [&part["entries"], &part["observations"]].map(|list| list.as_array().unwrap().len());
    assert_eq!((count(&part), count(&next)), ([1, 1], [0, 1]));
}

#[test]
fn the_metrics_count_observations_by_kind() {
    let service = Service::start();
    predictive(&service, "wait_agent", 7, 0).expect(201);
    predictive(&service, "wait_agent", 7, 0).expect(200);
    service.post(AGENT_STATUS, STATUS).expect(201);
    let metrics = service.get("/metrics").text();
    for line in [
        "ledger_observations_appended_total{observation=\"wait_agent\"} 1",
        "ledger_observations_appended_total{observation=\"agent_status\"} 1",
        "ledger_events_duplicate_total 1",
    ] {
        assert!(metrics.lines().any(|one| one == line), "{line} in {metrics}");
    }
    assert!(!metrics.contains("ledger_events_appended_total{"), "{metrics}");
}

#[test]
fn a_corrected_refusal_can_be_an_observation() {
    let service = Service::start();
    let problem = service.post("/v1/events?event=wait-agent", at(7, 0)).problem(422, "unknown_event");
    let id = problem["refusal_id"].as_str().unwrap();
    let settled = service
        .post(
            &format!("/v1/refusals/{id}/replay"),
            json!({ "address": { "event": "wait_agent" } }).to_string(),
        )
        .expect(200);
    assert_eq!((&settled["status"], &settled["event"]["kind"]), (&json!("replayed"), &json!("observation")));
    let record = service.show("/v1/attempts/7/events")["events"].clone();
    let observation = record.as_array().unwrap().iter().find(|one| one["kind"] == "observation").unwrap();
    assert_eq!(observation["corrects"], id);
    assert_eq!(observation["occurred_at"], T0);
}
