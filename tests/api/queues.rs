//! Queue definitions.

use serde_json::json;

use crate::api::harness::Service;

#[test]
fn a_definition_is_answered_as_it_is_in_force() {
    let service = Service::start();
    let definition = json!({
        "type": 3, "name": "Renewals", "hooks": ["JOINED", "leaving"], "service_level_threshold_ms": 20_000,
        "short_abandon_threshold_ms": 5_000, "leaving_deadline_ms": 3_600_000,
    });
    let defined = service.put("/v1/queues/17", &definition).expect(201);
    let expected = json!({
        "queue_id": 17, "type": "preview_dialer", "name": "Renewals", "hooks": ["joined", "leaving"],
        "service_level_threshold_ms": 20_000, "short_abandon_threshold_ms": 5_000,
        "leaving_deadline_ms": 3_600_000,
    });
    assert_eq!(service.show("/v1/queues/17"), expected);
    let mut listed = expected;
    listed["defined"] = true.into();
    listed["hooks_silent"] = json!(["joined", "leaving"]);
    listed["group"] = "17".into();
    assert_eq!(service.show("/v1/queues")["queues"], json!([listed]));
    assert_eq!((&defined["revision"], &defined["replayed"]), (&json!(1), &json!(0)));
}

#[test]
fn a_definition_is_first_created_then_changed_then_unchanged() {
    let service = Service::start();
    let define = |name: &str| service.put("/v1/queues/17", &json!({ "type": "task_queue", "name": name }));
    assert_eq!(define("a").expect(201)["revision"], 1);
    assert_eq!(define("b").expect(200)["revision"], 2);
    assert_eq!(define("b").expect(200)["revision"], 2);
    assert_eq!(service.head(), 2);
}

#[test]
fn a_definition_that_does_not_parse_is_answered_400_by_name() {
    let service = Service::start();
    for (definition, name) in [
        (json!({}), "type"),
        (json!([]), "body"),
        (json!({ "type": "call_queue" }), "type"),
        (json!({ "type": 10 }), "type"),
        (json!({ "type": null }), "type"),
        (json!({ "type": 1, "hooks": ["ringing"] }), "hooks"),
        (json!({ "type": 1, "service_level_threshold_ms": -1 }), "service_level_threshold_ms"),
        (json!({ "type": 1, "nam": "x" }), "body"),
    ] {
        let problem = service.put("/v1/queues/17", &definition).problem(400, "parameter_invalid");
        assert_eq!(problem["errors"][0]["pointer"], name, "{definition}");
    }
    service.get("/v1/queues/17").problem(404, "queue_unknown");
    assert_eq!(service.head(), 0);
}

#[test]
fn a_hook_that_the_queue_type_does_not_have_is_answered_422() {
    let service = Service::start();
    let definition = json!({ "type": "outbound_ivr", "hooks": ["missed"] });
    service.put("/v1/queues/17", &definition).problem(422, "queue_definition_invalid");
    assert_eq!(service.head(), 0);
}

#[test]
fn a_queue_id_that_is_no_number_is_answered_400() {
    let service = Service::start();
    let problem = service.put("/v1/queues/first", &json!({ "type": 1 })).problem(400, "parameter_invalid");
    assert_eq!(problem["errors"][0]["pointer"], "queue_id");
    service.get("/v1/queues/first").problem(400, "parameter_invalid");
}

#[test]
fn a_queue_that_only_an_attempt_names_is_listed_as_not_defined() {
    let service = Service::start();
    for queue_id in [30, 5] {
        service
            .inbound("joined", json!({ "attempt_id": queue_id, "queue_id": queue_id }).to_string())
            .expect(201);
    }
    service.put("/v1/queues/17", &json!({ "type": 1 })).expect(201);
    let queues = service.read("/v1/queues");
    let listed: Vec<_> = queues["queues"].as_array().unwrap().iter().collect();
    let told = |index: usize| (listed[index]["queue_id"].as_i64(), listed[index]["defined"].as_bool());
    assert_eq!(listed.len(), 3);
    assert_eq!(
        [told(0), told(1), told(2)],
        [(Some(5), Some(false)), (Some(17), Some(true)), (Some(30), Some(false))]
    );
    let known = ["defined", "group", "hooks_arriving", "queue_id"];
    assert!(listed[0].as_object().unwrap().keys().eq(known), "nothing else is known of it");
    assert_eq!(queues["freshness"]["position"], 3);
}

#[test]
fn a_queue_type_that_is_none_is_not_said_to_be_missing() {
    let service = Service::start();
    for queue_type in [json!(10), json!("chat"), json!(null)] {
        let body = json!({ "attempt_id": 7, "queue_id": 75, "queue_type": queue_type }).to_string();
        let problem = service.post("/v1/events?event=joined", body).problem(422, "unknown_queue_type");
        let detail = problem["detail"].as_str().unwrap();
        assert!(
            detail.starts_with("neither the URL nor the body names one of the eight queue types"),
            "{detail}"
        );
        assert!(detail.ends_with("queue 75 is not defined"), "{detail}");
    }
}

#[test]
fn the_number_that_is_kept_for_no_queue_names_none_and_the_delivery_is_recorded() {
    let service = Service::start();
    let body = json!({ "attempt_id": 7, "queue_id": i64::MIN.to_string() }).to_string();
    let receipt = service.inbound("joined", body).expect(201);
    assert_eq!(receipt["flags"], json!(["unparsable:queue_id"]));
    let attempt = service.read("/v1/attempts")["attempts"][0].clone();
    assert_eq!((&attempt["attempt_id"], &attempt["queue_id"]), (&json!(7), &json!(null)));
    service.put("/v1/queues/-9223372036854775808", &json!({ "type": 1 })).problem(400, "parameter_invalid");
    service.get("/v1/attempts?queue_id=-9223372036854775808").problem(400, "parameter_invalid");
}
