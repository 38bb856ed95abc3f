//! Instants as people and dashboards write them.

use attempt_ledger_domain::UnixMillis;
use chrono::{DateTime, FixedOffset, MappedLocalTime, NaiveDate, NaiveDateTime, SecondsFormat, TimeZone};
use chrono_tz::GapInfo;

use super::edges::midnight;
use super::error::{CalendarError, shown};
use super::offsets::{DAY_MS, Offsets, offset_ms};
use super::plausibility::is_plausible;
use super::zone::Zone;

/// Reads an instant between the years 2000 and 2099, in one of these forms:
///
/// * RFC 3339 with an offset: `2026-03-29T02:30:00+02:00`, `2026-03-29T00:30:00Z`; parts of a millisecond are
///   cut off;
/// * whole milliseconds since 1970 in UTC: `1774744200000`;
/// * a date in `zone`: `2026-03-29` is the instant its `P1D` bucket begins, 01:00 where midnight is skipped,
///   and the beginning of the next day where the whole date is;
/// * a date and time in `zone`: `2026-03-29T02:30`, with or without seconds. A time that is skipped is the
///   first instant after the gap; a time that comes twice is the earlier one;
/// * `today` and `yesterday`: the same dates by the zone's clock at the `now` given;
/// * `now`, `now-90m`, `now-1h`, `now-7d`, by the `now` given; a day is 24 hours here.
///
/// # Errors
/// [`CalendarError::InstantUnreadable`] or [`CalendarError::InstantImplausible`].
pub fn parse_instant(text: &str, zone: Zone, now: UnixMillis) -> Result<UnixMillis, CalendarError> {
    let at = relative(text, now)
        .or_else(|| day_by_name(text, zone, now))
        .or_else(|| whole_milliseconds(text))
        .or_else(|| DateTime::parse_from_rfc3339(text).ok().map(|at| at.timestamp_millis()))
        .or_else(|| local_date(text, zone))
        .or_else(|| local_date_time(text, zone))
        .ok_or_else(|| CalendarError::InstantUnreadable { text: shown(text), hint: unreadable_hint(text) })?;
    if is_plausible(UnixMillis(at)) {
        return Ok(UnixMillis(at));
    }
    Err(CalendarError::InstantImplausible { text: shown(text), hint: implausible_hint(text) })
}

/// An instant as the zone's clock shows it: RFC 3339 with the offset as numbers (UTC is `+00:00`), with
/// milliseconds when there are any.
#[must_use]
pub fn rfc3339(at: UnixMillis, zone: Zone) -> String {
    rfc3339_at_offset(at, if is_plausible(at) { offset_ms(zone, at.0) } else { 0 })
}

/// An instant at a known offset.
pub(super) fn rfc3339_at_offset(at: UnixMillis, offset_ms: i64) -> String {
    let offset = i32::try_from(offset_ms / 1_000).ok().and_then(FixedOffset::east_opt);
    let format = if at.0 % 1_000 == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
    match (offset, DateTime::from_timestamp_millis(at.0)) {
        (Some(offset), Some(utc)) => utc.with_timezone(&offset).to_rfc3339_opts(format, false),
        _ => format!("{at} ms"),
    }
}

/// `now` and `now-7d`. An amount too great to be counted gives an implausible instant.
fn relative(text: &str, now: UnixMillis) -> Option<i64> {
    let rest = text.strip_prefix("now")?;
    if rest.is_empty() {
        return Some(now.0);
    }
    let amount = rest.strip_prefix('-')?;
    let unit_ms = match amount.bytes().last()? {
        b'm' => 60 * 1_000,
        b'h' => 60 * 60 * 1_000,
        b'd' => DAY_MS,
        _ => return None,
    };
    let number = whole_milliseconds(&amount[..amount.len() - 1])?;
    Some(now.0.saturating_sub(number.saturating_mul(unit_ms)))
}

/// A whole number, kept within what fits.
fn whole_milliseconds(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(i64::MAX))
}

fn local_date(text: &str, zone: Zone) -> Option<i64> {
    let local = midnight(NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?);
    if !is_plausible(UnixMillis(local)) {
        return Some(local);
    }
    // The zone's midnight lies within a day of that of UTC, which is within what is looked at around it.
    Some(Offsets::around(zone, UnixMillis(local), UnixMillis(local)).last_reached(local))
}

/// `today` and `yesterday`, by the clock that hangs in the zone now.
fn day_by_name(text: &str, zone: Zone, now: UnixMillis) -> Option<i64> {
    let today = DateTime::from_timestamp_millis(now.0)?.with_timezone(&zone.0).date_naive();
    let date = match text {
        "today" => today,
        "yesterday" => today.pred_opt()?,
        _ => return None,
    };
    local_date(&date.format("%Y-%m-%d").to_string(), zone)
}

fn local_date_time(text: &str, zone: Zone) -> Option<i64> {
    let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S%.f"]
        .into_iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())?;
    match zone.0.from_local_datetime(&local) {
        MappedLocalTime::Single(at) => Some(at.timestamp_millis()),
        MappedLocalTime::Ambiguous(one, other) => Some(one.min(other).timestamp_millis()),
        MappedLocalTime::None => Some(GapInfo::new(&local, &zone.0)?.end?.timestamp_millis()),
    }
}

fn unreadable_hint(text: &str) -> &'static str {
    if text.contains(' ') {
        "a `+` in a URL has to be written %2B; or "
    } else if text.starts_with("now") {
        "after `now` only -N and one of m, h, d is understood; or "
    } else {
        ""
    }
}

fn implausible_hint(text: &str) -> &'static str {
    if text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        "this looks like seconds since 1970; give milliseconds, three digits more"
    } else {
        "give whole milliseconds since 1970 or an RFC 3339 date"
    }
}
