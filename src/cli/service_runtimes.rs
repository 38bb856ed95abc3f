//! The threads of a service: those that answer hooks have nothing else to do.

use std::time::Duration;

use anyhow::Context as _;
use rustix::process::setpriority_process;
use rustix::thread::gettid;
use tokio::runtime::{Builder, Runtime};

use super::CliError;
use crate::limits::{BATCHES_MAX, FILES_MAX, OLDER_READERS_MAX, PROBES_MAX, QUESTIONS_MAX};

const _: () = {
    let questions = QUESTIONS_MAX + PROBES_MAX + FILES_MAX + OLDER_READERS_MAX;
    assert!(questions < QUESTION_THREADS_MAX, "no question waits for a thread that another one holds");
    assert!(2 * BATCHES_MAX < BATCH_THREADS_MAX, "a batch is read on a thread beside its own");
};

/// How much more the system favours the threads that answer hooks over those that record batches, and both
/// over those that answer questions, in steps of `nice`.
const BATCH_NICENESS: i32 = 5;
const QUESTION_NICENESS: i32 = 10;
/// The most threads of a runtime beside its workers. Their stacks count towards the memory of the process, so
/// there are no more than there is work: turns, files that are written, and pages that streams read.
const DELIVERY_THREADS_MAX: usize = 8;
const BATCH_THREADS_MAX: usize = 8;
const QUESTION_THREADS_MAX: usize = 64;
/// How long the end waits for threads whose work nobody waits for any more.
const END_MS: u64 = 500;

/// Runtimes that share nothing but the processors.
pub(super) struct ServiceRuntimes {
    /// Accepts connections and records single deliveries.
    pub(super) deliveries: Runtime,
    /// Reads and records batches.
    pub(super) batches: Runtime,
    /// Answers questions, and writes answers and streams.
    pub(super) questions: Runtime,
}

impl ServiceRuntimes {
    pub(super) fn new() -> Result<Self, CliError> {
        let deliveries = Builder::new_multi_thread()
            .max_blocking_threads(DELIVERY_THREADS_MAX)
            .thread_name("deliveries")
            .enable_all()
            .build();
        Ok(Self {
            deliveries: deliveries.context("the runtime of deliveries cannot start")?,
            batches: behind("batches", BATCH_THREADS_MAX, BATCH_NICENESS)
                .context("the runtime of batches cannot start")?,
            questions: behind("questions", QUESTION_THREADS_MAX, QUESTION_NICENESS)
                .context("the runtime of questions cannot start")?,
        })
    }

    /// Ends the threads. A question that still computes is left behind: it writes nothing.
    pub(super) fn end(self, waits: bool) {
        let patience = Duration::from_millis(if waits { END_MS } else { 0 });
        for runtime in [self.questions, self.batches, self.deliveries] {
            runtime.shutdown_timeout(patience);
        }
    }
}

/// A runtime whose threads yield to those that answer hooks.
fn behind(name: &str, threads_max: usize, niceness: i32) -> std::io::Result<Runtime> {
    Builder::new_multi_thread()
        .max_blocking_threads(threads_max)
        .thread_name(name)
        .on_thread_start(move || yield_to_hooks(niceness))
        .enable_all()
        .build()
}

/// Where the system refuses, the thread is as good as any other: the service works, a little less evenly.
fn yield_to_hooks(niceness: i32) {
    let _ = setpriority_process(Some(gettid()), niceness);
}
