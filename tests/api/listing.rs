//! Lists of attempts: what each filter means, and what makes no sense.

use serde_json::json;

use crate::api::harness::{NOW, Service, T0};
use crate::api::world::{deliver, named, numbers, world};

fn listed(service: &Service, query: &str) -> Vec<i64> {
    numbers(&service.read(&format!("/v1/attempts?{query}"))["attempts"], "attempt_id")
}

#[test]
fn attempts_are_listed_newest_first_unless_asked_otherwise() {
    let service = world();
    assert_eq!(listed(&service, ""), [10, 9, 8, 7]);
    assert_eq!(listed(&service, "order=newest"), [10, 9, 8, 7]);
    assert_eq!(listed(&service, "order=oldest"), [7, 8, 9, 10]);
}

#[test]
fn each_filter_keeps_exactly_what_it_means() {
    let service = world();
    for (query, expected) in [
        ("queue_id=17", &[8, 7][..]),
        ("queue_id=99", &[]),
        ("queue_type=inbound_queue", &[10, 9, 8, 7]),
        ("queue_type=predictive_dialer", &[]),
        ("queue_type=1", &[10, 9, 8, 7]),
        ("queue_type=5", &[]),
        ("gap=never_left", &[]),
        ("agent_id=3", &[7]),
        ("agent_id=4", &[9, 7]),
        ("member_id=70", &[7]),
        ("destination=380441234567", &[7]),
        ("destination=38044123456", &[]),
        ("channel=chat", &[7]),
        ("channel=call", &[8]),
        ("result=abandoned", &[8]),
        ("state=talking", &[9]),
        ("state=left", &[8, 7]),
        ("class=answered", &[9, 7]),
        ("class=open", &[10]),
        ("gap=bridged_without_offering", &[9]),
        ("conflict=true", &[]),
        ("conflict=false", &[10, 9, 8, 7]),
        ("late=true", &[]),
        ("queue_id=17&class=answered", &[7]),
        ("agent_id=3&channel=call", &[]),
    ] {
        assert_eq!(listed(&service, query), expected, "{query}");
    }
}

#[test]
fn an_attempt_that_never_left_is_one_that_is_silent_beyond_its_queues_deadline() {
    let service = world();
    service.put("/v1/queues/18", &json!({ "type": 1, "leaving_deadline_ms": 60_000 })).expect(201);
    let silent = |service: &Service| listed(service, "gap=never_left");
    // 9 was last heard of at 20 s, 10 at 30 s.
    service.clock.set(T0 + 80_000);
    assert_eq!(silent(&service), [] as [i64; 0], "a deadline is over when it is exceeded");
    service.clock.set(T0 + 80_001);
    assert_eq!(silent(&service), [9]);
    service.clock.set(T0 + 90_001);
    assert_eq!(silent(&service), [10, 9]);
    let row = &service.read("/v1/attempts?gap=never_left&order=oldest")["attempts"][0];
    assert_eq!(row["gaps"], json!(["bridged_without_offering", "never_left"]));
    let file = service.ask("/v1/attempts?gap=never_left&order=oldest&format=csv");
    let text = String::from_utf8(file.body.clone()).unwrap();
    assert!(text.contains(",bridged_without_offering never_left,"), "{text}");
    assert_eq!(listed(&service, "gap=never_left&queue_id=17"), [] as [i64; 0], "those have left");
    service.put("/v1/queues/18", &json!({ "type": 1 })).expect(200);
    assert_eq!(silent(&service), [] as [i64; 0], "without a deadline of its own a queue has a day");
    service.clock.set(T0 + 30_000 + 24 * 60 * 60 * 1_000 + 1);
    assert_eq!(silent(&service), [10, 9]);
    let problem = service.get("/v1/attempts?gap=never_left&as_of=5").problem(400, "parameter_invalid");
    assert_eq!(named(&problem), "gap");
}

#[test]
fn a_range_of_time_is_half_open_and_may_be_told_in_many_ways() {
    let service = world();
    let (two, twenty) = (T0 + 2_000, T0 + 20_000);
    assert_eq!(listed(&service, &format!("from={two}&to={twenty}")), [8]);
    assert_eq!(listed(&service, &format!("from={two}")), [10, 9, 8]);
    assert_eq!(listed(&service, &format!("to={two}")), [7]);
    assert_eq!(listed(&service, "from=now-1m&to=now"), [10, 9, 8, 7], "the first began a minute ago");
    service.clock.set(NOW + 5_000);
    assert_eq!(listed(&service, "from=now-1m"), [10, 9], "now moved");
    // 2026-07-22T09:15:00Z is 12:15 in Kyiv.
    for (from, expected) in [("2026-07-22T12:14", 4), ("2026-07-22T12:15", 0), ("2026-07-22", 4)] {
        let query = format!("timezone=Europe/Kyiv&from={from}");
        assert_eq!(listed(&service, &query).len(), expected, "{query}");
    }
}

#[test]
fn a_row_tells_what_is_known_and_leaves_out_what_is_not() {
    let service = world();
    let page = service.read("/v1/attempts?queue_id=17&class=answered");
    let expected = json!({
        "attempt_id": 7, "queue_id": 17, "queue_type": "inbound_queue", "channel": "chat",
        "destination": "380441234567", "member_id": 70, "state": "left", "class": "answered",
        "result": "success", "started_at": T0, "joined_at": T0, "first_offered_at": T0 + 1_000,
        "bridged_at": T0 + 9_000, "processing_at": T0 + 19_000, "left_at": T0 + 24_000,
        "last_event_at": T0 + 24_000, "wait_ms": 9_000, "talk_ms": 10_000, "wrap_ms": 5_000,
        "handle_ms": 15_000, "offers": 2, "bridges": 1, "missed_by_agent": 1, "missed_by_caller": 0,
        "gaps": [], "is_late": false, "events": 7, "conflicts": 0, "first_position": 1, "last_position": 7,
        "last_recorded_at": NOW, "agent_id": 4, "agent_name": "agent 4",
        "is_start_untimed": false, "is_last_event_untimed": false,
    });
    assert_eq!(page["attempts"], json!([expected]));
    let freshness = json!({ "position": 11, "recorded_at": NOW, "head": 11, "lag_records": 0 });
    assert_eq!(page["freshness"], freshness);
    assert_eq!(
        service.read("/v1/attempts?queue_id=18&class=answered")["attempts"][0]["gaps"],
        json!(["bridged_without_offering"])
    );
}

#[test]
fn what_makes_no_sense_is_answered_400_by_name_and_with_a_next_step() {
    let service = world();
    for (query, name) in [
        ("queue_id=x", "queue_id"),
        ("queue_id=", "queue_id"),
        ("queue_id=1&queue_id=2", "queue_id"),
        ("queue_type=inbound", "queue_type"),
        ("agent_id=1.5", "agent_id"),
        ("state=lost", "state"),
        ("class=lost", "class"),
        ("gap=lost", "gap"),
        ("conflict=yes", "conflict"),
        ("late=1", "late"),
        ("order=up", "order"),
        ("from=tomorrow", "from"),
        ("from=1784711640", "from"),
        ("to=now%2B1h", "to"),
        ("timezone=Kyiv", "timezone"),
        ("timezone=%2B02:00", "timezone"),
        ("from=now&to=now-1h", "to"),
        ("from=now&to=now", "to"),
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=1001", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("as_of=-1", "as_of"),
        ("min_position=x", "min_position"),
        ("format=pdf", "format"),
        ("separator=;", "separator"),
        ("format=csv&separator=x", "separator"),
        ("format=csv&separator=,,", "separator"),
        ("format=xlsx&byte_order_mark=true", "byte_order_mark"),
        ("format=ndjson&decimal=comma", "decimal"),
        ("format=csv&decimal=semicolon", "decimal"),
    ] {
        let problem = service.get(&format!("/v1/attempts?{query}")).problem(400, "parameter_invalid");
        assert_eq!(named(&problem), name, "{query}");
        assert!(problem["detail"].as_str().unwrap().contains(&format!("`{name}`")), "{query}: {problem}");
    }
    let problem = service.get("/v1/attempts?colour=red").problem(400, "query_invalid");
    assert_eq!(named(&problem), "colour");
    let problem = service.get("/v1/attempts?380441234567=1").problem(400, "query_invalid");
    assert!(!problem.to_string().contains("380441234567"), "a name may be somebody's number: {problem}");
    let hint = |query: &str| service.get(&format!("/v1/attempts?{query}")).expect(400)["hint"].clone();
    assert!(hint("timezone=Kyiv").as_str().unwrap().contains("Europe/Kyiv"));
    assert!(hint("from=1784711640").as_str().unwrap().contains("milliseconds"));
}

#[test]
fn an_answer_as_of_a_position_stays_as_it_was_while_more_comes() {
    let service = world();
    let ask = || {
        let mut page = service.read("/v1/attempts?as_of=5&order=oldest");
        for moving in ["head", "lag_records"] {
            page["freshness"].as_object_mut().unwrap().remove(moving).unwrap();
        }
        page
    };
    let before = ask();
    assert_eq!(numbers(&before["attempts"], "attempt_id"), [7]);
    assert_eq!(
        (&before["attempts"][0]["state"], &before["freshness"]["position"]),
        (&json!("talking"), &json!(5))
    );
    deliver(&service, "offering", 10, 31_000, json!({ "queue_id": 18 }));
    deliver(&service, "joined", 11, 1, json!({}));
    assert_eq!(ask(), before);
    assert_eq!(listed(&service, "as_of=0"), Vec::<i64>::new());
    assert_eq!(listed(&service, "as_of=5&state=talking"), [7], "filters mean what was true then");
    assert_eq!(listed(&service, "as_of=5&state=left"), Vec::<i64>::new());
}
