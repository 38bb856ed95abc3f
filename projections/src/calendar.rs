//! Time as people mean it: ranges, intervals and the buckets they make in any time zone.
//!
//! Everything here is pure; "now" is an argument. A [`Range`] is half-open: it holds `from` and not `to`. An
//! [`Interval`] is `PT15M` to `PT12H`, `P1D`, `P7D` or `P1M`. [`buckets`] cuts a range into intervals that
//! follow the local clock of a [`Zone`]. All edges lie on quarters of an hour of UTC, so that every bucket is
//! a sum of base intervals ([`crate::history::INTERVAL_MS`]).
//!
//! What happens when the clock changes:
//!
//! * **Skipped hours** have no bucket, and a bucket of which a part is skipped is shorter. In Kyiv 2026-03-29
//!   has 23 buckets of `PT1H`, and the `PT6H` bucket from 00:00 lasts 5 hours.
//! * **Repeated hours** are shown twice, with different offsets, when the repeated time is made of whole
//!   intervals: 2026-10-25 has 25 buckets of `PT1H`. Otherwise the bucket that repeats is longer: `PT6H` from
//!   00:00 lasts 7 hours.
//! * **Days, weeks and months** begin when the local date does, at 01:00 if midnight is skipped, and last as
//!   long as they last. A date that a zone left out (Apia, 2011-12-30) has no bucket. Where a date begins, is
//!   set back to the day before and begins again, its bucket starts the last time.
//! * A bucket that any of this touches says so with [`Bucket::offset_changes`].
//!
//! A change that is not on a quarter of an hour (Newfoundland changed at 00:01 until 2011) counts from the
//! nearest one.

mod bucket;
mod edges;
mod error;
mod instant;
mod interval;
mod offsets;
mod plausibility;
mod range;
mod zone;

pub use bucket::{Bucket, buckets};
pub use error::CalendarError;
pub use instant::{parse_instant, rfc3339};
pub use interval::Interval;
pub use plausibility::{PLAUSIBLE_FROM, PLAUSIBLE_TO};
pub use range::Range;
pub use zone::Zone;
