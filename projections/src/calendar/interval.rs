//! The lengths that time can be cut into.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::error::{CalendarError, shown};

const MINUTES_PER_DAY: u32 = 24 * 60;
const MINUTES_PER_QUARTER: u32 = 15;

/// The length of a bucket. It is read from and written as an ISO 8601 duration.
///
/// `PT15M` to `PT12H` go by the clock: multiples of 15 minutes that divide a day of 24 hours evenly. `P1D`,
/// `P7D` (or `P1W`, from Monday) and `P1M` go by the calendar. `PT24H` is refused, since a day may last 23 or
/// 25 hours and buckets of exactly 24 would drift away from midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Interval(pub(super) Length);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Length {
    /// A part of a day, in minutes.
    Clock(u32),
    Calendar(Period),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Period {
    Day,
    Week,
    Month,
}

impl Interval {
    /// One calendar day, of 23, 24 or 25 hours.
    pub const DAY: Self = Self(Length::Calendar(Period::Day));

    /// A quarter of an hour, the shortest interval.
    pub const QUARTER_HOUR: Self = Self(Length::Clock(MINUTES_PER_QUARTER));

    /// An hour.
    pub const HOUR: Self = Self(Length::Clock(60));

    fn of_minutes(text: &str, minutes: Option<u32>) -> Result<Self, CalendarError> {
        let refused = |why| Err(CalendarError::IntervalNotOffered { text: shown(text), why });
        match minutes {
            Some(0) => refused("is no time at all"),
            Some(MINUTES_PER_DAY) => {
                refused("is 24 hours by the clock, which a day does not always have: use P1D")
            }
            Some(minutes) if !minutes.is_multiple_of(MINUTES_PER_QUARTER) => {
                refused("is not a multiple of PT15M")
            }
            Some(minutes) if MINUTES_PER_DAY.is_multiple_of(minutes) => Ok(Self(Length::Clock(minutes))),
            Some(_) => refused("does not divide a day evenly"),
            None => refused("is not a multiple of PT15M that a day can hold"),
        }
    }
}

impl FromStr for Interval {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Self, CalendarError> {
        let unreadable = || CalendarError::IntervalUnreadable { text: shown(text) };
        let duration = text.strip_prefix('P').ok_or_else(unreadable)?;
        if let Some(time) = duration.strip_prefix('T') {
            return Self::of_minutes(text, minutes_of(time).ok_or_else(unreadable)?);
        }
        let period = match duration {
            "1D" => Period::Day,
            "7D" | "1W" => Period::Week,
            "1M" => Period::Month,
            _ if is_date_duration(duration) => {
                let why = "is not a length that buckets are made of";
                return Err(CalendarError::IntervalNotOffered { text: shown(text), why });
            }
            _ => return Err(unreadable()),
        };
        Ok(Self(Length::Calendar(period)))
    }
}

/// The minutes of `1H30M`, `15M` or `2H`; `None` inside means more than a day can hold, or a part of a
/// minute.
fn minutes_of(time: &str) -> Option<Option<u32>> {
    let (mut rest, mut minutes, mut parts) = (time, Some(0_u32), 0);
    for (unit, unit_minutes) in [('H', Some(60)), ('M', Some(1)), ('S', None)] {
        let Some((number, after)) = rest.split_once(unit) else { continue };
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let part = unit_minutes.and_then(|unit| number.parse::<u32>().ok()?.checked_mul(unit));
        minutes = minutes.zip(part).and_then(|(sum, part)| sum.checked_add(part));
        (rest, parts) = (after, parts + 1);
    }
    (rest.is_empty() && parts > 0).then_some(minutes)
}

/// Whether this is the date part of a duration (`2D`, `1Y6M`, `1DT12H`), if only of one that is not offered.
fn is_date_duration(duration: &str) -> bool {
    let (date, time) = duration.split_once('T').map_or((duration, None), |(date, time)| (date, Some(time)));
    let mut rest = date;
    for unit in ['Y', 'M', 'W', 'D'] {
        if let Some((number, after)) = rest.split_once(unit) {
            if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
                return false;
            }
            rest = after;
        }
    }
    !date.is_empty() && rest.is_empty() && time.is_none_or(|time| minutes_of(time).is_some())
}

impl fmt::Display for Interval {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Length::Calendar(Period::Day) => formatter.write_str("P1D"),
            Length::Calendar(Period::Week) => formatter.write_str("P7D"),
            Length::Calendar(Period::Month) => formatter.write_str("P1M"),
            Length::Clock(minutes) => match (minutes / 60, minutes % 60) {
                (0, minutes) => write!(formatter, "PT{minutes}M"),
                (hours, 0) => write!(formatter, "PT{hours}H"),
                (hours, minutes) => write!(formatter, "PT{hours}H{minutes}M"),
            },
        }
    }
}

impl Serialize for Interval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
