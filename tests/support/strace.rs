//! strace: counts the file calls of a run, and makes one of them fail or kill the process.

use std::collections::BTreeMap;
use std::path::Path;

/// The calls that change files, or that open them.
pub const CALLS: &str = "openat,write,pwrite64,writev,pwritev,fdatasync,fsync,ftruncate,\
                         rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat";

/// One call of one run: the n-th `call` that touches `file`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// Relative to the data directory; empty for the directory itself.
    pub file: String,
    pub call: String,
    pub n: u32,
}

/// What happens at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Kill,
    Error(&'static str),
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// The words in front of a command that write down every file call.
pub fn counting(out: &Path) -> Vec<String> {
    words(&format!("strace -f -qq -y -s 0 -o {} -e trace={CALLS}", out.display()))
}

/// The words in front of a command that spring the fault. The calls of other files are let through, so that
/// the count does not depend on how the threads interleave.
pub fn injecting(out: &Path, data: &Path, point: &Point, fault: Fault) -> Vec<String> {
    let file = data.join(&point.file);
    // `join` with nothing adds a slash.
    let file = file.to_str().unwrap().trim_end_matches('/');
    let effect = match fault {
        Fault::Kill => "signal=KILL".to_owned(),
        Fault::Error(name) => format!("error={name}"),
    };
    let Point { call, n, .. } = point;
    let inject = format!("{call}:{effect}:when={n}");
    words(&format!("strace -f -qq -s 0 -o {} -P {file} -e trace={call} -e inject={inject}", out.display()))
}

/// How often the fault has struck, from the trace of a run. An error strikes each thread that gets so far.
pub fn strikes(trace: &str, fault: Fault) -> usize {
    match fault {
        Fault::Kill => usize::from(trace.contains("killed by SIGKILL")),
        Fault::Error(_) => trace.matches("(INJECTED)").count(),
    }
}

/// Every point of a counted run, and how many calls touch files whose names are random and cannot be aimed
/// at.
pub fn points(trace: &str, data: &Path) -> (Vec<Point>, usize) {
    // strace counts for each thread by itself, and a rename counts for both of its names.
    let mut counts = BTreeMap::<(String, String, String), u32>::new();
    let mut points = Vec::new();
    let mut random_names = 0;
    for line in trace.lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let Some((call, arguments)) = rest.trim_start().split_once('(') else { continue };
        if call.starts_with('<') {
            continue;
        }
        for (at, file) in files(arguments, data).into_iter().enumerate() {
            if file.split('/').any(|part| part.starts_with(".tmp")) {
                random_names += 1;
                break;
            }
            let key = (thread.to_owned(), file.clone(), call.to_owned());
            let count = counts.entry(key).or_default();
            *count += 1;
            if at == 0 {
                points.push(Point { file, call: call.to_owned(), n: *count });
            }
        }
    }
    points.sort();
    points.dedup();
    (points, random_names)
}

/// The names under the data directory in a line, each once, in order.
fn files(arguments: &str, data: &Path) -> Vec<String> {
    let data = data.to_str().unwrap();
    let mut files = Vec::new();
    for (at, _) in arguments.match_indices(data) {
        let is_start = arguments[..at].ends_with(['<', '"']);
        let rest = &arguments[at + data.len()..];
        let name = &rest[..rest.find(['>', '"']).unwrap_or(rest.len())];
        if !is_start || !(name.is_empty() || name.starts_with('/')) {
            continue;
        }
        let name = name.trim_start_matches('/').to_owned();
        if !files.contains(&name) {
            files.push(name);
        }
    }
    files
}

#[test]
fn points_are_counted_for_each_file_and_thread() {
    let trace = "1  openat(AT_FDCWD</>, \"/d/log/a\", O_RDWR) = 4</d/log/a>\n\
                 1  pwrite64(4</d/log/a>, \"\"..., 9, 0) = 9\n\
                 2  pwrite64(4</d/log/a>, \"\"..., 9, 9 <unfinished ...>\n\
                 1  pwrite64(4</d/log/a>, \"\"..., 9, 18) = 9\n\
                 2  <... pwrite64 resumed>) = 9\n\
                 1  rename(\"/d/log/a\", \"/d/log/b\") = 0\n\
                 1  fsync(5</d/.tmpX1>) = 0\n\
                 1  fsync(5</else/d/log/a>) = 0\n";
    let point = |call: &str, n| Point { file: "log/a".to_owned(), call: call.to_owned(), n };
    let expected = [point("openat", 1), point("pwrite64", 1), point("pwrite64", 2), point("rename", 1)];
    assert_eq!(points(trace, Path::new("/d")), (expected.to_vec(), 1));
}
