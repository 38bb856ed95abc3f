//! The calendar as its users see it: days on which clocks change, forms of instants, errors.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod clock_changes;
mod errors;
mod instants;
mod properties;

use attempt_ledger_domain::UnixMillis;
use attempt_ledger_projections::calendar::{Bucket, Range, Zone, buckets, parse_instant};

const QUARTER_MS: i64 = 15 * 60 * 1_000;
const HOUR_MS: u64 = 60 * 60 * 1_000;
const BUCKETS_MAX: usize = 100_000;

/// An instant that no test of an absolute time depends on: 2026-10-02T12:34:56.789Z.
const NOW: UnixMillis = UnixMillis(1_790_944_496_789);

fn zone(name: &str) -> Zone {
    name.parse().unwrap()
}

fn instant(text: &str, zone: Zone) -> UnixMillis {
    parse_instant(text, zone, NOW).unwrap()
}

/// The buckets from one local time to another.
fn cut(zone_name: &str, from: &str, to: &str, interval: &str) -> Vec<Bucket> {
    let zone = zone(zone_name);
    let range = Range::new(instant(from, zone), instant(to, zone)).unwrap();
    buckets(range, interval.parse().unwrap(), zone, BUCKETS_MAX).unwrap()
}

fn local_starts(buckets: &[Bucket]) -> Vec<&str> {
    buckets.iter().map(|bucket| bucket.local_start.as_str()).collect()
}

fn lengths_hours(buckets: &[Bucket]) -> Vec<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a few hours")]
    buckets.iter().map(|bucket| bucket.length_ms as f64 / HOUR_MS as f64).collect()
}

fn flags(buckets: &[Bucket]) -> Vec<bool> {
    buckets.iter().map(|bucket| bucket.offset_changes).collect()
}
