//! A number is the same whatever else is asked, and buckets add up to the whole, whatever queues do not send.

use serde_json::{Value, json};

use crate::api::harness::{Service, T0};
use crate::api::world::{deliver, numbers};

const HOUR_MS: i64 = 3_600_000;
/// Nine o'clock; the tests' attempts happen at 14 minutes past an hour.
const NINE: i64 = 1_784_710_800_000;

fn define(service: &Service, queue_id: i64, members: Value) {
    put(service, queue_id, members, 201);
}

fn define_anew(service: &Service, queue_id: i64, members: Value) {
    put(service, queue_id, members, 200);
}

fn put(service: &Service, queue_id: i64, members: Value, status: u16) {
    let mut definition = json!({ "type": 1 });
    definition.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    service.put(&format!("/v1/queues/{queue_id}"), &definition).expect(status);
}

fn history(service: &Service, path: &str, hours: i64, more: &str) -> Value {
    let from = NINE + HOUR_MS - hours * HOUR_MS;
    service.read(&format!("{path}/history?from={from}&to={}&interval=PT1H&{more}", NINE + HOUR_MS))
}

/// One attempt of a queue: each event at its place in seconds.
fn run(service: &Service, attempt_id: i64, queue_id: i64, begins_ms: i64, events: &[(&str, i64, Value)]) {
    for (event, second, members) in events {
        let mut body = json!({ "queue_id": queue_id, "agent_id": 5 });
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        deliver(service, event, attempt_id, begins_ms + second * 1_000, body);
    }
}

fn missed(service: &Service, attempt_id: i64, queue_id: i64, begins_ms: i64) {
    let no = json!({});
    let left = json!({ "cc_result": "abandoned" });
    let events =
        [("joined", 0, no.clone()), ("offering", 1, no.clone()), ("missed", 5, no), ("leaving", 9, left)];
    run(service, attempt_id, queue_id, begins_ms, &events);
}

fn talked(service: &Service, attempt_id: i64, queue_id: i64, begins_ms: i64) {
    let no = json!({});
    let left = json!({ "cc_result": "success" });
    run(
        service,
        attempt_id,
        queue_id,
        begins_ms,
        &[("joined", 0, no.clone()), ("bridged", 4, no), ("leaving", 9, left)],
    );
}

#[test]
fn a_bucket_is_the_same_whatever_else_is_asked_and_recorded() {
    let service = Service::start();
    define(&service, 18, json!({ "hooks": ["joined", "bridged", "leaving"] }));
    talked(&service, 2, 18, 0);
    let position = service.head();
    let then = format!("metrics=n_missed&as_of={position}");
    let before = history(&service, "/v1/queues", 1, &then);
    missed(&service, 1, 17, -HOUR_MS);
    missed(&service, 3, 17, 1_000 - HOUR_MS);
    let after = history(&service, "/v1/queues", 1, &then);
    assert_eq!((&after["total"], &after["buckets"]), (&before["total"], &before["buckets"]));
    let one = history(&service, "/v1/queues", 1, "metrics=n_missed");
    let two = history(&service, "/v1/queues", 2, "metrics=n_missed");
    assert_eq!(one["buckets"][0]["metrics"]["n_missed"]["reason_code"], "hook_not_sent");
    assert_eq!(two["buckets"][1]["metrics"], one["buckets"][0]["metrics"]);
    assert_eq!(
        two["buckets"][0]["metrics"]["n_missed"],
        history(&service, "/v1/queues/17", 2, "metrics=n_missed")["buckets"][0]["metrics"]["n_missed"]
    );
    let total = &two["total"]["n_missed"];
    assert_eq!((&total["value"], &total["queues"]), (&json!(2), &json!({ "known": 1, "of": 2 })));
    for (path, queues) in [(format!("as_of={position}"), json!([18])), (String::new(), json!([17, 18]))] {
        let grouped = history(&service, "/v1/queues", 2, &format!("metrics=n_missed&group_by=queue&{path}"));
        assert_eq!(json!(numbers(&grouped["queues"], "queue_id")), queues, "{path}");
    }
}

#[test]
fn a_bucket_without_anything_is_not_zero_where_no_queue_would_tell() {
    let service = Service::start();
    define(&service, 18, json!({ "hooks": ["joined", "bridged", "leaving"] }));
    let empty = |hours: i64| {
        let bucket = &history(&service, "/v1/queues", hours, "metrics=n_missed,n_offered")["buckets"][0];
        bucket["metrics"].clone()
    };
    assert_eq!(empty(1)["n_missed"]["reason_code"], "hook_not_sent");
    assert_eq!(empty(1)["n_offered"]["value"], 0, "that nobody joined is known");
    define(&service, 17, json!({}));
    assert_eq!(empty(1)["n_missed"]["value"], 0, "one of them would");
}

#[test]
fn files_say_of_how_many_queues_a_sum_is() {
    let service = Service::start();
    define(&service, 18, json!({ "hooks": ["joined", "bridged", "leaving"] }));
    talked(&service, 2, 18, 0);
    missed(&service, 1, 17, 0);
    let path = format!("/v1/queues/history?from={NINE}&to={}&interval=PT1H", NINE + HOUR_MS);
    let csv = service.ask(&format!("{path}&metrics=n_missed,n_offered&format=csv"));
    let text = String::from_utf8(csv.body.clone()).unwrap();
    assert!(text.lines().nth(1).unwrap().ends_with(",1,queues_known:1/2,2,"), "{text}");
}

#[test]
fn what_a_missing_bridge_would_tell_is_not_known_whatever_other_attempts_carry() {
    let service = Service::start();
    define(&service, 17, json!({ "hooks": ["leaving"] }));
    let left = json!({ "cc_result": "abandoned" });
    let carried = json!({ "cc_result": "success", "joined_at": T0, "bridged_at": T0 + 4_000 });
    run(&service, 1, 17, -HOUR_MS, &[("leaving", 9, left.clone())]);
    run(&service, 2, 17, 0, &[("leaving", 9, carried)]);
    run(&service, 3, 17, 0, &[("leaving", 9, left)]);
    let answer = history(&service, "/v1/queues/17", 2, "");
    for place in [&answer["buckets"][0]["metrics"], &answer["buckets"][1]["metrics"], &answer["total"]] {
        for key in
            ["n_abandoned", "n_not_reached", "n_open", "n_other", "bridge_rate", "abandon_rate", "wait_all"]
        {
            assert_eq!(place[key]["reason_code"], "hook_not_sent", "{key}");
        }
    }
    assert_eq!(answer["total"]["n_answered"]["value"], 1, "what is carried is known");
}

#[test]
fn an_attempt_whose_carried_bridge_lies_before_it_is_among_those_that_count() {
    let service = Service::start();
    let carried = json!({ "cc_result": "success", "bridged_at": NINE - 60_000 });
    run(&service, 1, 17, NINE - T0, &[("leaving", 30, carried)]);
    let (from, to) = (NINE - HOUR_MS, NINE);
    for (path, metrics) in
        [("/v1/queues/17", &["n_answered", "n_handled", "bridge_rate"][..]), ("/v1/agents/5", &["n_handled"])]
    {
        for metric in metrics {
            let answer = service.read(&format!(
                "{path}/history?from={from}&to={to}&attribution=emit&explain={metric}&left_out=false"
            ));
            let whole = &answer["measured"];
            let number =
                |one: &Value| one["numerator"].as_i64().or(one["value"].as_i64()).unwrap_or_default();
            assert_eq!(number(whole), 1, "{path} {metric}");
            assert_eq!(numbers(&answer["attempts"], "attempt_id"), [1], "{path} {metric}");
        }
    }
}

#[test]
fn an_explanation_as_of_a_position_looks_at_no_attempt_that_began_after_its_range() {
    let service = Service::start();
    talked(&service, 1, 17, NINE - T0 - HOUR_MS / 2);
    let carried = json!({ "cc_result": "success", "bridged_at": NINE - 60_000 });
    run(&service, 2, 17, NINE - T0, &[("leaving", 30, carried)]);
    let path = format!("/v1/queues/17/history?from={}&to={NINE}&explain=n_answered", NINE - HOUR_MS);
    let position = service.head();
    let now = service.read(&path);
    assert_eq!(numbers(&now["attempts"], "attempt_id"), [1]);
    // What bears on the second later makes it one of the past.
    run(&service, 2, 17, NINE - T0, &[("processing", 20, json!({}))]);
    let then = service.read(&format!("{path}&as_of={position}"));
    assert_eq!(then["attempts"], now["attempts"]);
}

#[test]
fn no_side_of_a_rate_is_negative_and_none_is_above_one() {
    let service = Service::start();
    let begins_ms = NINE - T0 - 10_000;
    let left = json!({ "cc_result": "abandoned" });
    for attempt_id in 1..=3 {
        run(&service, attempt_id, 17, begins_ms, &[("joined", 0, json!({})), ("leaving", 15, left.clone())]);
    }
    run(&service, 4, 17, begins_ms, &[("joined", 11, json!({}))]);
    let answer = history(&service, "/v1/queues/17", 1, "attribution=emit&short_abandon_ms=20000");
    for key in ["abandon_rate", "abandon_rate_excluding_short", "service_level"] {
        let one = &answer["total"][key];
        let sides = [&one["numerator"], &one["denominator"]].map(Value::as_i64);
        assert!(sides.iter().flatten().all(|side| *side >= 0), "{key}: {one}");
        assert!(one["value"].as_f64().is_none_or(|value| (0.0..=1.0).contains(&value)), "{key}: {one}");
    }
    assert_eq!(answer["total"]["abandon_rate"]["reason_code"], "cohorts_differ");
    assert_eq!(answer["total"]["abandon_rate_excluding_short"]["reason_code"], "cohorts_differ");
    let parts = answer["total"]["service_level"]["parts"].as_array().unwrap();
    assert!(parts.iter().all(|part| part["denominator"].as_i64().is_none_or(|it| it >= 0)), "{parts:?}");
}

#[test]
fn an_explanation_of_the_service_level_lists_what_the_policy_counts() {
    let service = Service::start();
    run(&service, 1, 17, 0, &[("leaving", 9, json!({ "cc_result": "abandoned" }))]);
    talked(&service, 2, 17, 0);
    run(&service, 3, 17, 0, &[("joined", 0, json!({}))]);
    for (policy, counted, why) in [
        ("abandons_negative", vec![2, 3], json!("join_unknown")),
        ("webitel", vec![1, 2, 3], json!(null)),
        ("answered_only", vec![2], json!("join_unknown")),
        ("genesys", vec![2], json!("join_unknown")),
    ] {
        let query = format!("explain=service_level&policy={policy}");
        let alone = history(&service, "/v1/queues/17", 1, &format!("{query}&left_out=false"));
        let mut attempts = numbers(&alone["attempts"], "attempt_id");
        attempts.sort_unstable();
        assert_eq!(attempts, counted, "{policy}");
        let all = history(&service, "/v1/queues/17", 1, &query);
        let first = all["attempts"].as_array().unwrap().iter().find(|one| one["attempt_id"] == 1).unwrap();
        assert_eq!(first["left_out"]["code"], why, "{policy}");
    }
}

#[test]
fn an_explanation_of_abandons_within_x_has_a_column_for_each_x() {
    let service = Service::start();
    missed(&service, 1, 17, 0);
    let from = NINE;
    let csv = service.ask(&format!(
        "/v1/queues/17/history?from={from}&to={}&explain=n_abandoned_in_x\
         &abandoned_in_ms=5000&abandoned_in_ms=10000&format=csv",
        NINE + HOUR_MS
    ));
    let text = String::from_utf8(csv.body.clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].ends_with(",n_abandoned_in_x_5000_ms,n_abandoned_in_x_10000_ms,left_out,rule"),
        "{text}"
    );
    assert!(lines[1].ends_with(",0,1,,"), "{text}");
}

#[test]
fn who_waits_is_not_known_where_a_talk_or_the_end_is_not_sent() {
    for hooks in
        [json!(["joined", "offering", "missed", "leaving"]), json!(["joined", "offering", "bridged"])]
    {
        let service = Service::start();
        define(&service, 17, json!({ "hooks": hooks }));
        run(&service, 1, 17, 0, &[("joined", 0, json!({})), ("offering", 1, json!({}))]);
        let board = service.read("/v1/now?queue_id=17")["queues"][0].clone();
        for name in ["waiting", "longest_wait", "ringing"] {
            assert_eq!(board[name], json!(null), "{name} {hooks}");
        }
        assert_eq!(history(&service, "/v1/queues/17", 1, "")["total"]["n_open"]["value"], json!(null));
        let attempt = service.show("/v1/attempts/1");
        assert_eq!(
            (&attempt["wait"]["state"], &attempt["wait"]["reason"]),
            (&json!("not_known"), &json!("hook_not_sent")),
            "{attempt}"
        );
    }
}

#[test]
fn a_sum_with_a_queue_that_has_no_threshold_knows_no_short_abandons() {
    let service = Service::start();
    define(&service, 17, json!({ "short_abandon_threshold_ms": 5_000 }));
    missed(&service, 1, 17, 0);
    let short = || {
        history(&service, "/v1/queues", 1, "metrics=n_short_abandoned")["total"]["n_short_abandoned"].clone()
    };
    assert_eq!(short()["value"], 0);
    missed(&service, 2, 18, 0);
    assert_eq!(
        short()["reason"],
        "nothing says which abandons of a queue are short: define its short_abandon_threshold_ms, or give \
         short_abandon_ms"
    );
}

#[test]
fn each_queue_of_a_sum_is_judged_by_its_own_thresholds() {
    let service = Service::start();
    for (queue_id, level_ms, short_ms) in [(17, 3_000, 5_000), (18, 4_000, 9_000)] {
        let members =
            json!({ "service_level_threshold_ms": level_ms, "short_abandon_threshold_ms": short_ms });
        define(&service, queue_id, members);
    }
    for (attempt_id, queue_id) in [(1, 17), (2, 18)] {
        talked(&service, attempt_id, queue_id, 0);
        missed(&service, 10 + attempt_id, queue_id, 0);
    }
    let sides = |measured: &Value| (measured["numerator"].as_i64(), measured["denominator"].as_i64());
    let ask = |more: &str| history(&service, "/v1/queues", 1, more);
    let whole = ask("metrics=service_level,n_short_abandoned,abandon_rate");
    assert_eq!(sides(&whole["total"]["service_level"]), (Some(1), Some(4)));
    assert_eq!(whole["total"]["n_short_abandoned"]["value"], 1);
    assert_eq!(
        (&whole["parameters"]["threshold_ms"], &whole["parameters"]["short_abandon_ms"]),
        (&json!(null), &json!(null))
    );
    let grouped = ask("metrics=service_level&group_by=queue");
    let groups: Vec<_> = grouped["queues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| sides(&one["total"]["service_level"]))
        .collect();
    assert_eq!(groups, [(Some(0), Some(2)), (Some(1), Some(2))]);
    let explained = ask("explain=n_short_abandoned");
    assert_eq!(numbers(&explained["attempts"], "attempt_id"), [12, 1, 2, 11]);
    assert_eq!(explained["attempts"][3]["left_out"]["code"], "longer_than");
    let given = ask("metrics=service_level,n_short_abandoned&threshold_ms=4000&short_abandon_ms=9000");
    assert_eq!(sides(&given["total"]["service_level"]), (Some(2), Some(4)));
    assert_eq!(given["total"]["n_short_abandoned"]["value"], 2);
    assert_eq!(given["parameters"]["threshold_ms"], 4_000);
}

#[test]
fn at_an_end_that_is_not_sent_nothing_is_known() {
    let service = Service::start();
    define(&service, 17, json!({ "hooks": ["joined", "offering", "missed", "bridged", "processing"] }));
    define(&service, 18, json!({}));
    talked(&service, 1, 17, 0);
    talked(&service, 2, 18, 0);
    let keys = ["n_offered", "n_answered", "n_missed", "n_handled", "asa"];
    let more = format!("attribution=end&metrics={}", keys.join(","));
    let of_one = history(&service, "/v1/queues/17", 1, &more);
    let of_all = history(&service, "/v1/queues", 1, &more);
    for key in keys {
        let (one, all) = (&of_one["total"][key], &of_all["total"][key]);
        assert_eq!((&one["value"], &one["reason_code"]), (&json!(null), &json!("hook_not_sent")), "{key}");
        assert_eq!(all["queues"], json!({ "known": 1, "of": 2 }), "{key}");
    }
    assert_eq!(of_all["total"]["n_answered"]["value"], 1);
    let hours = history(&service, "/v1/queues", 2, &more);
    let told = |at: usize| hours["buckets"][at]["metrics"]["n_answered"]["value"].clone();
    assert_eq!((told(0), told(1)), (json!(0), json!(1)), "nothing ended in the hour before: {hours}");
    let agent = history(&service, "/v1/agents/5", 1, "attribution=end&metrics=n_handled&queue_id=17");
    assert_eq!(agent["total"]["n_handled"]["reason_code"], "hook_not_sent");
    let explained = history(&service, "/v1/queues/17", 1, "attribution=end&explain=n_answered");
    assert_eq!(explained["attempts"][0]["left_out"]["code"], "hook_not_sent", "{explained}");
}

#[test]
fn a_number_that_changed_with_a_threshold_says_of_which_attempts() {
    let service = Service::start();
    define(&service, 17, json!({ "service_level_threshold_ms": 3_000 }));
    define(&service, 18, json!({}));
    talked(&service, 1, 17, 0);
    talked(&service, 2, 18, 0);
    let since = service.head();
    define_anew(&service, 17, json!({ "service_level_threshold_ms": 4_000 }));
    let more = format!("explain=service_level&changed_since={since}");
    let answer = history(&service, "/v1/queues", 1, &more);
    assert_eq!((&answer["before"]["numerator"], &answer["after"]["numerator"]), (&json!(1), &json!(2)));
    assert_eq!(numbers(&answer["changed"], "attempt_id"), [1]);
}

#[test]
fn a_talk_without_a_known_end_has_no_length_anywhere() {
    let service = Service::start();
    define(&service, 17, json!({ "hooks": ["joined", "bridged", "leaving"] }));
    talked(&service, 1, 17, 0);
    for path in ["/v1/queues/17", "/v1/agents/5"] {
        let answer = history(&service, path, 1, "metrics=talk_time");
        assert_eq!(answer["total"]["talk_time"]["reason_code"], "hook_not_sent", "{path}");
    }
    let leg = &service.read("/v1/offers?agent_id=5")["offers"][0];
    assert_eq!((&leg["talk_ms"], &leg["handle_ms"]), (&json!(null), &json!(5_000)), "{leg}");
    let attempt = service.show("/v1/attempts/1");
    assert_eq!(attempt["talk"]["reason"], "hook_not_sent", "{attempt}");
    assert_eq!(attempt["legs"][0]["talk_ms"], json!(null), "{attempt}");
}
