//! No answer leaves before its record and the name of its file are synced, read off a trace of a real run.

use std::collections::HashMap;

use super::hooks::hooks;
use super::load::Load;
use super::oracle::check;
use super::server::start_behind;
use super::tools::slow_directory;
use crate::support::processes::need;

/// A write of records to a segment.
struct Group {
    first: u64,
    file: String,
    written: usize,
    synced: Option<usize>,
}

/// What the trace holds, in the order of its lines.
#[derive(Default)]
struct Order {
    groups: Vec<Group>,
    /// Each answer's position and the line where it began to leave.
    answers: Vec<(u64, usize)>,
    /// What a thread is syncing.
    syncing: HashMap<String, String>,
    /// The line where each file was opened first, which creates it.
    created: HashMap<String, usize>,
    /// The lines where a sync of the log's directory was through.
    names_synced: Vec<usize>,
}

fn number_after(text: &str, label: &str) -> Option<u64> {
    let rest = &text[text.find(label)? + label.len()..];
    rest[..rest.find(|letter: char| !letter.is_ascii_digit())?].parse().ok()
}

impl Order {
    fn read(trace: &str) -> Self {
        let mut order = Self::default();
        for (at, line) in trace.lines().enumerate() {
            let Some((thread, call)) = line.split_once(' ') else { continue };
            order.line(at, thread, call.trim_start());
        }
        order
    }

    fn line(&mut self, at: usize, thread: &str, call: &str) {
        let file =
            call.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(file, _)| file);
        let is_sync = call.starts_with("fdatasync(") || call.starts_with("fsync(");
        if call.starts_with("pwrite64(") && file.ends_with(".ndjson") {
            let first = number_after(call, "\\\"position\\\":").expect("a group starts with its position");
            self.groups.push(Group { first, file: file.to_owned(), written: at, synced: None });
        } else if is_sync && call.ends_with("<unfinished ...>") {
            self.syncing.insert(thread.to_owned(), file.to_owned());
        } else if is_sync && call.ends_with("= 0") {
            self.synced(at, file);
        } else if call.contains("sync resumed>") && call.ends_with("= 0") {
            let file = self.syncing.remove(thread).expect("what is resumed was begun");
            self.synced(at, &file);
        } else if call.starts_with("openat(")
            && let Some(name) = call.split('"').nth(1)
        {
            self.created.entry(name.to_owned()).or_insert(at);
        } else if call.contains("HTTP/1.1 201 ") {
            let position = number_after(call, "ledger-position: ").expect("an answer names its position");
            self.answers.push((position, at));
        }
    }

    fn synced(&mut self, at: usize, file: &str) {
        if file.ends_with("/log") {
            self.names_synced.push(at);
        }
        for group in self.groups.iter_mut().filter(|group| group.file == file) {
            group.synced.get_or_insert(at);
        }
    }
}

/// Traces a run under load.
fn traced() -> Order {
    need("strace");
    let folder = slow_directory();
    let (data, trace) = (folder.path().join("data"), folder.path().join("trace"));
    let calls = "openat,pwrite64,fdatasync,fsync,sendto,sendmsg,write,writev";
    let words = format!("strace -f -qq -y -s 600 -o {} -e trace={calls}", trace.display());
    let before: Vec<String> = words.split(' ').map(str::to_owned).collect();
    let server = start_behind(&before, &data).unwrap();
    let load = Load::new(hooks(4, 40));
    load.run(server.address, |heard| assert!(heard.iter().count() > 100));
    assert!(server.stop().status.success());
    let acks = load.acks.lock().unwrap();
    check(&data, &acks);
    let order = Order::read(&std::fs::read_to_string(&trace).unwrap());
    assert_eq!(order.answers.len(), acks.acks.len(), "the trace shows every 201");
    order
}

#[test]
fn every_answer_comes_after_the_fdatasync_of_its_record() {
    let order = traced();
    for (position, left) in &order.answers {
        let group = order.groups.iter().rfind(|group| group.first <= *position).expect("it was written");
        let synced = group.synced.unwrap_or_else(|| panic!("position {position} was answered, never synced"));
        assert!(
            group.written < synced && synced < *left,
            "position {position}: written in line {}, synced in line {synced}, answered in line {left}",
            group.written
        );
    }
    eprintln!(
        "{} answers, {} groups, each answer after its fdatasync",
        order.answers.len(),
        order.groups.len()
    );
}

#[test]
fn every_answer_comes_after_the_fsync_of_its_segments_name() {
    let order = traced();
    for (position, left) in &order.answers {
        let group = order.groups.iter().rfind(|group| group.first <= *position).expect("it was written");
        let created = order.created[&group.file];
        let is_durable = order.names_synced.iter().any(|at| created < *at && at < left);
        assert!(is_durable, "position {position} was answered before the name of {} was synced", group.file);
    }
    assert!(
        order.created.keys().filter(|name| name.ends_with(".ndjson")).count() > 5,
        "segments came and went"
    );
}
