//! The same short life every time: open what a crash has left, take hooks one after another, pack, stop.

use std::path::Path;
use std::thread;
use std::time::Instant;

use super::acks::AckLog;
use super::client::post;
use super::hooks::Hook;
use super::server::start_behind;
use super::tools::log_files;
use crate::support::http::{Answer, Connection};
use crate::support::patience::PATIENCE;
use crate::support::program::{DidNotStart, Program};

/// What a life came to.
#[derive(Debug)]
pub struct Life {
    /// `None` when the server served.
    pub did_not_start: Option<DidNotStart>,
    /// The answers, in order. A hook that was not recorded is sent once more.
    pub answers: Vec<Answer>,
    /// Whether it ended with the code 0.
    pub is_success: bool,
    pub exit_code: Option<i32>,
    pub stderr: String,
}

/// Lives once, with `before` in front of the command.
pub fn live(before: &[String], data: &Path, hooks: &[Hook], acks: &mut AckLog) -> Life {
    let mut answers = Vec::new();
    let mut server = match start_behind(before, data) {
        Ok(server) => server,
        Err(failure) => {
            let (exit_code, stderr) = (failure.status.code(), failure.stderr.clone());
            return Life { did_not_start: Some(failure), answers, is_success: false, exit_code, stderr };
        }
    };
    let _: std::io::Result<()> = post_all(&server, hooks, acks, &mut answers);
    wait_for_the_packer(&mut server, data);
    let ended = server.stop();
    let (is_success, exit_code) = (ended.status.success(), ended.status.code());
    Life { did_not_start: None, answers, is_success, exit_code, stderr: ended.stderr }
}

/// # Errors
/// When the server died.
fn post_all(
    server: &Program,
    hooks: &[Hook],
    acks: &mut AckLog,
    answers: &mut Vec<Answer>,
) -> std::io::Result<()> {
    let mut client = Connection::try_open(server.address)?;
    for hook in hooks {
        acks.will_send(hook);
        for _ in 0..2 {
            let answer = post(&mut client, hook)?;
            let is_acknowledged = acks.note(hook, &answer);
            answers.push(answer);
            if is_acknowledged {
                break;
            }
        }
    }
    Ok(())
}

/// Until every full segment is packed, or the packer gave up, or the server is gone. A writer that gave up
/// may have left a file that is no segment yet.
pub fn wait_for_the_packer(server: &mut Program, data: &Path) {
    let began = Instant::now();
    while log_files(data, ".ndjson").len() > 1 && !server.has_ended() {
        let said = server.stderr();
        if said.contains("could not be packed") || said.contains("takes no more writes") {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "the packer hangs: {}", server.stderr());
        thread::yield_now();
    }
}
