//! Few open files and short files: connections have what the log leaves, and the log outlives a limit.

use attempt_ledger_system::file_limit::raise_file_limit;
use serde_json::json;

use crate::support::http::Connection;
use crate::support::program::{Program, Serve, run_behind};

/// Under a limit of the shell's.
fn under(limit: &str) -> [String; 3] {
    ["sh".to_owned(), "-c".to_owned(), format!(r#"ulimit {limit}; exec "$0" "$@""#)]
}

/// Posts hooks of so many bytes each; their statuses.
fn long_hooks(service: &Program, count: usize, bytes: usize) -> Vec<u16> {
    let post = |attempt_id: usize| {
        let body = json!({ "attempt_id": attempt_id.to_string(), "filler": "x".repeat(bytes) });
        service.post("/v1/hooks/inbound_queue/joined", body.to_string()).status
    };
    (1..=count).map(post).collect()
}

#[test]
fn streams_beyond_the_open_files_are_turned_away_and_the_log_goes_on_to_its_next_file() {
    raise_file_limit();
    let data = tempfile::tempdir().unwrap();
    let options = ["--segment-bytes-max", "200000"];
    let service = Serve::over(data.path()).behind(&under("-n 512")).with(&options).start();
    assert!(service.stderr().contains("connections_max"), "{}", service.stderr());
    let open = || {
        let mut stream = Connection::open(service.address);
        stream.send("GET /v1/events HTTP/1.1\r\nhost: ledger\r\naccept: text/event-stream\r\n\r\n");
        stream
    };
    let mut streams: Vec<Connection> = (0..600).map(|_| open()).collect();
    let statuses = long_hooks(&service, 300, 2_000);
    assert!(statuses.iter().all(|status| *status == 201), "{statuses:?}");
    assert_eq!(streams[0].head().status, 200, "the first is served");
    assert_eq!(streams[599].head().status, 503, "there is no room for the last");
}

#[test]
fn too_few_open_files_end_the_start_with_the_figure_and_the_next_step() {
    let data = tempfile::tempdir().unwrap();
    let failure = Serve::over(data.path()).behind(&under("-n 200")).try_start(None).map(|_| ()).unwrap_err();
    assert_eq!(failure.status.code(), Some(1), "{failure:?}");
    assert!(failure.stderr.contains("200 files") && failure.stderr.contains("LimitNOFILE"), "{failure:?}");
}

#[test]
fn a_limit_on_the_size_of_files_is_answered_as_a_full_disk() {
    let data = tempfile::tempdir().unwrap();
    let mut service = Serve::over(data.path()).behind(&under("-f 40960")).start();
    let statuses = long_hooks(&service, 450, 60_000);
    assert!(!service.has_ended(), "{}", service.stderr());
    assert_eq!((statuses[0], statuses[449]), (201, 507), "{statuses:?}");
    assert_eq!(service.get("/livez").status, 200);
}

#[test]
fn a_second_socket_of_systemd_ends_the_start_with_the_next_step() {
    let data = tempfile::tempdir().unwrap();
    let pass = r#"LISTEN_FDS=2 LISTEN_PID=$$ exec "$0" "$@" 3<&0 4<&0"#;
    let before = ["sh", "-c", pass].map(str::to_owned);
    let ended = run_behind(&before, &[], &["serve", "--data", data.path().to_str().unwrap()]);
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(said.contains("2 sockets") && said.contains("hint:"), "{said}");
}

#[test]
fn a_memory_budget_that_allows_nothing_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let serve = Serve::over(data.path()).with(&["--memory-bytes-max", "1"]);
    let failure = serve.try_start(None).map(|_| ()).unwrap_err();
    assert_eq!(failure.status.code(), Some(2), "{failure:?}");
    assert!(failure.stderr.contains("134217728"), "{failure:?}");
}
