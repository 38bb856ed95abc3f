//! A disk of eight megabytes fills up; space comes back. The server's own stderr lies on the same disk.

use std::path::Path;
use std::process::Command;

use super::acks::AckLog;
use super::client::post;
use super::hooks::{Hook, hooks};
use super::oracle::check;
use super::server::start;
use super::tools::fast_directory;
use crate::support::http::Connection;
use crate::support::processes::output;
use crate::support::small_disk::SmallDisk;

/// Posts until an answer acknowledges nothing; returns that answer's hook.
fn post_until_refused(
    client: &mut Connection,
    hooks: &mut impl Iterator<Item = Hook>,
    acks: &mut AckLog,
) -> Hook {
    for hook in hooks {
        acks.will_send(&hook);
        let answer =
            post(client, &hook).unwrap_or_else(|error| panic!("{error} after {} acks", acks.acks.len()));
        if !acks.note(&hook, &answer) {
            assert_eq!(
                (answer.status, answer.json()["code"].as_str()),
                (507, Some("disk_full")),
                "{answer:?}"
            );
            return hook;
        }
    }
    panic!("the disk did not fill up")
}

/// Leaves about a megabyte on the empty disk and less later; how much does not matter.
fn fill(path: &Path) {
    let ballast = format!("of={}", path.display());
    let _ = output(Command::new("dd").args(["if=/dev/zero", "bs=64k", "count=112"]).arg(ballast));
}

#[test]
fn the_disk_may_fill_up_and_recover() {
    let folder = fast_directory();
    let disk = SmallDisk::mount(folder.path().join("disk"));
    let (data, ballast) = (disk.path.join("data"), disk.path.join("ballast"));
    let server = start(&data);
    let mut acks = AckLog::default();
    let mut client = Connection::open(server.address);
    let mut hooks = hooks(5, 2_000).into_iter();
    for round in 0..3 {
        fill(&ballast);
        let refused = post_until_refused(&mut client, &mut hooks, &mut acks);
        let attempt = acks.acks.last().expect("some hooks fit").attempt_id;
        let answer = client.get(&format!("/v1/attempts/{attempt}/timeline"));
        assert_eq!(answer.status, 200, "reading goes on in round {round}: {answer:?}");
        std::fs::remove_file(&ballast).unwrap();
        let answer = post(&mut client, &refused).unwrap();
        assert!(acks.note(&refused, &answer), "recording resumes by itself in round {round}: {answer:?}");
        for hook in hooks.by_ref().take(50) {
            acks.will_send(&hook);
            let answer = post(&mut client, &hook).unwrap();
            assert!(acks.note(&hook, &answer), "recording goes on in round {round}: {answer:?}");
        }
    }
    drop(client);
    assert!(server.stop().status.success());
    let checked = check(&data, &acks);
    assert_eq!(checked.recorded, acks.acks.len() as u64, "nothing that was refused is there");
    eprintln!("filled up 3 times, {} events", checked.recorded);
}
