//! Half-open ranges of time.

use attempt_ledger_domain::UnixMillis;
use serde::Serialize;

use super::error::CalendarError;
use super::instant::rfc3339;
use super::plausibility::is_plausible;
use super::zone::Zone;
use crate::history::{INTERVAL_MS, interval_of};

/// A stretch of time that holds `from` and every instant after it up to, but not including, `to`.
///
/// As JSON: `{"from": 1774735200000, "to": 1774818000000}`, both in milliseconds since 1970 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Range {
    from: UnixMillis,
    to: UnixMillis,
}

impl Range {
    /// A range, unless it would be empty, reversed or outside the plausible years.
    ///
    /// # Errors
    /// [`CalendarError::InstantImplausible`], [`CalendarError::RangeEmpty`] or
    /// [`CalendarError::RangeReversed`].
    pub fn new(from: UnixMillis, to: UnixMillis) -> Result<Self, CalendarError> {
        for edge in [from, to] {
            if !is_plausible(edge) {
                let hint = "give whole milliseconds since 1970 or an RFC 3339 date";
                return Err(CalendarError::InstantImplausible { text: edge.to_string(), hint });
            }
        }
        let shown = |at| rfc3339(at, Zone::UTC);
        match from.cmp(&to) {
            std::cmp::Ordering::Less => Ok(Self { from, to }),
            std::cmp::Ordering::Equal => Err(CalendarError::RangeEmpty { from: shown(from), to: shown(to) }),
            std::cmp::Ordering::Greater => {
                Err(CalendarError::RangeReversed { from: shown(from), to: shown(to) })
            }
        }
    }

    /// The first instant inside.
    #[must_use]
    pub const fn from(self) -> UnixMillis {
        self.from
    }

    /// The first instant after it.
    #[must_use]
    pub const fn to(self) -> UnixMillis {
        self.to
    }

    /// How long it lasts, in milliseconds; never 0.
    #[must_use]
    pub const fn length_ms(self) -> u64 {
        self.to.since(self.from)
    }

    /// Whether an instant lies inside.
    #[must_use]
    pub fn contains(self, at: UnixMillis) -> bool {
        self.from <= at && at < self.to
    }

    /// The shortest range on quarters of an hour that holds this one. [`super::buckets`] refuses other
    /// ranges, and a caller that serves dashboards, whose edges lie anywhere, widens them first and declares
    /// the range it answers.
    #[must_use]
    pub const fn widened_to_quarter_hours(self) -> Self {
        Self { from: interval_of(self.from), to: interval_of(UnixMillis(self.to.0 + INTERVAL_MS - 1)) }
    }
}
