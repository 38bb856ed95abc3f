//! An error of the disk says nothing about what is in a file: the read models are left as they lie.

use std::path::Path;
use std::process::Command;

use attempt_ledger::read_store::{ModelsDirectory, ReadStore as _, SqliteOptions, SqliteStore};

use crate::read_store::support::{calls, changes_at, everything, random};
use crate::support::processes::output;
use crate::support::strace::{Fault, Point, injecting, strikes};

const CHILD: &str = "ATTEMPT_LEDGER_TEST_OPEN_MODELS_IN";

/// The words that make this program the child.
const THIS: [&str; 3] = ["read_store::io_errors::child_that_opens_read_models", "--exact", "--nocapture"];

const FILE: &str = "models-000001.sqlite";

#[test]
fn child_that_opens_read_models() {
    let Ok(directory) = std::env::var(CHILD) else { return };
    match ModelsDirectory::open(Path::new(&directory)) {
        Ok(_) => println!("opened"),
        Err(error) => println!("refused: {error}"),
    }
}

#[test]
fn read_models_that_the_disk_does_not_read_are_neither_removed_nor_replaced() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("read-models");
    let trace = home.path().join("trace");
    let (attempts, _) = calls(&mut random(), 200);
    let changes = attempt_ledger::read_store::Changes { attempts, ..changes_at(1) };
    ModelsDirectory::open(&directory).unwrap().file().apply(&changes).unwrap();
    let rows = || everything(&SqliteStore::open(&directory.join(FILE), SqliteOptions::default()).unwrap());
    let expected = rows();
    let fault = Fault::Error("EIO");
    let mut refused = 0;
    for n in 1..=8 {
        let point = Point { file: FILE.to_owned(), call: "pread64".to_owned(), n };
        let words = injecting(&trace, &directory, &point, fault);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).arg(std::env::current_exe().unwrap()).args(THIS);
        let said = output(command.env(CHILD, &directory).env("RUST_BACKTRACE", "0"));
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        // What fails once is read again where SQLite takes it for damage.
        let is_refused =
            strikes(&std::fs::read_to_string(&trace).unwrap(), fault) > 0 && !said.contains("opened");
        refused += usize::from(is_refused);
        assert!(!is_refused || said.contains("hint: look at the disk"), "read {n}: {said}");
        assert!(rows() == expected, "read {n}: the rows are others: {said}");
        let names = std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name());
        let stores = names.filter(|name| name.as_encoded_bytes().ends_with(b".sqlite"));
        assert_eq!(stores.collect::<Vec<_>>(), [FILE], "read {n}: {said}");
    }
    assert!(refused > 0, "no error struck");
}
