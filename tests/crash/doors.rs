//! How the binary refuses a directory that it must not open.

use std::fs;

use super::acks::AckLog;
use super::hooks::hooks;
use super::leftovers::leave;
use super::oracle::check;
use super::server::{start, start_behind};
use super::tools::{fast_directory, log_files};
use crate::support::program::run;

/// The exit code and what stderr says.
fn verify(data: &std::path::Path) -> (Option<i32>, String) {
    let output = run(&["verify", "--data", data.to_str().unwrap()]);
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn two_processes_cannot_open_one_ledger() {
    let folder = fast_directory();
    let data = folder.path().join("data");
    let server = start(&data);
    let (code, said) = verify(&data);
    assert_eq!(code, Some(11), "{said}");
    let second = start_behind(&[], &data).err().expect("the second one does not start");
    assert_eq!(second.status.code(), Some(11), "{second:?}");
    assert!(server.stop().status.success(), "the first one did not notice");
}

#[test]
fn a_directory_without_a_ledger_is_named_and_not_made() {
    let folder = fast_directory();
    let data = folder.path().join("data");
    let (code, said) = verify(&data);
    assert_eq!(code, Some(10), "{said}");
    assert!(said.contains(data.to_str().unwrap()), "{said}");
    assert!(!data.exists());
}

#[test]
fn a_ledger_of_a_newer_release_is_refused_and_left_alone() {
    let folder = fast_directory();
    let data = folder.path().join("data");
    assert!(start(&data).stop().status.success());
    fs::write(data.join("FORMAT"), "{\"format\":2}\n").unwrap();
    let (code, said) = verify(&data);
    assert_eq!(code, Some(12), "{said}");
    assert_eq!(fs::read_to_string(data.join("FORMAT")).unwrap(), "{\"format\":2}\n");
}

#[test]
fn damage_is_named_by_file_and_offset() {
    let folder = fast_directory();
    let data = folder.path().join("data");
    let mut acks = AckLog::default();
    leave(&data, &hooks(9, 6), &mut acks);
    check(&data, &acks);
    for suffix in [".ndjson", ".ndjson.zst"] {
        let file = log_files(&data, suffix).pop().unwrap();
        let intact = fs::read(&file).unwrap();
        let mut damaged = intact.clone();
        damaged[intact.len() / 2] ^= 1;
        fs::write(&file, damaged).unwrap();
        let (code, said) = verify(&data);
        assert_eq!(code, Some(3), "{said}");
        let place = format!("{} is damaged at byte ", file.display());
        let offset = said.split_once(&place).unwrap_or_else(|| panic!("{place:?} is not in {said:?}")).1;
        assert!(offset.starts_with(|letter: char| letter.is_ascii_digit()), "{said}");
        fs::write(&file, intact).unwrap();
    }
    check(&data, &acks);
}
