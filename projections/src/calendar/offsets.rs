//! How far a zone's clock is from UTC, and when that changes, without asking the tables for every bucket.

use attempt_ledger_domain::UnixMillis;
use chrono::{DateTime, Offset, TimeZone};

use super::zone::Zone;
use crate::history::INTERVAL_MS;

pub(super) const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// How much is looked at on either side of a range: more than any clock was ever set back, so that a change
/// just outside is known.
const MARGIN_MS: i64 = 2 * DAY_MS;

/// The tables cannot be asked for the next change, so the offset is looked at this often. Of the plausible
/// years the two nearest changes of one zone are almost seven days apart (America/Boa_Vista, October 2000).
const STEP_MS: i64 = 3 * DAY_MS;

/// A stretch of time in which a zone's offset stays the same.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    /// The first instant, a multiple of a quarter of an hour.
    pub(super) start: i64,
    /// The first instant after it.
    pub(super) end: i64,
    /// Local time minus UTC.
    pub(super) offset_ms: i64,
}

impl Stretch {
    /// What the local clock shows at the beginning, as milliseconds since 1970 on that clock.
    pub(super) const fn local_start(&self) -> i64 {
        self.start + self.offset_ms
    }

    /// What the local clock would show at the end, if it were not changed then.
    pub(super) const fn local_end(&self) -> i64 {
        self.end + self.offset_ms
    }
}

/// The stretches that cover a range of time and [`MARGIN_MS`] around it, in order and without a gap.
pub(super) struct Offsets(Vec<Stretch>);

impl Offsets {
    /// Finds the stretches around `from..=to`.
    pub(super) fn around(zone: Zone, from: UnixMillis, to: UnixMillis) -> Self {
        let end = to.0 + MARGIN_MS;
        let start = from.0 - MARGIN_MS;
        let mut current = Stretch { start, end, offset_ms: offset_ms(zone, start) };
        let mut stretches = Vec::new();
        let mut at = start;
        while at < end {
            let next = (at + STEP_MS).min(end);
            let offset_next = offset_ms(zone, next);
            if offset_next != current.offset_ms {
                let change = nearest_quarter(change_between(zone, at, next));
                stretches.push(Stretch { end: change, ..current });
                current = Stretch { start: change, end, offset_ms: offset_next };
            }
            at = next;
        }
        stretches.push(current);
        Self(stretches)
    }

    /// The stretches in order.
    pub(super) fn stretches(&self) -> &[Stretch] {
        &self.0
    }

    /// The stretch that an instant of the range lies in.
    pub(super) fn at(&self, at: i64) -> &Stretch {
        let after = self.0.partition_point(|stretch| stretch.start <= at);
        &self.0[after.saturating_sub(1)]
    }

    /// The changes in order: the stretch before and the one after.
    pub(super) fn changes(&self) -> impl Iterator<Item = (&Stretch, &Stretch)> {
        self.0.iter().zip(&self.0[1..])
    }

    /// When the local clock reaches `local` for the last time, or, where it is skipped, the instant after the
    /// gap.
    pub(super) fn last_reached(&self, local: i64) -> i64 {
        let after = self.0.partition_point(|stretch| stretch.local_start() < local);
        let stretch = &self.0[after.saturating_sub(1)];
        (local - stretch.offset_ms).min(stretch.end)
    }
}

/// Local time minus UTC at an instant, in milliseconds.
pub(super) fn offset_ms(zone: Zone, at: i64) -> i64 {
    let utc = DateTime::from_timestamp_millis(at).expect("plausible instants are dates").naive_utc();
    i64::from(zone.0.offset_from_utc_datetime(&utc).fix().local_minus_utc()) * 1_000
}

/// The first second with the offset that holds at `late`, when the offset at `early` is another one.
fn change_between(zone: Zone, early: i64, late: i64) -> i64 {
    let (mut before, mut after) = (early, late);
    let offset_after = offset_ms(zone, late);
    while after - before > 1_000 {
        let middle = before + (after - before) / 2_000 * 1_000;
        if offset_ms(zone, middle) == offset_after {
            after = middle;
        } else {
            before = middle;
        }
    }
    after
}

const fn nearest_quarter(at: i64) -> i64 {
    (at + INTERVAL_MS / 2).div_euclid(INTERVAL_MS) * INTERVAL_MS
}
