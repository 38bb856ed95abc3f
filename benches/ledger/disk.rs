//! What the disk and the decoder can do by themselves: the limits that figures are shares of.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::time::Instant;

/// Time that this process has spent on cores so far.
pub fn core_seconds() -> f64 {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    spent.tv_sec as f64 + spent.tv_nsec as f64 / 1e9
}

/// Appends of `group_bytes` each, with fdatasync after each, until `total_bytes` are written: bytes a second.
pub fn synced_appends(directory: &Path, group_bytes: usize, total_bytes: usize) -> f64 {
    let mut file = File::create(directory.join("limit")).expect("a file");
    let group = vec![b'x'; group_bytes];
    let started = Instant::now();
    for _ in 0..total_bytes / group_bytes {
        file.write_all(&group).expect("written");
        file.sync_data().expect("synced");
    }
    total_bytes as f64 / started.elapsed().as_secs_f64()
}

/// Reads and decompresses every packed file and does nothing else: seconds and decompressed bytes.
pub fn decode_only(log: &Path) -> (f64, u64) {
    let started = Instant::now();
    let mut bytes = 0_u64;
    let mut buffer = vec![0_u8; 1 << 18];
    for entry in std::fs::read_dir(log).expect("the log's directory") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "zst") {
            let mut decoder = zstd::Decoder::new(File::open(path).expect("a segment")).expect("a decoder");
            loop {
                let read = decoder.read(&mut buffer).expect("it decodes");
                if read == 0 {
                    break;
                }
                bytes += read as u64;
            }
        }
    }
    (started.elapsed().as_secs_f64(), bytes)
}

/// Bytes of all packed segments, and how many records they hold: a segment ends where the next begins.
pub fn packed(log: &Path, head: u64) -> (u64, u64) {
    let mut segments: Vec<(u64, bool, u64)> = std::fs::read_dir(log)
        .expect("the log's directory")
        .filter_map(|entry| {
            let entry = entry.expect("an entry");
            let name = entry.file_name().into_string().expect("a name");
            let (first, kind) = name.split_once('.')?;
            Some((first.parse().ok()?, kind == "ndjson.zst", entry.metadata().expect("metadata").len()))
        })
        .collect();
    segments.sort_unstable();
    let mut totals = (0, 0);
    for (index, (first, is_packed, bytes)) in segments.iter().enumerate() {
        let next = segments.get(index + 1).map_or(head + 1, |(next, ..)| *next);
        if *is_packed {
            totals = (totals.0 + bytes, totals.1 + next - first);
        }
    }
    totals
}

/// Bytes of all files below a directory.
pub fn size_of(directory: &Path) -> u64 {
    let mut bytes = 0;
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let entry = entry.expect("an entry");
        let metadata = entry.metadata().expect("metadata");
        bytes += if metadata.is_dir() { size_of(&entry.path()) } else { metadata.len() };
    }
    bytes
}

/// The process's resident memory in bytes.
pub fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a Linux process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kib * 1_024
}
