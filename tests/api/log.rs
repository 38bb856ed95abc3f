//! The log in pages.

use serde_json::{Value, json};

use crate::api::harness::{Service, at};

fn positions(page: &Value) -> Vec<u64> {
    page["events"].as_array().unwrap().iter().map(|event| event["position"].as_u64().unwrap()).collect()
}

/// Six records of all kinds: five of attempts (one refused), one definition.
fn six() -> Service {
    let service = Service::start();
    service.inbound("joined", at(1, 0)).expect(201);
    service.inbound("offering", at(1, 1)).expect(201);
    service.inbound("answered", at(1, 2)).expect(422);
    service.put("/v1/queues/17", &json!({ "type": 1 })).expect(201);
    service.inbound("joined", at(2, 0)).expect(201);
    service.inbound("leaving", at(1, 3)).expect(201);
    service
}

#[test]
fn pages_follow_each_other_without_a_gap() {
    let service = six();
    for limit in 1..=7 {
        let (mut collected, mut after) = (Vec::new(), 0);
        loop {
            let page = service.show(&format!("/v1/events?after={after}&limit={limit}"));
            assert_eq!(page["head"], 6);
            if positions(&page).is_empty() {
                assert_eq!(page["next_after"], after);
                break;
            }
            collected.extend(positions(&page));
            after = page["next_after"].as_u64().unwrap();
        }
        assert_eq!(collected, [1, 2, 3, 4, 5, 6], "limit {limit}");
    }
}

#[test]
fn every_kind_of_record_is_told_apart() {
    let service = six();
    let page = service.show("/v1/events");
    let kinds: Vec<_> =
        page["events"].as_array().unwrap().iter().map(|event| event["kind"].clone()).collect();
    assert_eq!(kinds, ["event", "event", "refusal", "queue", "event", "event"]);
    assert_eq!(page["events"][2]["rule"], "answered_only_in_preview_and_offline");
    assert_eq!(page["events"][3]["queue_id"], 17);
}

#[test]
fn a_page_after_the_head_is_empty_and_one_beyond_it_is_answered_400_with_the_head() {
    let service = six();
    let page = service.show("/v1/events?after=6");
    assert_eq!((positions(&page), &page["head"]), (Vec::<u64>::new(), &json!(6)));
    for after in ["7", "18446744073709551615"] {
        for path in [
            format!("/v1/events?after={after}"),
            format!("/v1/attempts/1/events?after={after}"),
            format!("/v1/attempts/1/events?as_of={after}"),
            format!("/v1/refusals?cursor={after}"),
        ] {
            let problem = service.get(&path).problem(400, "position_beyond_head");
            assert_eq!(problem["head"], 6, "{path}: {problem}");
            assert!(problem["detail"].as_str().unwrap().contains("position 6"), "{path}: {problem}");
        }
    }
}

#[test]
fn ndjson_holds_the_same_records_line_by_line() {
    let service = six();
    let answer = service.get_with("/v1/events?after=1&limit=3", &[("accept", "application/x-ndjson")]);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], "application/x-ndjson");
    assert_eq!(answer.headers["ledger-next-after"], "4");
    let lines: Vec<Value> = answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(json!(lines), service.show("/v1/events?after=1&limit=3")["events"]);
    assert!(answer.text().ends_with('\n'));
}

#[test]
fn a_pretty_printed_payload_stays_on_its_line_of_ndjson() {
    let service = Service::start();
    service.inbound("joined", "{\n\"attempt_id\": 7\r\n}").expect(201);
    let answer = service.get_with("/v1/events", &[("accept", "application/x-ndjson")]);
    assert_eq!(answer.text().lines().count(), 1);
}

#[test]
fn a_parameter_that_makes_no_sense_is_answered_400_by_name() {
    let service = six();
    for (query, name) in [
        ("after=-1", "after"),
        ("after=x", "after"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=x", "limit"),
    ] {
        let problem = service.get(&format!("/v1/events?{query}")).expect(400);
        assert_eq!(problem["errors"][0]["pointer"], name, "{problem}");
    }
}

#[test]
fn a_problem_does_not_repeat_the_value_that_it_refuses() {
    let service = Service::start();
    for query in ["after=380501234567x", "380501234567=1", "limit=380501234567x"] {
        let answer = service.get(&format!("/v1/events?{query}"));
        assert_eq!(answer.status, 400);
        assert!(!answer.text().contains("380501234567"), "{}", answer.text());
    }
}
