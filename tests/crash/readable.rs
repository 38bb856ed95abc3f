//! The files as they lie, read by tools that we did not write.

use std::path::Path;
use std::process::Command;

use super::acks::AckLog;
use super::client::post;
use super::hooks::hooks;
use super::script::wait_for_the_packer;
use super::server::start;
use super::tools::{log_files, slow_directory};
use crate::support::http::Connection;
use crate::support::processes::{need, printed};

/// What a shell prints, line by line.
fn shell(script: &str, file: &Path) -> Vec<String> {
    let printed = printed(Command::new("sh").args(["-c", script, "sh"]).arg(file));
    printed.lines().map(str::to_owned).collect()
}

#[test]
fn readable_with_jq_as_it_lies() {
    need("jq");
    need("zstdcat");
    let folder = slow_directory();
    let data = folder.path().join("data");
    let mut server = start(&data);
    let mut client = Connection::open(server.address);
    let mut acks = AckLog::default();
    for hook in hooks(7, 20) {
        acks.will_send(&hook);
        assert!(acks.note(&hook, &post(&mut client, &hook).unwrap()));
    }
    drop(client);
    wait_for_the_packer(&mut server, &data);
    assert!(server.stop().status.success());
    let (mut events, mut packed) = (Vec::new(), 0);
    for file in log_files(&data, "") {
        let name = file.to_str().unwrap();
        if name.ends_with(".ndjson.zst") {
            packed += 1;
            // A file that stands in both forms counts once.
            events.extend(shell("zstdcat \"$1\" | jq -r '.leaf | .event // .observation'", &file));
        } else if name.ends_with(".ndjson") && !file.with_extension("ndjson.zst").exists() {
            events.extend(shell("jq -r '.leaf | .event // .observation' \"$1\"", &file));
        }
    }
    let sent: Vec<&str> = acks.acks.iter().map(|ack| ack.hook.name()).collect();
    assert_eq!(events, sent);
    assert!(packed >= 3, "packed segments were read too");
}
