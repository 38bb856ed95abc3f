//! Refusals listed: filters, pages, and parameters that make no sense.

use serde_json::{Value, json};

use crate::api::harness::{Service, at};

fn ids(page: &Value) -> Vec<String> {
    let refusals = page["refusals"].as_array().unwrap();
    refusals.iter().map(|one| one["refusal_id"].as_str().unwrap().to_owned()).collect()
}

fn refuse(service: &Service, path: &str, body: &str) -> String {
    let answer = service.post(path, body).expect(422);
    answer["refusal_id"].as_str().unwrap().to_owned()
}

/// Four refusals: of two rules, two attempts, two queues; the third dismissed, the fourth without an attempt.
fn four() -> (Service, [String; 4]) {
    let service = Service::start();
    let in_queue = |attempt_id: i64, queue_id: i64| {
        json!({ "attempt_id": attempt_id, "queue_id": queue_id, "timestamp": crate::api::harness::T0 })
            .to_string()
    };
    let refused = [
        refuse(&service, "/v1/hooks/1/answered", &in_queue(1, 17)),
        refuse(&service, "/v1/hooks/2/missed", &in_queue(1, 18)),
        refuse(&service, "/v1/hooks/2/missed", &in_queue(2, 17)),
        refuse(&service, "/v1/hooks/2/missed", "{"),
    ];
    service.post(&format!("/v1/refusals/{}/dismiss", refused[2]), "").expect(200);
    (service, refused)
}

#[test]
fn refusals_are_listed_newest_first() {
    let (service, [a, b, c, d]) = four();
    let page = service.show("/v1/refusals");
    assert_eq!(ids(&page), [d, c, b, a]);
    assert!(page.get("next_cursor").is_none(), "{page}");
}

#[test]
fn each_filter_lists_what_it_names() {
    let (service, [a, b, c, d]) = four();
    let list = |query: &str| ids(&service.show(&format!("/v1/refusals?{query}")));
    assert_eq!(list("status=open"), [d.clone(), b.clone(), a.clone()]);
    assert_eq!(list("status=dismissed"), std::slice::from_ref(&c));
    assert_eq!(list("status=replayed"), Vec::<String>::new());
    assert_eq!(list("code=missed_needs_agent_participation"), [c.clone(), b.clone()]);
    assert_eq!(list("rule=malformed_json"), std::slice::from_ref(&d));
    assert_eq!(list("code=malformed_json"), [d]);
    assert_eq!(list("code=too_large"), Vec::<String>::new());
    assert_eq!(list("attempt_id=1"), [b.clone(), a.clone()]);
    assert_eq!(list("attempt_id=3"), Vec::<String>::new());
    assert_eq!(list("queue_id=17"), [c.clone(), a.clone()]);
    assert_eq!(list("queue_id=17&attempt_id=2&status=dismissed"), [c]);
    assert_eq!(list("queue_id=18&attempt_id=2"), Vec::<String>::new());
}

#[test]
fn pages_meet_without_a_gap_or_an_overlap() {
    let (service, refused) = four();
    for filter in ["", "&status=open", "&code=missed_needs_agent_participation"] {
        let whole = ids(&service.show(&format!("/v1/refusals?limit=100{filter}")));
        for limit in 1..=5 {
            let mut collected = Vec::new();
            let mut cursor = String::new();
            for _ in 0..=refused.len() {
                let page = service.show(&format!("/v1/refusals?limit={limit}{filter}{cursor}"));
                collected.extend(ids(&page));
                let Some(next) = page["next_cursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            assert_eq!(collected, whole, "limit {limit}{filter}");
        }
    }
}

#[test]
fn a_page_is_not_moved_by_later_refusals() {
    let (service, [a, b, _, _]) = four();
    let page = service.show("/v1/refusals?limit=2");
    refuse(&service, "/v1/hooks/1/answered", &at(9, 0));
    let cursor = page["next_cursor"].as_str().unwrap();
    assert_eq!(ids(&service.show(&format!("/v1/refusals?limit=2&cursor={cursor}"))), [b, a]);
}

#[test]
fn a_refusal_shows_everything_that_is_kept() {
    let (service, [a, ..]) = four();
    let kept = service.show(&format!("/v1/refusals/{a}"));
    assert_eq!(kept["position"], 1);
    assert_eq!(kept["code"], "answered_only_in_preview_and_offline");
    assert_eq!((&kept["attempt_id"], &kept["queue_id"]), (&json!(1), &json!(17)));
    assert_eq!(kept["event"], "Answered");
    assert_eq!(kept["recorded_at"], crate::api::harness::NOW);
    assert_eq!(kept["source"], "http");
    assert_eq!(kept["address"], json!({ "event": "answered", "queue_type": "1" }));
}

#[test]
fn a_parameter_that_makes_no_sense_is_answered_400_by_name() {
    let (service, _) = four();
    for (query, name) in [
        ("status=closed", "status"),
        ("status=", "status"),
        ("rule=no_such_rule", "rule"),
        ("code=no_such_rule", "rule"),
        ("attempt_id=abc", "attempt_id"),
        ("attempt_id=9223372036854775808", "attempt_id"),
        ("queue_id=1.5", "queue_id"),
        ("cursor=abc", "cursor"),
        ("cursor=-1", "cursor"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=many", "limit"),
        ("limit=-1", "limit"),
    ] {
        let answer = service.get(&format!("/v1/refusals?{query}")).expect(400);
        assert_eq!(answer["errors"][0]["pointer"], name, "{query}: {answer}");
    }
}

#[test]
fn an_unknown_parameter_is_answered_400_and_not_ignored() {
    let service = Service::start();
    service.inbound("joined", at(1, 0)).expect(201);
    for path in
        ["/v1/refusals", "/v1/events", "/v1/attempts/1", "/v1/attempts/1/events", "/v1/attempts/1/timeline"]
    {
        service.get(&format!("{path}?stauts=open")).problem(400, "query_invalid");
    }
    service.post("/v1/events?evnet=joined", at(2, 0)).problem(400, "query_invalid");
}

#[test]
fn a_parameter_given_twice_is_answered_400() {
    let service = Service::start();
    service.get("/v1/refusals?limit=1&limit=2").problem(400, "query_invalid");
}

#[test]
fn an_id_that_nothing_has_is_answered_404_and_one_that_is_none_400() {
    let service = Service::start();
    let path = "/v1/refusals/018f0000-0000-7000-8000-000000000000";
    service.get(path).problem(404, "refusal_unknown");
    for action in ["replay", "dismiss"] {
        service.post(&format!("{path}/{action}"), "").problem(404, "refusal_unknown");
        let problem =
            service.post(&format!("/v1/refusals/17/{action}"), "").problem(400, "parameter_invalid");
        assert_eq!(problem["errors"][0]["pointer"], "refusal_id");
    }
    service.get("/v1/refusals/17").problem(400, "parameter_invalid");
}
