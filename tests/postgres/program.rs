//! The program with `--read-store`: it serves, rebuilds, verifies and reports where it stands, and keeps the
//! password to itself.

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::support::postgres::{Database, shared};
use crate::support::program::{Serve, run_with};

const VARIABLE: &str = "ATTEMPT_LEDGER_READ_STORE";

fn program(arguments: &[&str], read_store: Option<&str>) -> Output {
    let variables: Vec<_> = read_store.map(|url| (VARIABLE, url)).into_iter().collect();
    let output = run_with(&variables, arguments);
    for told in [&output.stdout, &output.stderr] {
        assert!(!String::from_utf8_lossy(told).contains("s3cret"), "{}", String::from_utf8_lossy(told));
    }
    output
}

fn done(arguments: &[&str], database: &Database<'_>) -> String {
    let output = program(arguments, Some(&database.url()));
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A ledger with a few hundred attempts.
fn ledger(directory: &Path) -> String {
    let (file, data) = (directory.join("hooks.ndjson"), directory.join("data"));
    let seed = ["seed", "--attempts", "300", "--scenario", "broken", "--out", text(&file)];
    assert!(program(&seed, None).status.success());
    assert!(program(&["ingest", text(&file), "--data", text(&data)], None).status.success());
    text(&data).to_owned()
}

#[test]
fn a_directory_is_rebuilt_verified_and_asked_with_models_in_a_database() {
    let directory = tempfile::tempdir().unwrap();
    let data = ledger(directory.path());
    let database = shared().database();
    assert!(done(&["verify", "--data", &data], &database).contains("read models: none yet"));
    done(&["rebuild", "--data", &data], &database);
    assert!(done(&["verify", "--data", &data], &database).contains("9 of 9 equal a fresh fold"));
    assert!(!Path::new(&data).join("read-models/CURRENT").exists(), "nothing is kept twice");
    // The same answers as from a file.
    let offers = ["export", "--what", "offers", "--format", "csv", "--out", "-"];
    for question in [&["attempts", "--limit", "500"][..], &offers, &["agents"]] {
        let question = [question, &["--data", &data]].concat();
        let from_file = program(&question, Some("sqlite"));
        assert!(from_file.status.success(), "{}", String::from_utf8_lossy(&from_file.stderr));
        assert_eq!(done(&question, &database), String::from_utf8(from_file.stdout).unwrap());
    }
    let standing: Value =
        serde_json::from_str(&done(&["status", "--json", "--data", &data], &database)).unwrap();
    let projections = standing["projections"].as_array().unwrap();
    assert_eq!(projections.len(), 9, "{standing}");
    assert!(projections.iter().all(|one| one["position"] == standing["head"]), "{standing}");
    assert!(standing["read_store"].as_str().unwrap().starts_with("postgres://"), "{standing}");
    // What somebody changed is found and mended.
    let one = "(SELECT min(attempt_id) FROM ledger.attempts)";
    let schema = database.schema();
    database.ask(&format!("UPDATE {schema}.attempts SET offers = offers + 1 WHERE attempt_id = {one}"));
    let damaged = program(&["verify", "--data", &data], Some(&database.url()));
    assert_eq!(damaged.status.code(), Some(3), "{}", String::from_utf8_lossy(&damaged.stderr));
    let compared = program(&["rebuild", "--compare", "--data", &data], Some(&database.url()));
    assert_eq!(compared.status.code(), Some(3));
    done(&["rebuild", "attempts", "--data", &data], &database);
    assert!(done(&["verify", "--data", &data], &database).contains("9 of 9 equal a fresh fold"));
}

#[test]
fn a_process_that_does_not_lead_leaves_the_models_alone() {
    let directory = tempfile::tempdir().unwrap();
    let data = ledger(directory.path());
    let database = shared().database();
    let models = database.models();
    assert!(attempt_ledger::read_store::Models::lead(&models).unwrap());
    for command in [&["rebuild"][..], &["attempts"]] {
        let refused = program(&[command, &["--data", &data]].concat(), Some(&database.url()));
        assert_eq!(refused.status.code(), Some(11), "{}", String::from_utf8_lossy(&refused.stderr));
    }
}

/// What a service says until it listens.
fn serve_until_it_listens(data: &str, read_store: &str) -> String {
    Serve::over(Path::new(data)).env(VARIABLE, read_store).start().stop().stderr
}

#[test]
fn the_password_is_never_told() {
    let directory = tempfile::tempdir().unwrap();
    let data = ledger(directory.path());
    let database = shared().database();
    let url = database.url();
    let wrong = url.replace("s3cret", "s3cret-but-wrong");
    let nowhere = "postgres://ledger:s3cret@127.0.0.1:1/ledger?connect_timeout=2";
    let odd = "ledger:s3cret@host/ledger";
    for read_store in [wrong.as_str(), nowhere, odd, "postgres://ledger:s3cret@[/ledger"] {
        for command in [&["verify"][..], &["rebuild"], &["serve", "--listen", "127.0.0.1:0"]] {
            // A service waits for a database that is away, and takes deliveries meanwhile.
            if read_store == nowhere && command[0] == "serve" {
                continue;
            }
            let in_variable = program(&[command, &["--data", &data]].concat(), Some(read_store));
            let as_argument =
                program(&[command, &["--data", &data, "--read-store", read_store]].concat(), None);
            for output in [in_variable, as_argument] {
                let told = String::from_utf8_lossy(&output.stderr);
                assert!(!output.status.success() && !told.is_empty(), "{command:?} {told}");
            }
        }
        // Where it stands can be told without the models.
        assert_eq!(
            program(&["status", "--data", &data], Some(read_store)).status.success(),
            read_store != odd && !read_store.contains('[')
        );
    }
    let serves = serve_until_it_listens(&data, nowhere);
    assert!(serves.contains("deliveries are taken") && !serves.contains("s3cret"), "{serves}");
    assert!(program(&["serve", "--help"], Some(&url)).status.success());
    let ephemeral = program(&["serve", "--ephemeral", "--listen", "127.0.0.1:0"], Some(&url));
    assert_eq!(
        ephemeral.status.code(),
        Some(2),
        "a ledger for tests must not empty the models of a real one"
    );
}
