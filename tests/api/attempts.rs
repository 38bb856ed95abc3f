//! What happened in an attempt: in short, event by event, and as a story.

use serde_json::{Value, json};

use crate::api::harness::{NOW, Service, T0};

const VIEWS: [&str; 3] = ["/v1/attempts/7", "/v1/attempts/7/events", "/v1/attempts/7/timeline"];

fn send(service: &Service, event: &str, offset_ms: i64, members: Value) {
    let mut body =
        json!({ "attempt_id": "7", "timestamp": T0 + offset_ms, "channel": "call", "queue_id": "17" });
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    service.inbound(event, body.to_string()).expect(201);
}

/// Offered to agent 3 who misses, then to agent 4 who talks for ten seconds.
fn story() -> Service {
    let service = Service::start();
    let agent = |id: i64| json!({ "agent_id": id.to_string() });
    send(&service, "joined", 0, json!({}));
    send(&service, "offering", 1_000, agent(3));
    send(&service, "missed", 6_000, agent(3));
    send(&service, "offering", 7_000, agent(4));
    send(&service, "bridged", 9_000, agent(4));
    send(&service, "processing", 19_000, agent(4));
    send(&service, "leaving", 24_000, json!({ "cc_result": "success" }));
    service
}

#[test]
fn the_summary_adds_up() {
    let service = story();
    let attempt = service.show("/v1/attempts/7");
    let expected = json!({
        "as_of": 7, "attempt_id": 7, "revision": 7, "queue_type": "inbound_queue", "queue_id": 17,
        "channel": "call", "state": "left", "result": "success", "joined_at": T0, "bridged_at": T0 + 9_000,
        "left_at": T0 + 24_000, "wait_ms": 9_000, "talk_ms": 10_000, "wrap_ms": 5_000,
        "offered_agents": [3, 4], "answered_agents": [4], "refused": 0, "flags": [],
        "wait": { "state": "known", "ms": 9_000 }, "talk": { "state": "known", "ms": 10_000 },
        "wrap": { "state": "known", "ms": 5_000 }, "missed_by_agent": 1, "missed_by_caller": 0,
    });
    let row = service.read("/v1/attempts?attempt_id=7")["attempts"][0].clone();
    let legs = service.read("/v1/offers?attempt_id=7&order=oldest")["offers"].clone();
    let told_by_lists = row.as_object().unwrap().iter().filter(|(name, _)| *name != "gaps");
    let mut expected = expected.as_object().unwrap().clone();
    expected.extend(told_by_lists.map(|(name, value)| (name.clone(), value.clone())));
    expected.insert("legs".to_owned(), legs);
    assert_eq!(attempt, Value::Object(expected));
}

#[test]
fn the_events_come_in_the_order_of_the_log_with_gapless_revisions() {
    let service = story();
    let answer = service.show("/v1/attempts/7/events");
    let events = answer["events"].as_array().unwrap();
    for (event, number) in events.iter().zip(1..=7_u64) {
        assert_eq!((&event["revision"], &event["position"]), (&json!(number), &json!(number)));
        assert_eq!(event["kind"], "event");
        assert_eq!(event["recorded_at"], NOW);
        assert_eq!(event["leaf_hash"].as_str().unwrap().len(), 64);
    }
    assert_eq!(events.len(), 7);
}

#[test]
fn the_timeline_tells_the_same_story_whatever_the_order_of_arrival() {
    let forwards = story();
    let payloads: Vec<(String, String)> = forwards.show("/v1/attempts/7/events")["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| (event["event"].as_str().unwrap().to_owned(), event["payload"].to_string()))
        .collect();
    let backwards = Service::start();
    for (event, payload) in payloads.iter().rev() {
        backwards.inbound(event, payload).expect(201);
    }
    let tell = |service: &Service| {
        let mut timeline = service.show("/v1/attempts/7/timeline");
        for entry in timeline["entries"].as_array_mut().unwrap() {
            for arrival in ["id", "position", "revision"] {
                entry.as_object_mut().unwrap().remove(arrival).unwrap();
            }
        }
        timeline
    };
    assert_eq!(tell(&forwards), tell(&backwards));
    assert_eq!(tell(&forwards)["lanes"].as_array().unwrap().len(), 4, "subscriber, queue and two agents");
}

#[test]
fn an_answer_as_of_a_position_stays_the_same_after_later_events() {
    let service = Service::start();
    send(&service, "joined", 0, json!({}));
    send(&service, "offering", 1_000, json!({ "agent_id": 3 }));
    let ask = || VIEWS.map(|view| service.show(&format!("{view}?as_of=2")));
    let before = ask();
    assert_eq!(before[0]["revision"], 2);
    send(&service, "bridged", 2_000, json!({ "agent_id": 3 }));
    service.inbound("joined", json!({ "attempt_id": 7, "timestamp": T0 + 3_000 }).to_string()).expect(422);
    assert_eq!(ask(), before);
    assert_eq!(service.show("/v1/attempts/7")["revision"], 3);
}

#[test]
fn an_answer_as_of_a_position_does_not_know_later_definitions() {
    let service = Service::start();
    send(&service, "bridged", 0, json!({}));
    let ask = || service.show("/v1/attempts/7/timeline?as_of=1");
    let before = ask();
    assert_eq!(before["flags"], json!(["bridged_without_offering"]));
    service.put("/v1/queues/17", &json!({ "type": 1, "hooks": ["bridged", "leaving"] })).expect(201);
    assert_eq!(service.show("/v1/attempts/7/timeline")["flags"], json!([]), "the present knows it");
    assert_eq!(ask(), before);
}

#[test]
fn as_of_a_position_before_the_first_event_there_is_no_attempt() {
    let service = Service::start();
    service.inbound("joined", crate::api::harness::at(8, 0)).expect(201);
    send(&service, "joined", 0, json!({}));
    for view in VIEWS {
        service.get(&format!("{view}?as_of=1")).problem(404, "attempt_unknown");
        service.get(&format!("{view}?as_of=0")).problem(404, "attempt_unknown");
        service.show(&format!("{view}?as_of=2"));
    }
}

#[test]
fn as_of_a_position_beyond_the_head_is_answered_400_by_name() {
    let service = Service::start();
    send(&service, "joined", 0, json!({}));
    for view in VIEWS {
        for as_of in ["2", "18446744073709551615", "-1", "now", ""] {
            let problem = service.get(&format!("{view}?as_of={as_of}")).expect(400);
            assert_eq!(problem["errors"][0]["pointer"], "as_of", "{problem}");
        }
    }
}

#[test]
fn an_attempt_never_heard_of_is_answered_404_and_what_is_no_number_400() {
    let service = Service::start();
    for view in ["", "/events", "/timeline"] {
        service.get(&format!("/v1/attempts/7{view}")).problem(404, "attempt_unknown");
        for id in ["abc", "1.5", "9223372036854775808"] {
            let problem = service.get(&format!("/v1/attempts/{id}{view}")).problem(400, "parameter_invalid");
            assert_eq!(problem["errors"][0]["pointer"], "attempt_id");
        }
    }
}

#[test]
fn an_entity_tag_answers_304_until_something_happens_to_the_attempt() {
    let service = Service::start();
    send(&service, "joined", 0, json!({}));
    for view in &VIEWS[..2] {
        let tag = service.get(view).headers["etag"].clone();
        let ask = |tags: &str| service.get_with(view, &[("if-none-match", tags)]);
        for tags in [tag.clone(), format!("\"x\", {tag}"), format!("W/{tag}"), "*".to_owned()] {
            let answer = ask(&tags);
            assert_eq!((answer.status, answer.body.len()), (304, 0), "{tags}");
            assert_eq!(answer.headers["etag"], tag);
        }
        assert_eq!(ask("\"x\"").status, 200);
    }
    let tags = VIEWS[..2].iter().map(|view| service.get(view).headers["etag"].clone());
    let tags: Vec<String> = tags.collect();
    service.inbound("joined", crate::api::harness::at(8, 0)).expect(201);
    for (view, tag) in VIEWS.iter().zip(&tags) {
        assert_eq!(service.get_with(view, &[("if-none-match", tag)]).status, 304, "another attempt's event");
    }
    send(&service, "offering", 1, json!({}));
    for (view, tag) in VIEWS.iter().zip(&tags) {
        assert_eq!(service.get_with(view, &[("if-none-match", tag)]).status, 200, "{view}");
    }
}

#[test]
fn an_entity_tag_does_not_hide_what_time_alone_changes() {
    let service = Service::start();
    send(&service, "joined", 0, json!({}));
    let tag = service.get("/v1/attempts/7").headers["etag"].clone();
    service.clock.set(NOW + 2 * 24 * 60 * 60 * 1_000);
    let answer = service.get_with("/v1/attempts/7", &[("if-none-match", &tag)]);
    assert_eq!(answer.expect(200)["flags"], json!(["never_left"]));
}

#[test]
fn an_entity_tag_does_not_hide_what_a_definition_changes() {
    let service = Service::start();
    send(&service, "bridged", 0, json!({}));
    let tag = service.get("/v1/attempts/7").headers["etag"].clone();
    service.put("/v1/queues/17", &json!({ "type": 1, "hooks": ["bridged"] })).expect(201);
    let answer = service.get_with("/v1/attempts/7", &[("if-none-match", &tag)]);
    assert_eq!(answer.expect(200)["flags"], json!([]));
}

#[test]
fn refused_siblings_and_decisions_stand_beside_the_events() {
    let service = Service::start();
    send(&service, "leaving", 5, json!({}));
    let body = json!({ "attempt_id": 7, "timestamp": T0 + 6 }).to_string();
    let refused = service.inbound("leaving", &body).problem(422, "left_only_once");
    let id = refused["refusal_id"].as_str().unwrap();
    assert_eq!(service.show("/v1/attempts/7")["flags"], json!(["conflict"]));
    service.post(&format!("/v1/refusals/{id}/dismiss"), r#"{"note":"twice"}"#).expect(200);
    let events = service.show("/v1/attempts/7/events");
    let events = events["events"].as_array().unwrap();
    assert_eq!(events.len(), 3);
    assert_eq!((&events[1]["kind"], &events[1]["rule"]), (&json!("refusal"), &json!("left_only_once")));
    assert_eq!((&events[1]["id"], &events[1]["payload"].to_string()), (&json!(id), &body));
    assert_eq!((&events[2]["settles"], &events[2]["verdict"]), (&json!(id), &json!("dismissed")));
    assert_eq!(service.show("/v1/attempts/7")["flags"], json!([]), "a dismissed sibling is no conflict");
}

/// So many hooks that all name one attempt, recorded as batches.
fn constant_attempt_id(service: &Service, hooks: usize) {
    let lines: Vec<String> = (0..hooks)
        .map(|number| {
            let event = if number % 2 == 0 { "offering" } else { "missed" };
            json!({
                "event": event, "queue_type": "inbound_queue", "attempt_id": 7, "agent_id": number % 3,
                "timestamp": T0 - 10_000_000 + 1_000 * number as i64,
            })
            .to_string()
        })
        .collect();
    for batch in lines.chunks(5_000) {
        let body = batch.join("\n");
        service.post_with("/v1/events", &[("content-type", "application/x-ndjson")], body).expect(200);
    }
}

#[test]
fn an_attempt_with_more_records_than_a_call_has_is_flagged_and_comes_in_parts() {
    let service = Service::start();
    constant_attempt_id(&service, 4_100);
    let short = service.show("/v1/attempts/7");
    let flags = json!(["missed_without_offering", "runaway"]);
    assert_eq!((&short["revision"], &short["flags"]), (&json!(4_100), &flags), "{short}");
    let first = service.show("/v1/attempts/7/timeline");
    assert_eq!(first["entries"].as_array().unwrap().len(), 4_096);
    assert_eq!(first["next_after"], 4_096);
    let last = service.show(&format!("/v1/attempts/7/timeline?after=4096&as_of={}", first["as_of"]));
    assert_eq!((last["entries"].as_array().unwrap().len(), last.get("next_after")), (4, None));
    assert_eq!(last["flags"], first["flags"], "what is said of the whole is in every part");
    let first = service.show("/v1/attempts/7/events?limit=1000");
    assert_eq!((first["events"].as_array().unwrap().len(), &first["next_after"]), (1_000, &json!(1_000)));
    let last = service.show("/v1/attempts/7/events?after=4090");
    assert_eq!((last["events"].as_array().unwrap().len(), last.get("next_after")), (10, None));
    for path in ["timeline", "events"] {
        let answer = service.get(&format!("/v1/attempts/7/{path}?limit=4097"));
        assert_eq!(answer.problem(400, "parameter_invalid")["errors"][0]["pointer"], "limit");
    }
}

#[test]
fn a_page_ends_at_some_mebibytes_and_the_next_one_goes_on() {
    let service = Service::start();
    let text = "x".repeat(60_000);
    let lines: Vec<String> = (0..100)
        .map(|number| json!({ "attempt_id": number % 2, "timestamp": T0 + number, "text": text }).to_string())
        .collect();
    for batch in lines.chunks(50) {
        let address = "/v1/events?event=offering&queue_type=inbound_queue";
        let headers = [("content-type", "application/x-ndjson")];
        service.post_with(address, &headers, batch.join("\n")).expect(200);
    }
    for (path, count) in [("/v1/events?limit=1000", 100), ("/v1/attempts/1/events?limit=1000", 50)] {
        let (mut after, mut seen, mut pages) = (0, 0, 0);
        loop {
            let page = service.show(&format!("{path}&after={after}"));
            assert!(page.to_string().len() < 5 * 1024 * 1024, "{} bytes", page.to_string().len());
            seen += page["events"].as_array().unwrap().len();
            pages += 1;
            match page["next_after"].as_u64() {
                Some(next) if next > after && seen < count => after = next,
                _ => break,
            }
        }
        assert_eq!(seen, count, "{path}");
        assert!(count == 50 || pages > 1, "{path}");
    }
}
