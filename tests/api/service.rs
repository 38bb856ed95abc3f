//! Health and figures.

use serde_json::json;

use crate::api::harness::{NOW, Service, at};

fn figure(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is missing in\n{text}")).parse().unwrap()
}

#[test]
fn a_running_service_is_alive_and_ready() {
    let service = Service::start();
    for path in ["/livez", "/readyz"] {
        let answer = service.get(path);
        assert_eq!((answer.status, answer.text().as_str()), (200, "ok\n"));
    }
}

#[test]
fn readiness_lists_its_checks_for_people() {
    let service = Service::start();
    service.inbound("joined", at(1, 0)).expect(201);
    let text = service.get("/readyz?verbose").text();
    assert!(text.starts_with("ok\n"), "{text}");
    assert!(text.contains("head at position 1"), "{text}");
    assert!(text.contains("stopping: no"), "{text}");
}

#[test]
fn each_outcome_moves_its_figure_and_no_other() {
    let service = Service::start();
    service.inbound("joined", at(1, 0)).expect(201);
    service.inbound("joined", at(1, 0)).expect(200);
    service.inbound("answered", at(1, 0)).expect(422);
    service.inbound("offering", format!("[{},{},{{}}]", at(1, 1), at(2, 0))).expect(200);
    service.get("/metrics");
    let answer = service.get("/metrics");
    assert!(answer.headers["content-type"].starts_with("application/openmetrics-text"));
    let text = answer.text();
    for (name, expected) in [
        (r#"ledger_events_appended_total{event="Joined"}"#, 1.0),
        (r#"ledger_events_appended_total{event="Offering"}"#, 2.0),
        ("ledger_events_duplicate_total", 1.0),
        (r#"ledger_events_refused_total{rule="answered_only_in_preview_and_offline"}"#, 1.0),
        (r#"ledger_events_refused_total{rule="attempt_id_missing"}"#, 1.0),
        ("ledger_append_duration_seconds_count", 4.0),
        ("ledger_log_head_position", 5.0),
        ("ledger_log_poisoned", 0.0),
        (r#"ledger_http_requests_total{route="/metrics",method="GET",status="200"}"#, 1.0),
    ] {
        let found = figure(&text, name);
        assert!((found - expected).abs() < f64::EPSILON, "{name} is {found}, not {expected}");
    }
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn figures_name_no_attempt_no_number_and_no_path() {
    let service = Service::start();
    let body = json!({ "attempt_id": 918_273_645, "destination": "380671112233", "timestamp": NOW });
    service.inbound("joined", body.to_string()).expect(201);
    service.inbound("joined", "{\"destination\":\"380671112233\"}").expect(422);
    service.post("/v1/hooks/1/380671112233", body.to_string()).expect(422);
    service.get("/v1/attempts/918273645");
    service.get("/380671112233?destination=380671112233");
    let text = service.get("/metrics").text();
    for secret in ["918273645", "380671112233"] {
        assert!(!text.contains(secret), "{secret} is in\n{text}");
    }
    assert!(text.contains(r#"route="unmatched""#) && text.contains(r#"route="/v1/attempts/{attempt_id}""#));
}
