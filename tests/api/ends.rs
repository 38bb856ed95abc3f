//! Who ended an attempt, who missed it, and how far its stretches have come: one answer in list, summary and
//! timeline.

use serde_json::{Value, json};

use crate::api::harness::{Service, T0};
use crate::api::world::deliver;

/// What the three answers about an attempt say under a name; it must be the same.
fn told(service: &Service, attempt_id: i64, name: &str) -> Value {
    let row = service.read(&format!("/v1/attempts?attempt_id={attempt_id}"))["attempts"][0].clone();
    let summary = service.show(&format!("/v1/attempts/{attempt_id}"));
    let timeline = service.show(&format!("/v1/attempts/{attempt_id}/timeline"));
    assert_eq!(row.get(name), summary.get(name), "{name}: list and summary");
    assert_eq!(row.get(name), timeline.get(name), "{name}: list and timeline");
    row.get(name).cloned().unwrap_or_default()
}

fn agent(agent_id: i64, cause: &str) -> Value {
    let sip_code = if cause.is_empty() { "" } else { "487" };
    json!({ "agent_id": agent_id, "call_cause": cause, "call_sip_code": sip_code })
}

#[test]
fn missed_means_one_thing_everywhere() {
    let service = Service::start();
    deliver(&service, "joined", 7, 0, json!({}));
    deliver(&service, "offering", 7, 1_000, agent(3, ""));
    deliver(&service, "missed", 7, 6_000, agent(3, ""));
    deliver(&service, "offering", 7, 7_000, agent(4, ""));
    deliver(&service, "missed", 7, 9_000, agent(4, "ORIGINATOR_CANCEL"));
    deliver(
        &service,
        "leaving",
        7,
        9_001,
        json!({ "cc_result": "abandoned", "call_cause": "ORIGINATOR_CANCEL" }),
    );
    assert_eq!(
        (told(&service, 7, "missed_by_agent"), told(&service, 7, "missed_by_caller")),
        (json!(1), json!(1))
    );
    let legs = service.show("/v1/attempts/7")["legs"].clone();
    assert_eq!((&legs[0]["missed_by"], &legs[1]["missed_by"]), (&json!("agent"), &json!("caller")));
    let entries = service.show("/v1/attempts/7/timeline")["entries"].clone();
    assert_eq!((&entries[2]["missed_by"], &entries[4]["missed_by"]), (&json!("agent"), &json!("caller")));
    assert_eq!(entries[4]["call_cause"], "ORIGINATOR_CANCEL");
    assert_eq!(entries[4]["call_sip_code"], 487);
    let history = service.read("/v1/queues/none/history?from=now-1d&to=now&metrics=n_missed");
    assert_eq!(history["total"]["n_missed"]["value"], 1);
}

/// A connection that is only carried, of no agent, connects no leg: the miss after it is one.
#[test]
fn a_miss_after_a_connection_that_is_carried_for_nobody_is_counted_alike() {
    let service = Service::start();
    let carried = json!({ "bridged_at": T0 + 1_000 });
    deliver(&service, "joined", 7, 0, json!({}));
    deliver(&service, "missed", 7, 6_000, json!({}));
    deliver(&service, "leaving", 7, 7_000, carried);
    assert_eq!(told(&service, 7, "missed_by_agent"), 1);
}

#[test]
fn list_summary_and_timeline_say_who_ended_it_and_why() {
    let service = Service::start();
    deliver(&service, "joined", 7, 0, json!({ "queue_id": 17 }));
    let left = json!({ "cc_result": "abandoned", "call_cause": "NORMAL_CLEARING", "call_sip_code": "200" });
    deliver(&service, "leaving", 7, 5_000, left);
    for (name, expected) in [
        ("ended_by", json!("caller")),
        ("call_cause", json!("NORMAL_CLEARING")),
        ("call_sip_code", json!(200)),
        ("class", json!("abandoned")),
        ("result", json!("abandoned")),
    ] {
        assert_eq!(told(&service, 7, name), expected, "{name}");
    }
}

fn stretches(service: &Service, attempt_id: i64) -> Value {
    let summary = service.show(&format!("/v1/attempts/{attempt_id}"));
    let timeline = service.show(&format!("/v1/attempts/{attempt_id}/timeline"));
    let of =
        |answer: &Value| json!({ "wait": answer["wait"], "talk": answer["talk"], "wrap": answer["wrap"] });
    assert_eq!(of(&summary), of(&timeline));
    for name in ["wait", "talk", "wrap"] {
        assert_eq!(summary[name].get("ms"), summary.get(format!("{name}_ms")), "{name}");
    }
    of(&summary)
}

#[test]
fn what_never_happened_is_none_what_goes_on_is_open_and_the_rest_has_a_reason() {
    let service = Service::start();
    let ms = |ms: u64| json!({ "state": "known", "ms": ms });
    let not_known = |reason: &str| json!({ "state": "not_known", "reason": reason });
    let (none, open) = (json!({ "state": "none" }), json!({ "state": "open" }));
    deliver(&service, "joined", 1, 0, json!({}));
    let waiting = json!({ "wait": open, "talk": not_known("not_begun"), "wrap": not_known("not_begun") });
    assert_eq!(stretches(&service, 1), waiting);
    deliver(&service, "leaving", 1, 5_000, json!({ "cc_result": "abandoned" }));
    assert_eq!(stretches(&service, 1), json!({ "wait": ms(5_000), "talk": none, "wrap": none }));
    deliver(&service, "bridged", 2, 0, agent(3, ""));
    let talking =
        json!({ "wait": not_known("begin_not_reported"), "talk": open, "wrap": not_known("not_begun") });
    assert_eq!(stretches(&service, 2), talking);
    service.inbound("joined", json!({ "attempt_id": 3 }).to_string()).expect(201);
    deliver(&service, "leaving", 3, 61_000, json!({}));
    assert_eq!(stretches(&service, 3)["wait"], not_known("time_of_receipt"));
    service.put("/v1/queues/17", &json!({ "type": 1, "hooks": ["joined", "leaving"] })).expect(201);
    deliver(&service, "joined", 4, 0, json!({ "queue_id": 17 }));
    deliver(&service, "leaving", 4, 5_000, json!({ "queue_id": 17 }));
    let unsent = not_known("hook_not_sent");
    assert_eq!(stretches(&service, 4), json!({ "wait": unsent, "talk": unsent, "wrap": unsent }));
}

#[test]
fn what_a_definition_hides_is_hidden_in_every_answer() {
    let service = Service::start();
    let left = json!({ "queue_id": 17, "cc_result": "abandoned", "call_cause": "NORMAL_CLEARING" });
    deliver(&service, "joined", 7, 0, json!({ "queue_id": 17 }));
    deliver(&service, "leaving", 7, 5_000, left);
    let by_caller = "/v1/attempts?ended_by=caller";
    let found = || service.read(by_caller)["attempts"].as_array().unwrap().len();
    assert_eq!(
        (told(&service, 7, "ended_by"), told(&service, 7, "wait_ms")),
        (json!("caller"), json!(5_000))
    );
    assert_eq!(found(), 1);
    let head = service.head();
    service.put("/v1/queues/17", &json!({ "type": 1, "hooks": ["joined", "leaving"] })).expect(201);
    assert_eq!((told(&service, 7, "ended_by"), told(&service, 7, "wait_ms")), (json!(null), json!(null)));
    assert_eq!(found(), 0, "he may have talked");
    let before = service.read(&format!("{by_caller}&as_of={head}"));
    assert_eq!(before["attempts"][0]["ended_by"], "caller", "the past does not know the definition");
}
