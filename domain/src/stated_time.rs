//! Times as senders write them: milliseconds, other units told apart by magnitude, or RFC 3339 text.

use chrono::DateTime;

use crate::decimal::Scaled;
use crate::value::Value;
use crate::{CoarseTime, UnixMillis};

/// 2000-01-01T00:00:00Z in nanoseconds: where the years begin in which a number is read as a time.
const FROM_NS: i128 = 946_684_800_000_000_000;
/// 2100-01-01T00:00:00Z in nanoseconds. In one century the four units never meet.
const UNTIL_NS: i128 = 4_102_444_800_000_000_000;
/// The power of ten that makes nanoseconds of seconds, milliseconds, microseconds and nanoseconds.
const POWERS_TO_NS: [i32; 4] = [9, 6, 3, 0];
const MS_TO_NS: i32 = 6;
const NS_PER_MS: i128 = 1_000_000;

/// An instant that a sender states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatedTime {
    /// The instant, cut to whole milliseconds.
    pub at: UnixMillis,
    /// The instant exactly, in nanoseconds since 1970.
    pub(crate) exact_ns: i128,
    /// Whether it was stated otherwise than in whole milliseconds.
    pub is_converted: bool,
    /// Whether it was stated as a whole second.
    is_whole_second: bool,
}

/// The `time` of a CloudEvent. Two deliveries that state other times are two, whether the times are read or
/// not.
#[derive(Clone, Copy, Debug)]
pub enum EnvelopeTime<'a> {
    /// The instant.
    Read(StatedTime),
    /// What stands where an instant should.
    Unread(&'a serde_json::Value),
}

impl StatedTime {
    /// Reads a value; `None` for one that is no time. A whole number of no unit's century is read as
    /// milliseconds, and is for the caller to find implausible.
    #[must_use]
    pub fn of(value: &Value<'_>) -> Option<Self> {
        match value {
            Value::Text(text) => Self::of_text(text),
            _ => Self::of_number(&value.as_number_text()?),
        }
    }

    /// Reads text: a number, or RFC 3339.
    #[must_use]
    pub fn of_text(text: &str) -> Option<Self> {
        Self::of_number(text).or_else(|| Self::of_rfc_3339(text))
    }

    /// Reads an attribute of a CloudEvent. RFC 3339 is what the specification asks for, so that text alone is
    /// not converted.
    pub(crate) fn of_attribute(text: &str) -> Option<Self> {
        let converted = |is_converted| move |time| Self { is_converted, ..time };
        let of_number = || Self::of_number(text).map(converted(true));
        Self::of_rfc_3339(text).map(converted(false)).or_else(of_number)
    }

    fn of_number(text: &str) -> Option<Self> {
        let number = Scaled::of(text)?;
        let in_century = |power: &i32| {
            let ns = number.times_ten_to(*power)?;
            (FROM_NS..UNTIL_NS).contains(&ns).then_some((ns, *power))
        };
        let (exact_ns, power) = match POWERS_TO_NS.iter().find_map(in_century) {
            Some(found) => found,
            None => (number.times_ten_to(MS_TO_NS).filter(|_| number.is_whole())?, MS_TO_NS),
        };
        let at = UnixMillis(i64::try_from(exact_ns.div_euclid(NS_PER_MS)).ok()?);
        let is_converted = power != MS_TO_NS || !number.is_whole();
        let is_whole_second = power == POWERS_TO_NS[0] && number.is_whole();
        Some(Self { at, exact_ns, is_converted, is_whole_second })
    }

    fn of_rfc_3339(text: &str) -> Option<Self> {
        let instant = DateTime::parse_from_rfc3339(text).ok()?;
        let nanos = i128::from(instant.timestamp_subsec_nanos());
        let exact_ns = i128::from(instant.timestamp()) * 1_000_000_000 + nanos;
        let at = UnixMillis(instant.timestamp_millis());
        Some(Self { at, exact_ns, is_converted: true, is_whole_second: !text.contains('.') })
    }

    /// The instant, as coarsely as it is stated.
    #[must_use]
    pub const fn coarse(self) -> CoarseTime {
        CoarseTime { at: self.at, is_whole_second: self.is_whole_second }
    }
}
