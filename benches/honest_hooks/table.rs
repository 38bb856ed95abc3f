//! What became of the hooks beside each load, as a table.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use crate::dialer::{Call, End, PATIENCE};
use crate::service::Service;

/// Hooks of a row that are named when they are lost.
const NAMED_MAX: usize = 5;

#[derive(Default)]
pub struct Table {
    rows: Vec<Row>,
}

/// What became of the hooks beside one load.
pub struct Row {
    name: &'static str,
    hooks: usize,
    ends: BTreeMap<End, usize>,
    lost: usize,
    failures: u32,
    /// Ascending. A hook without an answer took as long as the dialer waits.
    latencies: Vec<Duration>,
    peak_kib: u64,
}

impl Row {
    /// Counts the calls, beside the numbers of those that the ledger has.
    pub fn of(name: &'static str, calls: &[Call], kept: &HashSet<u32>, service: &Service) -> Self {
        let mut ends = BTreeMap::new();
        for call in calls {
            *ends.entry(call.end).or_default() += 1;
        }
        let lost: Vec<_> =
            (0..).zip(calls).filter(|(number, call)| call.is_written && !kept.contains(number)).collect();
        for (number, call) in lost.iter().take(NAMED_MAX) {
            eprintln!("lost: hook {number}, {:?}", call.end);
        }
        let is_answered = |call: &Call| matches!(call.end, End::Answered(_));
        let latency = |call: &Call| if is_answered(call) { call.latency } else { PATIENCE };
        let mut latencies: Vec<Duration> = calls.iter().map(latency).collect();
        latencies.sort_unstable();
        let (failures, peak_kib) = (service.failures, service.peak_kib);
        Self { name, hooks: calls.len(), ends, lost: lost.len(), failures, latencies, peak_kib }
    }

    fn count(&self, end: End) -> usize {
        self.ends.get(&end).copied().unwrap_or_default()
    }

    /// Those that are neither 201 nor without an answer, by status.
    fn otherwise(&self) -> String {
        let others = self.ends.iter().filter_map(|(end, count)| match end {
            End::Answered(201) | End::GaveUp | End::Refused => None,
            End::Answered(status) => Some(format!("{status}: {count}")),
            End::Closed => Some(format!("closed: {count}")),
        });
        let others: Vec<String> = others.collect();
        if others.is_empty() { "0".to_owned() } else { others.join(", ") }
    }

    fn percentile_ms(&self, percent: usize) -> f64 {
        let index = (self.latencies.len() * percent / 100).min(self.latencies.len() - 1);
        self.latencies[index].as_secs_f64() * 1_000.0
    }

    fn cells(&self) -> [String; 11] {
        [
            self.name.to_owned(),
            self.hooks.to_string(),
            self.count(End::Answered(201)).to_string(),
            self.otherwise(),
            self.count(End::GaveUp).to_string(),
            self.count(End::Refused).to_string(),
            self.lost.to_string(),
            format!("{:.1}", self.percentile_ms(50)),
            format!("{:.1}", self.percentile_ms(99)),
            format!("{:.1}", self.percentile_ms(100)),
            (self.peak_kib / 1_024).to_string(),
        ]
    }

    fn line(&self) -> String {
        format!("| {} |", self.cells().join(" | "))
    }
}

impl Table {
    /// Adds a row, which is printed at once for those who wait.
    pub fn add(&mut self, row: Row) {
        eprintln!("{}", row.line());
        self.rows.push(row);
    }

    /// Prints the table in Markdown.
    pub fn print(&self) {
        println!(
            "| meanwhile | hooks | 201 | otherwise | gave up | refused | lost \
             | p50 ms | p99 ms | max ms | MiB |\n\
             | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
        );
        for row in &self.rows {
            println!("{}", row.line());
        }
    }

    /// Whether no hook is lost and the service never failed.
    pub fn is_clean(&self) -> bool {
        self.rows.iter().all(|row| row.lost == 0 && row.failures == 0)
    }
}
