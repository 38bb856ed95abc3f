//! What clients, logs and scrapers see of ordinary and failed requests.

use attempt_ledger::http::metrics::METRICS_CONTENT_TYPE;
use attempt_ledger::limits::Limits;

use crate::edge::server::{TestServer, short_limits};
use crate::support::http::Answer;
use crate::support::process_log::lines_with;

fn get_as(server: &TestServer, path: &str, request_id: &str) -> Answer {
    let mut client = server.client();
    client.send(format!("GET {path} HTTP/1.1\r\nhost: ledger\r\nx-request-id: {request_id}\r\n\r\n"));
    client.answer()
}

#[test]
fn a_panic_is_answered_500_and_the_connection_goes_on() {
    let server = TestServer::start(short_limits());
    let mut client = server.client();
    let answer = client.get("/panic");
    assert_eq!(answer.status, 500);
    let problem = answer.problem_document();
    assert_eq!(problem["code"], "internal_error");
    assert_eq!(problem["type"], "/problems/internal_error");
    assert_eq!(problem["instance"], answer.headers["x-request-id"]);
    assert!(!answer.text().contains("planted"), "the panic's words stay inside");
    assert_eq!(client.get("/noop").status, 200);
}

#[test]
fn a_panic_is_logged_once_with_its_request_id_and_without_its_words() {
    let server = TestServer::start(short_limits());
    get_as(&server, "/panic", "panic-logged-once");
    let lines = lines_with("panic-logged-once");
    let errors: Vec<_> = lines.iter().filter(|line| line.contains("\"ERROR\"")).collect();
    assert_eq!(errors.len(), 1, "{lines:?}");
    assert!(errors[0].contains("/panic") && errors[0].contains("Panicked"));
    assert!(!errors[0].contains("380501234567"));
}

#[test]
fn the_log_names_the_route_and_never_the_path_or_the_query() {
    let server = TestServer::start(short_limits());
    get_as(&server, "/things/380501234567?destination=380671234567", "route-not-path");
    get_as(&server, "/nothing/380501234567", "unmatched-not-path");
    let lines = [lines_with("route-not-path"), lines_with("unmatched-not-path")].concat();
    assert!(lines.iter().any(|line| line.contains("/things/{id}")), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("unmatched\"")), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("38050") || line.contains("38067")), "{lines:?}");
}

#[test]
fn a_request_id_is_kept_or_made() {
    let server = TestServer::start(short_limits());
    assert_eq!(get_as(&server, "/noop", "from-the-client").headers["x-request-id"], "from-the-client");
    let first = get_as(&server, "/noop", "not plain").headers["x-request-id"].clone();
    let second = get_as(&server, "/noop", "not plain").headers["x-request-id"].clone();
    assert_eq!((first.len(), second.len()), (36, 36));
    assert_ne!(first, second);
}

#[test]
fn an_unknown_path_is_answered_404_as_a_problem() {
    let server = TestServer::start(short_limits());
    let answer = server.client().get("/nowhere");
    assert_eq!(answer.status, 404);
    assert_eq!(answer.problem_document()["code"], "not_found");
}

#[test]
fn a_wrong_method_is_answered_405_with_the_allowed_ones() {
    let server = TestServer::start(short_limits());
    let answer = server.client().post("/noop", b"");
    assert_eq!(answer.status, 405);
    assert_eq!(answer.headers["allow"], "GET,HEAD");
    assert_eq!(answer.problem_document()["code"], "method_not_allowed");
}

#[test]
fn a_handlers_problem_is_completed_with_the_request_id() {
    let server = TestServer::start(short_limits());
    let answer = get_as(&server, "/refused", "signed");
    let problem = answer.problem_document();
    assert_eq!(answer.status, 422);
    assert_eq!(problem["code"], "left_only_once");
    assert_eq!(problem["refusal_id"], "r-1");
    assert_eq!(problem["instance"], "signed");
}

#[test]
fn a_handler_that_takes_too_long_is_dropped_and_answered_503() {
    let server = TestServer::start(Limits { request_timeout_ms: 250, ..short_limits() });
    let answer = server.client().get("/forever");
    assert_eq!(answer.status, 503);
    assert_eq!(answer.problem_document()["code"], "request_timed_out");
    assert_eq!(answer.headers["retry-after"], "1");
    server.expect("forever began");
    server.expect("forever dropped");
}

#[test]
fn the_exposition_is_open_metrics_with_routes_for_labels() {
    let server = TestServer::start(short_limits());
    let mut client = server.client();
    client.get("/things/1");
    client.get("/things/2");
    client.get("/nowhere/3");
    let answer = client.get("/metrics");
    assert_eq!(answer.headers["content-type"], METRICS_CONTENT_TYPE);
    let text = answer.text();
    for line in [
        r#"ledger_http_requests_total{route="/things/{id}",method="GET",status="200"} 2"#,
        r#"ledger_http_requests_total{route="unmatched",method="GET",status="404"} 1"#,
        r#"ledger_http_request_duration_seconds_count{route="/things/{id}"} 2"#,
        "ledger_http_connections_open 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is missing in\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
    assert_is_open_metrics(&text);
}

/// Every sample belongs to a declared family, and counters alone (and all of them) end in `_total`.
fn assert_is_open_metrics(text: &str) {
    let mut family = ("", "");
    for line in text.lines().take_while(|line| *line != "# EOF") {
        if let Some(declared) = line.strip_prefix("# TYPE ") {
            family = declared.split_once(' ').unwrap();
            assert!(!family.0.ends_with("_total"), "{line}");
        }
        if line.starts_with('#') {
            continue;
        }
        let name = line.split(['{', ' ']).next().unwrap();
        let suffix = name.strip_prefix(family.0).unwrap_or_else(|| panic!("{line} has no family"));
        let fits = match family.1 {
            "counter" => suffix == "_total",
            "gauge" => suffix.is_empty(),
            "info" => suffix == "_info",
            "histogram" => ["_bucket", "_count", "_sum"].contains(&suffix),
            other => panic!("an unexpected type: {other}"),
        };
        assert!(fits, "{line} in a family of type {}", family.1);
        let value = line.rsplit(' ').next().unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
    }
}
