//! Where one bucket ends and the next begins.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate};

use super::interval::{Interval, Length, Period};
use super::offsets::{Offsets, Stretch};

const MINUTE_MS: i64 = 60 * 1_000;

/// Gives every edge in `from..=to` to `edge`, in order.
pub(super) fn each_edge(
    offsets: &Offsets,
    interval: Interval,
    from: i64,
    to: i64,
    mut edge: impl FnMut(i64),
) {
    let keep = |at: i64| {
        if from <= at && at <= to {
            edge(at);
        }
    };
    match interval.0 {
        Length::Clock(minutes) => clock_edges(offsets, i64::from(minutes) * MINUTE_MS, from, to, keep),
        Length::Calendar(period) => calendar_edges(offsets, period, from, to, keep),
    }
}

/// Edges where the local clock shows a multiple of the length, and where a change of the clock makes one.
fn clock_edges(offsets: &Offsets, length_ms: i64, from: i64, to: i64, mut edge: impl FnMut(i64)) {
    let mut before: Option<&Stretch> = None;
    for stretch in offsets.stretches() {
        if before.is_some_and(|before| is_edge(before.local_end(), stretch.local_start(), length_ms)) {
            edge(stretch.start);
        }
        let low = stretch.start.max(from - 1) + stretch.offset_ms;
        let high = stretch.end.min(to + 1) + stretch.offset_ms;
        let mut local = (low.div_euclid(length_ms) + 1) * length_ms;
        while local < high {
            edge(local - stretch.offset_ms);
            local += length_ms;
        }
        before = Some(stretch);
    }
}

/// Whether a clock that is set from one time to another begins a new bucket: either the time belongs to
/// another one, or the bucket that it goes back to is repeated as a whole.
const fn is_edge(set_from: i64, set_to: i64, length_ms: i64) -> bool {
    let leaves = (set_from - 1).div_euclid(length_ms) != set_to.div_euclid(length_ms);
    let repeats = set_to < set_from && set_from % length_ms == 0 && set_to % length_ms == 0;
    leaves || repeats
}

/// Edges where a day, week or month begins. A period that the zone left out begins with its successor: one
/// edge.
fn calendar_edges(offsets: &Offsets, period: Period, from: i64, to: i64, mut edge: impl FnMut(i64)) {
    let mut start = period_start(period, date_of(from + offsets.at(from).offset_ms));
    let mut last = None;
    loop {
        let at = offsets.last_reached(midnight(start));
        if at > to {
            return;
        }
        if last.replace(at) != Some(at) {
            edge(at);
        }
        start = next_period(period, start);
    }
}

/// The local times between which the bucket lies that is open when the local clock shows `local`.
pub(super) fn nominal(interval: Interval, local: i64) -> (i64, i64) {
    match interval.0 {
        Length::Clock(minutes) => {
            let length_ms = i64::from(minutes) * MINUTE_MS;
            let start = local.div_euclid(length_ms) * length_ms;
            (start, start + length_ms)
        }
        Length::Calendar(period) => {
            let start = period_start(period, date_of(local));
            (midnight(start), midnight(next_period(period, start)))
        }
    }
}

/// Midnight at the beginning of a date, as milliseconds since 1970 on the local clock.
pub(super) const fn midnight(date: NaiveDate) -> i64 {
    date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis()
}

fn date_of(local: i64) -> NaiveDate {
    DateTime::from_timestamp_millis(local).expect("plausible instants are dates").date_naive()
}

fn period_start(period: Period, date: NaiveDate) -> NaiveDate {
    let back = match period {
        Period::Day => 0,
        Period::Week => date.weekday().num_days_from_monday(),
        Period::Month => date.day0(),
    };
    date.checked_sub_days(Days::new(u64::from(back))).expect("plausible dates have a day before")
}

fn next_period(period: Period, start: NaiveDate) -> NaiveDate {
    let next = match period {
        Period::Day => start.checked_add_days(Days::new(1)),
        Period::Week => start.checked_add_days(Days::new(7)),
        Period::Month => start.checked_add_months(Months::new(1)),
    };
    next.expect("plausible dates have a successor")
}
