//! Who the agents are, and what each did when.

use serde_json::{Value, json};

use crate::api::harness::{NOW, Service, T0};
use crate::api::world::{named, numbers, world};

#[test]
fn agents_are_listed_under_the_name_last_told() {
    let service = world();
    let agents = service.read("/v1/agents");
    let expected = json!([
        { "agent_id": 3, "agent_name": "agent 3", "last_seen_at": T0 + 6_000 },
        { "agent_id": 4, "agent_name": "agent 4", "last_seen_at": T0 + 20_000 },
    ]);
    assert_eq!(agents["agents"], expected);
    let since = service.read(&format!("/v1/agents?from={}", T0 + 6_001));
    assert_eq!(numbers(&since["agents"], "agent_id"), [4]);
}

#[test]
fn an_agents_states_are_cut_to_the_range_and_overlap_as_they_did() {
    let service = world();
    let ask = |from: i64, to: i64, more: &str| {
        service.read(&format!("/v1/agents/4/intervals?from={}&to={}{more}", T0 + from, T0 + to))
    };
    let state = |attempt_id: i64, leg: i64, state: &str, start: i64, end: i64, open: bool| {
        json!({
            "attempt_id": attempt_id, "leg": leg, "state": state, "start": T0 + start, "end": T0 + end,
            "duration_ms": end - start, "open": open,
        })
    };
    let day = ask(0, 120_000, "");
    let expected = json!([
        state(7, 2, "ringing", 7_000, 9_000, false),
        state(7, 2, "talking", 9_000, 19_000, false),
        state(7, 2, "wrap_up", 19_000, 24_000, false),
        state(9, 1, "talking", 20_000, 60_000, true),
    ]);
    assert_eq!(day["intervals"], expected, "the last goes on, and now is at 60 s");
    assert_eq!((&day["occupied_ms"], &day["concurrency_max"]), (&json!(53_000), &json!(2)));
    let cut = ask(8_000, 10_000, "");
    let expected =
        json!([state(7, 2, "ringing", 8_000, 9_000, false), state(7, 2, "talking", 9_000, 10_000, false)]);
    assert_eq!(cut["intervals"], expected);
    assert_eq!(cut["occupied_ms"], 2_000);
    let then = ask(0, 8_000, "&as_of=4");
    assert_eq!(then["intervals"], json!([state(7, 2, "ringing", 7_000, 8_000, true)]), "it went on then");
    let until_now = ask(50_000, 60_000, "");
    assert_eq!(until_now["intervals"], json!([state(9, 1, "talking", 50_000, 60_000, true)]));
    assert_eq!(then["freshness"]["position"], 4);
}

#[test]
fn what_rests_on_the_time_of_a_receipt_has_no_length() {
    let service = Service::start();
    let at = |event: &str, more: Value| {
        let mut body = json!({ "attempt_id": 7, "agent_id": 6 });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        service.inbound(event, body.to_string()).expect(201);
    };
    at("joined", json!({ "timestamp": T0 }));
    for event in ["offering", "bridged", "processing", "leaving"] {
        at(event, json!({}));
    }
    let states = service.read(&format!("/v1/agents/6/intervals?from={}&to={}", T0, NOW + 1));
    let lengths: Vec<&Value> =
        states["intervals"].as_array().unwrap().iter().map(|it| &it["duration_ms"]).collect();
    assert!(!lengths.is_empty() && lengths.iter().all(|length| length.is_null()), "{states}");
    assert_eq!((&states["occupied_ms"], &states["concurrency_max"]), (&json!(0), &json!(0)));
}

#[test]
fn the_states_of_an_agent_need_both_ends_of_a_range() {
    let service = world();
    for (query, name) in [
        ("", "from"),
        ("from=now-1d", "to"),
        ("to=now", "from"),
        ("from=now&to=now-1d", "to"),
        ("from=now-1d&to=now&timezone=x", "timezone"),
    ] {
        let answer = service.get(&format!("/v1/agents/4/intervals?{query}"));
        assert_eq!(named(&answer.problem(400, "parameter_invalid")), name, "{query}");
    }
    let beyond = service.get("/v1/agents/4/intervals?from=now-1d&to=now&as_of=99");
    assert_eq!(named(&beyond.problem(400, "position_beyond_head")), "as_of");
    let problem = service.get("/v1/agents/x/intervals?from=now-1d&to=now").problem(400, "parameter_invalid");
    assert_eq!(named(&problem), "agent_id");
    let nobody = service.read("/v1/agents/99/intervals?from=now-1d&to=now");
    assert_eq!((&nobody["intervals"], &nobody["occupied_ms"]), (&json!([]), &json!(0)));
    assert_eq!(nobody["to"], NOW);
}
