//! An exported file appears under its name when it is whole, or not at all.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;
use std::process::Command;

use crate::cli::harness::{Ledger, refused, stderr, stdout, text};
use crate::support::processes::output;
use crate::support::program::{program, run};

const BEFORE: &[u8] = b"the export of yesterday";

/// Nothing but the file of yesterday is there.
fn untouched(directory: &Path) {
    let names: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["out"]);
    assert_eq!(fs::read(directory.join("out")).unwrap(), BEFORE);
}

#[test]
fn a_disk_that_fills_up_leaves_the_file_that_was_there() {
    let ledger = Ledger::of("200");
    let server = ledger.serve();
    server.catch_up();
    let room = ledger.room("exports");
    fs::create_dir(&room).unwrap();
    fs::write(room.join("out"), BEFORE).unwrap();
    for (what, format) in [
        ("attempts", "csv"),
        ("attempts", "ndjson"),
        ("attempts", "parquet"),
        ("attempts", "xlsx"),
        ("events", "ndjson"),
    ] {
        let out = room.join("out");
        let program = program();
        // No file of this process may grow beyond eight blocks; a write that would is an error.
        let mut limited = Command::new("sh");
        limited.args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$@\"", "sh"]).arg(program.get_program());
        limited.args([
            "export",
            "--what",
            what,
            "--format",
            format,
            "--out",
            text(&out),
            "--url",
            &server.url,
        ]);
        let output = output(&mut limited);
        assert_eq!(output.status.code(), Some(1), "{what} as {format}: {}", stderr(&output));
        assert!(stderr(&output).contains("File too large"), "{}", stderr(&output));
        untouched(&room);
    }
}

/// Answers each request with one of these, and breaks the last answer off.
fn breaking_off(answers: [&'static str; 2]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for answer in answers {
            let (mut client, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(client.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
            client.write_all(answer.as_bytes()).unwrap();
        }
    });
    url
}

const STANDING: &str =
    "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 28\r\n\r\n{\"projections\":[],\"head\":0} ";
const HALF: &str =
    "HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\nc\r\nattempt_id\r\n\r\n";

#[test]
fn an_answer_that_breaks_off_is_no_file() {
    let ledger = Ledger::empty();
    let room = ledger.room("exports");
    fs::create_dir(&room).unwrap();
    fs::write(room.join("out"), BEFORE).unwrap();
    let out = room.join("out");
    let export = ["export", "--what", "attempts", "--format", "csv", "--out"];
    let url = breaking_off([STANDING, HALF]);
    let output = run(&[&export[..], &[text(&out), "--url", &url]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("nothing was written"), "{}", stderr(&output));
    untouched(&room);

    let url = breaking_off([STANDING, HALF]);
    let output = run(&[&export[..], &["-", "--url", &url]].concat());
    assert_eq!(output.status.code(), Some(1), "whoever reads hears that it is not whole");
    assert_eq!(stdout(&output), "attempt_id\r\n");
}

#[test]
fn a_whole_file_takes_the_place_of_the_old_one() {
    let ledger = Ledger::of("5");
    let room = ledger.room("exports");
    fs::create_dir(&room).unwrap();
    let out = room.join("out");
    for flags in [
        &["--what", "attempts", "--format", "csv"][..],
        &["--what", "agents", "--format", "xlsx"],
        &["--format", "sqlite"],
    ] {
        fs::write(&out, BEFORE).unwrap();
        let output = run(&ledger.with(&[&["export"][..], flags, &["--out", text(&out)]].concat()));
        assert!(output.status.success(), "{flags:?}: {}", stderr(&output));
        assert_ne!(fs::read(&out).unwrap(), BEFORE);
        assert_eq!(fs::read_dir(&room).unwrap().count(), 1, "{flags:?}");
    }
    for flags in [&["--what", "attempts", "--format", "csv"][..], &["--format", "sqlite"]] {
        let output = run(&ledger.with(&[&["export"][..], flags, &["--out", text(&room)]].concat()));
        assert_eq!(output.status.code(), Some(1), "a directory is in its place: {}", stderr(&output));
        let nowhere = room.join("missing").join("out");
        let output = run(&ledger.with(&[&["export"][..], flags, &["--out", text(&nowhere)]].concat()));
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(stderr(&output).contains(text(&nowhere)), "{}", stderr(&output));
        assert_eq!(fs::read_dir(&room).unwrap().count(), 1, "{flags:?}");
        assert_eq!(
            fs::read_dir(room.parent().unwrap()).unwrap().count(),
            3,
            "the ledger, its seed, and the room"
        );
    }
}

#[test]
fn what_is_no_file_is_not_replaced_by_one() {
    let ledger = Ledger::of("5");
    let pipe = ledger.room("pipe");
    assert!(output(Command::new("mkfifo").arg(&pipe)).status.success());
    for question in [
        &["export", "--what", "agents", "--format", "csv", "--out", text(&pipe)][..],
        &["export", "--format", "sqlite", "--out", text(&pipe)],
        &["rebuild", "--differences", text(&pipe)],
    ] {
        refused(&ledger.with(question), 1, &[text(&pipe), "not a file"]);
        assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo(), "{question:?}");
    }
}
