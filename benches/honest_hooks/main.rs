//! Honest hooks beside whatever else goes on: `cargo bench --bench honest_hooks`.
//!
//! A dialer reports 300 hooks a second and waits one second for each answer, while other clients do what they
//! do. For each load a fresh service is started over a fresh directory. The exit code is not 0 when a hook is
//! lost, or when the service ends by itself or does not recover. docs/reliability.md explains the table.

mod census;
mod dialer;
mod http;
mod loads;
mod service;
mod stock;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use attempt_ledger_system::file_limit::raise_file_limit;
use clap::Parser;
use tokio::runtime::{Builder, Runtime};

use dialer::{Call, dial};
use loads::{Callers, LOADS, Load};
use service::Service;
use table::{Row, Table};

/// How long the load goes on before the first hook.
const LEAD: Duration = Duration::from_secs(1);
/// How often the service's memory is read.
const SAMPLE: Duration = Duration::from_millis(100);
/// Restarts of the service, at equal distances, in the rows that have any.
const RESTARTS: u32 = 2;
/// The row that is every load at once.
const TOGETHER: &str = "together";

#[derive(Parser)]
struct Options {
    /// How long hooks are reported, for each row
    #[arg(long, default_value_t = 10)]
    seconds: u32,
    /// The rows, by name; all of them when none is named
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// Another build of the program, for a comparison
    #[arg(long, value_name = "FILE", default_value = env!("CARGO_BIN_EXE_attempt-ledger"))]
    program: PathBuf,
    /// What `cargo bench` says
    #[arg(long, hide = true)]
    bench: bool,
    /// What `cargo test --benches` says: there is nothing to test
    #[arg(long, hide = true)]
    test: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    if options.test {
        return ExitCode::SUCCESS;
    }
    let rows = rows(&options.only);
    raise_file_limit();
    let mut table = Table::default();
    for (name, loads) in rows {
        table.add(measure(name, &loads, &options.program, options.seconds));
    }
    table.print();
    if table.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The rows with these names, or every row.
fn rows(only: &[String]) -> Vec<(&'static str, Vec<&'static Load>)> {
    let single = LOADS.iter().map(|load| (load.name, vec![load]));
    let mut rows: Vec<_> = single.chain([(TOGETHER, LOADS.iter().collect())]).collect();
    let names: Vec<&str> = rows.iter().map(|(name, _)| *name).collect();
    for name in only {
        assert!(names.contains(&name.as_str()), "there is no row {name}; hint: {}", names.join(", "));
    }
    rows.retain(|(name, _)| only.is_empty() || only.iter().any(|wanted| wanted == name));
    rows
}

/// A runtime with a thread of its own, so that what runs elsewhere does not delay what runs in it.
fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a thread starts")
}

fn measure(name: &'static str, loads: &[&'static Load], program: &Path, seconds: u32) -> Row {
    eprintln!("{name} …");
    let directory = tempfile::tempdir().expect("a directory for the ledger can be made");
    let mut service_options: Vec<&str> =
        loads.iter().flat_map(|load| load.service_options).copied().collect();
    service_options.dedup();
    let mut service = Service::start(program, directory.path(), &service_options);
    let stocks: Vec<_> = loads.iter().filter_map(|load| load.stock).collect();
    if !stocks.is_empty() {
        for stock in stocks {
            stock.fill(&service);
        }
        service.catch_up();
        service.stop();
        // Its peak of memory begins with the measurement.
        service.peak_kib = 0;
        service.begin();
    }
    let before = service.head();
    let load_runtime = runtime();
    let callers = Callers::new(service.address, before);
    for load in loads {
        (load.start)(&load_runtime, &callers);
    }
    let dialer_runtime = runtime();
    let (sender, receiver) = channel();
    let (address, first) = (service.address, Instant::now() + LEAD);
    dialer_runtime.spawn(async move {
        let calls = dial(address, first, seconds).await;
        sender.send(calls).expect("the row waits for them");
    });
    let restarts = if loads.iter().any(|load| load.restarts) { RESTARTS } else { 0 };
    let calls = attend(&mut service, &receiver, first, Duration::from_secs(seconds.into()), restarts);
    load_runtime.shutdown_background();
    service.recover();
    let kept = census::hooks_kept(&service, before);
    let row = Row::of(name, &calls, &kept, &service);
    service.stop();
    row
}

/// Watches and restarts the service until the dialer has its answers.
fn attend(
    service: &mut Service,
    dialer: &Receiver<Vec<Call>>,
    first: Instant,
    duration: Duration,
    restarts: u32,
) -> Vec<Call> {
    let mut restarts_done = 0;
    loop {
        match dialer.recv_timeout(SAMPLE) {
            Ok(calls) => return calls,
            Err(RecvTimeoutError::Timeout) => service.keep_running(),
            Err(RecvTimeoutError::Disconnected) => panic!("the dialer panicked"),
        }
        let due = first + duration * (restarts_done + 1) / (restarts + 1);
        if restarts_done < restarts && Instant::now() >= due {
            service.stop();
            service.begin();
            restarts_done += 1;
        }
    }
}
