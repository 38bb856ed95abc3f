//! Times and durations as people read them.

use attempt_ledger_domain::UnixMillis;
use attempt_ledger_projections::calendar::{Zone, rfc3339};

/// `m:ss.mmm`, with hours when there are any.
pub(super) fn duration(duration_ms: u64) -> String {
    let (minutes, seconds, millis) = (duration_ms / 60_000, duration_ms / 1_000 % 60, duration_ms % 1_000);
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes}:{seconds:02}.{millis:03}"),
        (hours, minutes) if hours < 24 => format!("{hours}:{minutes:02}:{seconds:02}"),
        (hours, _) => format!("{} d", hours / 24),
    }
}

/// `2026-11-22 11:09:07`, by the zone's clock.
pub(super) fn clock(at: UnixMillis, zone: Zone) -> String {
    let seconds = UnixMillis(at.0.div_euclid(1_000) * 1_000);
    local(&rfc3339(seconds, zone))
}

/// An RFC 3339 time without its offset.
pub(super) fn local(time: &str) -> String {
    time.get(..19).unwrap_or(time).replace('T', " ")
}

/// `2026-11-22 11:09:07.000`, by the zone's clock.
pub(super) fn stamp(at: UnixMillis, zone: Zone) -> String {
    format!("{}.{:03}", clock(at, zone), at.0.rem_euclid(1_000))
}

/// `11:09:07`, by the zone's clock.
pub(super) fn time_of_day(at: UnixMillis, zone: Zone) -> String {
    clock(at, zone).split(' ').next_back().unwrap_or_default().to_owned()
}
