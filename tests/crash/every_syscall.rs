//! A fault at every single file call of opening, recovering, appending, rotating, packing and stopping.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tempfile::TempDir;

use super::acks::AckLog;
use super::client::is_poisoned;
use super::hooks::{Hook, hooks};
use super::leftovers::leave;
use super::oracle::{check, check_models};
use super::script::{Life, live};
use super::tools::{copy_directory, fast_directory};
use crate::support::processes::need;
use crate::support::strace::{Fault, Point, counting, injecting, points, strikes};

const LEFT: usize = 20;
const POSTED: usize = 14;
/// Where the read models lie in a data directory.
const READ_MODELS: &str = "read-models";
/// Calls of the read models that are struck, about.
const READ_MODEL_POINTS: usize = 40;

/// Where every run starts, and the calls that it makes.
struct Stage {
    folder: TempDir,
    /// The directory to start from; it does not exist for a life that begins with nothing.
    start: PathBuf,
    acks: AckLog,
    hooks: Vec<Hook>,
    points: Vec<Point>,
    random_names: usize,
}

impl Stage {
    /// A life that begins with what crashes have left.
    fn after_crashes() -> Self {
        Self::new(LEFT, POSTED)
    }

    /// A life that begins with no directory.
    fn from_nothing() -> Self {
        Self::new(0, 2)
    }

    fn new(left: usize, posted: usize) -> Self {
        need("strace");
        let folder = fast_directory();
        let start = folder.path().join("start");
        let mut all = hooks(1, 12);
        all.truncate(left + posted);
        let hooks = all.split_off(left);
        let mut acks = AckLog::default();
        if left > 0 {
            leave(&start, &all, &mut acks);
        }
        let mut stage = Self { folder, start, acks, hooks, points: Vec::new(), random_names: 0 };
        let room = stage.room("counted");
        let life = live(&counting(&room.trace), &room.data, &stage.hooks, &mut stage.acks.clone());
        assert!(life.is_success && life.answers.iter().all(|answer| answer.status == 201), "{life:?}");
        let trace = std::fs::read_to_string(&room.trace).unwrap();
        (stage.points, stage.random_names) = points(&trace, &room.data);
        stage
    }

    /// Only the calls of the log and its index.
    fn of_the_log(mut self) -> Self {
        self.points.retain(|point| !point.file.starts_with(READ_MODELS));
        self
    }

    /// Some of the calls of the read models: how many there are depends on how the projector's batches fall.
    fn of_the_read_models(mut self) -> Self {
        self.points.retain(|point| point.file.starts_with(READ_MODELS));
        let step = (self.points.len() / READ_MODEL_POINTS).max(1);
        self.points = self.points.into_iter().step_by(step).collect();
        self
    }

    /// A fresh copy. Every copy has a path of its own, so that runs do not meet.
    fn room(&self, name: &str) -> Room {
        let room = Room {
            data: self.folder.path().join(name),
            trace: self.folder.path().join(format!("{name}.trace")),
        };
        if self.start.exists() {
            copy_directory(&self.start, &room.data);
        }
        room
    }

    /// Lives once for each point, on all processors, and asks the oracle after each life.
    fn run(&self, fault: Fault, judge: impl Fn(&Point, &Life, usize) + Sync) {
        let missed = self.strike(fault, judge);
        let in_log: Vec<_> = missed.iter().filter(|point| !point.file.starts_with("index")).collect();
        assert!(in_log.is_empty(), "calls of the log that the fault did not strike: {in_log:?}");
        assert!(missed.len() * 20 <= self.points.len(), "too many calls were not struck: {missed:?}");
    }

    /// The same, and which points were not struck.
    fn strike(&self, fault: Fault, judge: impl Fn(&Point, &Life, usize) + Sync) -> Vec<Point> {
        let next = AtomicUsize::new(0);
        let missed = Mutex::new(Vec::new());
        let workers = thread::available_parallelism().map_or(2, usize::from);
        thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    while let Some(point) = self.points.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if !self.live_through(point, fault, &judge) {
                            missed.lock().unwrap().push(point.clone());
                        }
                    }
                });
            }
        });
        let missed = missed.into_inner().unwrap();
        let (struck, left_out) = (self.points.len() - missed.len(), self.random_names);
        eprintln!(
            "{fault:?}: {struck} of {} file calls struck, {left_out} on files with random names left out",
            self.points.len()
        );
        missed
    }

    /// Whether the fault struck. When the threads interleave otherwise, a call of the index may not come.
    fn live_through(&self, point: &Point, fault: Fault, judge: impl Fn(&Point, &Life, usize)) -> bool {
        let name = format!("{}-{}-{}", point.file.replace('/', "-"), point.call, point.n);
        let Room { data, trace } = self.room(&name);
        let mut acks = self.acks.clone();
        let life = live(&injecting(&trace, &data, point, fault), &data, &self.hooks, &mut acks);
        let context = format!("{fault:?} at {point:?}");
        let verdict = std::panic::catch_unwind(|| {
            assert!(!life.stderr.contains("panicked") && life.exit_code != Some(101), "{}", life.stderr);
            check(&data, &acks);
            if point.file.starts_with(READ_MODELS) {
                check_models(&data);
            }
        });
        assert!(verdict.is_ok(), "{context}: {life:?}");
        let strikes = strikes(&std::fs::read_to_string(&trace).unwrap(), fault);
        if strikes > 0 {
            judge(point, &life, strikes);
        }
        remove(&data);
        strikes > 0
    }
}

struct Room {
    data: PathBuf,
    trace: PathBuf,
}

fn remove(data: &Path) {
    std::fs::remove_dir_all(data).unwrap();
}

fn is_active_segment(point: &Point) -> bool {
    point.file.starts_with("log/") && point.file.ends_with(".ndjson")
}

#[test]
fn a_kill_at_any_file_syscall_loses_nothing() {
    let judge = |point: &Point, life: &Life, _: usize| assert!(!life.is_success, "{point:?} {life:?}");
    Stage::from_nothing().of_the_log().run(Fault::Kill, judge);
    Stage::after_crashes().of_the_log().run(Fault::Kill, judge);
}

/// An error that the log could not undo ends its writing; any other must be over with the next request.
fn judge_error(point: &Point, life: &Life, strikes: usize) {
    let answers = &life.answers;
    let refused = answers.iter().position(|answer| answer.status >= 500);
    if is_active_segment(point) && point.call == "fdatasync" {
        // Opening fails, or the record in flight is not acknowledged and nothing after it is.
        let at = refused.unwrap_or(answers.len());
        assert!(life.did_not_start.is_some() || refused.is_some(), "{point:?} was acknowledged: {life:?}");
        assert!(answers[at..].iter().all(is_poisoned), "{point:?}: {life:?}");
    }
    if is_active_segment(point) && point.call == "pwrite64" {
        assert!(refused.is_some(), "{point:?} was acknowledged: {life:?}");
    }
    let is_poisoned = answers.iter().any(is_poisoned);
    let failures = answers.iter().filter(|answer| answer.status >= 500).count();
    assert!(is_poisoned || failures <= strikes, "more failures than errors, no poison: {point:?} {life:?}");
}

#[test]
fn an_io_error_at_any_file_syscall_never_acknowledges_falsely() {
    Stage::from_nothing().of_the_log().run(Fault::Error("EIO"), judge_error);
    Stage::after_crashes().of_the_log().run(Fault::Error("EIO"), judge_error);
}

#[test]
fn a_full_disk_at_any_file_syscall_is_over_when_there_is_space() {
    let judge = |point: &Point, life: &Life, strikes: usize| {
        judge_error(point, life, strikes);
        if is_active_segment(point) && point.call == "pwrite64" {
            assert!(life.answers.iter().any(|answer| answer.status == 507), "{point:?}: {life:?}");
        }
    };
    Stage::from_nothing().of_the_log().run(Fault::Error("ENOSPC"), judge);
    Stage::after_crashes().of_the_log().run(Fault::Error("ENOSPC"), judge);
}

#[test]
fn a_fault_at_a_file_syscall_of_the_read_models_is_none_of_the_log() {
    let stage = Stage::after_crashes().of_the_read_models();
    let killed = stage.strike(Fault::Kill, |_: &Point, _: &Life, _: usize| {});
    // Opening them may fail; once the service runs, every delivery is taken.
    let taken = |point: &Point, life: &Life, _: usize| {
        assert!(life.answers.iter().all(|answer| answer.status == 201), "{point:?}: {life:?}");
    };
    let broken = stage.strike(Fault::Error("EIO"), taken);
    let struck = 2 * stage.points.len() - killed.len() - broken.len();
    assert!(struck > READ_MODEL_POINTS, "only {struck} faults struck");
}
