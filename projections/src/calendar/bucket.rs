//! Buckets: a range cut at the edges of an interval.

use attempt_ledger_domain::UnixMillis;
use serde::Serialize;

use super::edges::{each_edge, nominal};
use super::error::CalendarError;
use super::instant::{rfc3339, rfc3339_at_offset};
use super::interval::Interval;
use super::offsets::Offsets;
use super::range::Range;
use super::zone::Zone;
use crate::history::{INTERVAL_MS, interval_of};

/// One interval of an answer. It holds `start` and not `end`.
///
/// As JSON: `{"start": 1792886400000, "end": 1792890000000, "local_start": "2026-10-25T03:00:00+03:00",
/// "length_ms": 3600000, "is_partial": false, "offset_changes": true}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bucket {
    /// The first instant inside, in milliseconds since 1970 in UTC; a multiple of a quarter of an hour.
    pub start: UnixMillis,
    /// The first instant after it, in milliseconds since 1970 in UTC; a multiple of a quarter of an hour.
    pub end: UnixMillis,
    /// `start` as the zone's clock shows it, RFC 3339 with the offset, so that repeated hours differ.
    pub local_start: String,
    /// `end` minus `start`, in milliseconds.
    pub length_ms: u64,
    /// Whether an edge of the range cut it, so that it is shorter than the interval it stands for.
    pub is_partial: bool,
    /// Whether a change of the clock lies within it, took time from it, or shows its local time twice.
    pub offset_changes: bool,
}

/// Cuts a range into buckets that follow the local clock of a zone: in order, without a gap, together as long
/// as the range. The module says what becomes of days on which the clock changes.
///
/// An edge of the range that is on a quarter of an hour but on no edge of a bucket cuts the first or last
/// bucket, which is then [`Bucket::is_partial`].
///
/// # Errors
/// [`CalendarError::NotOnQuarterHour`] when an edge of the range would cut a base interval (see
/// [`Range::widened_to_quarter_hours`]), [`CalendarError::TooManyBuckets`] when there were more than
/// `buckets_max`.
pub fn buckets(
    range: Range,
    interval: Interval,
    zone: Zone,
    buckets_max: usize,
) -> Result<Vec<Bucket>, CalendarError> {
    let (from, to) = (range.from().0, range.to().0);
    on_quarter_hour("from", range.from(), zone)?;
    on_quarter_hour("to", range.to(), zone)?;
    let offsets = Offsets::around(zone, range.from(), range.to());

    let mut count = 1;
    each_edge(&offsets, interval, from, to, |edge| count += usize::from(from < edge && edge < to));
    if count > buckets_max {
        let interval = interval.to_string();
        return Err(CalendarError::TooManyBuckets { buckets: count, buckets_max, interval });
    }

    let mut cuts = vec![Cut { at: from, is_edge: false }];
    cuts.reserve(count);
    each_edge(&offsets, interval, from, to, |edge| {
        if edge == from {
            cuts[0].is_edge = true;
        } else {
            cuts.push(Cut { at: edge, is_edge: true });
        }
    });
    if cuts.last().is_some_and(|cut| cut.at < to) {
        cuts.push(Cut { at: to, is_edge: false });
    }
    Ok(cuts.iter().zip(&cuts[1..]).map(|(start, end)| bucket(&offsets, interval, *start, *end)).collect())
}

/// A place where the range is cut, which at its ends may be no edge of a bucket.
#[derive(Clone, Copy)]
struct Cut {
    at: i64,
    is_edge: bool,
}

fn bucket(offsets: &Offsets, interval: Interval, start: Cut, end: Cut) -> Bucket {
    let offset_ms = offsets.at(start.at).offset_ms;
    let (start_at, end_at) = (UnixMillis(start.at), UnixMillis(end.at));
    Bucket {
        start: start_at,
        end: end_at,
        local_start: rfc3339_at_offset(start_at, offset_ms),
        length_ms: end_at.since(start_at),
        is_partial: !(start.is_edge && end.is_edge),
        offset_changes: offset_changes(offsets, interval, start, end),
    }
}

fn offset_changes(offsets: &Offsets, interval: Interval, start: Cut, end: Cut) -> bool {
    if offsets.stretches().len() == 1 {
        return false;
    }
    let (nominal_start, nominal_end) = nominal(interval, start.at + offsets.at(start.at).offset_ms);
    offsets.changes().any(|(before, after)| {
        let (change, set_from, set_to) = (after.start, before.local_end(), after.local_start());
        if start.at < change && change < end.at {
            return true;
        }
        if set_to < set_from {
            let repeated_ms = set_from - set_to;
            return start.at < change + repeated_ms && change - repeated_ms < end.at;
        }
        let touches = (start.is_edge && start.at == change) || (end.is_edge && end.at == change);
        touches && set_from < nominal_end && nominal_start < set_to
    })
}

fn on_quarter_hour(edge: &'static str, at: UnixMillis, zone: Zone) -> Result<(), CalendarError> {
    let earlier = interval_of(at);
    if earlier == at {
        return Ok(());
    }
    Err(CalendarError::NotOnQuarterHour {
        edge,
        instant: rfc3339(at, zone),
        earlier: rfc3339(earlier, zone),
        later: rfc3339(UnixMillis(earlier.0 + INTERVAL_MS), zone),
    })
}
