//! What can be wrong with an interval, a zone, an instant or a range, in prose and with a next step.

use std::fmt;

/// Why a question about time cannot be answered. The text is made for the person who asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CalendarError {
    /// Not an ISO 8601 duration at all.
    IntervalUnreadable {
        /// What was sent.
        text: String,
    },
    /// A duration, but not one that time can be cut into.
    IntervalNotOffered {
        /// What was sent.
        text: String,
        /// What is the matter with it.
        why: &'static str,
    },
    /// Not the name of a time zone.
    ZoneUnknown {
        /// What was sent.
        text: String,
        /// The nearest name, or how names look.
        hint: String,
    },
    /// Not an instant in any form that is understood.
    InstantUnreadable {
        /// What was sent.
        text: String,
        /// A guess at what went wrong, ending in "; or ", or nothing.
        hint: &'static str,
    },
    /// An instant outside the years 2000 to 2099.
    InstantImplausible {
        /// What was sent.
        text: String,
        /// A guess at what went wrong.
        hint: &'static str,
    },
    /// A range that ends where it begins.
    RangeEmpty {
        /// The beginning, RFC 3339 in UTC.
        from: String,
        /// The end, RFC 3339 in UTC.
        to: String,
    },
    /// A range that ends before it begins.
    RangeReversed {
        /// The beginning, RFC 3339 in UTC.
        from: String,
        /// The end, RFC 3339 in UTC.
        to: String,
    },
    /// An edge of the range would cut a base interval.
    NotOnQuarterHour {
        /// `from` or `to`.
        edge: &'static str,
        /// Where it lies, RFC 3339 in the zone asked for.
        instant: String,
        /// The last quarter of an hour before it.
        earlier: String,
        /// The first quarter of an hour after it.
        later: String,
    },
    /// More buckets than are given out at once.
    TooManyBuckets {
        /// How many there would be.
        buckets: usize,
        /// The limit.
        buckets_max: usize,
        /// The interval asked for.
        interval: String,
    },
}

impl fmt::Display for CalendarError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}; hint: {}", self.reason(), self.hint())
    }
}

impl std::error::Error for CalendarError {}

const OFFERED: &str = "PT15M, PT30M, PT1H, PT2H, PT3H, PT4H, PT6H, PT8H, PT12H, P1D, P7D or P1M";

/// As much of a text as an error repeats.
const SHOWN_CHARACTERS_MAX: usize = 60;

impl CalendarError {
    /// What is wrong.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::IntervalUnreadable { text } => format!("`{text}` is not an ISO 8601 duration"),
            Self::IntervalNotOffered { text, why } => format!("`{text}` {why}"),
            Self::ZoneUnknown { text, .. } => format!("there is no time zone `{text}`"),
            Self::InstantUnreadable { text, .. } => format!("`{text}` is not an instant"),
            Self::InstantImplausible { text, .. } => {
                format!("`{text}` lies outside the years 2000 to 2099")
            }
            Self::RangeEmpty { from, to } => format!("the range from {from} to {to} is empty"),
            Self::RangeReversed { from, to } => {
                format!("the range from {from} to {to} ends before it begins")
            }
            Self::NotOnQuarterHour { edge, instant, .. } => format!(
                "`{edge}` is {instant}, which is not on a quarter of an hour, the shortest interval there is"
            ),
            Self::TooManyBuckets { buckets, buckets_max, interval } => format!(
                "the range holds {buckets} buckets of {interval} and at most {buckets_max} are given at once"
            ),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::IntervalUnreadable { .. } | Self::IntervalNotOffered { .. } => format!("use {OFFERED}"),
            Self::ZoneUnknown { hint, .. } => hint.clone(),
            Self::InstantUnreadable { hint, .. } => format!(
                "{hint}use 2026-03-29T02:30:00+02:00, milliseconds since 1970, a local 2026-03-29 or \
                 2026-03-29T02:30, today, yesterday, now, or now-1d"
            ),
            Self::InstantImplausible { hint, .. } => (*hint).to_owned(),
            Self::RangeEmpty { .. } => "`to` is not part of the range, so let it be later".to_owned(),
            Self::RangeReversed { .. } => "exchange `from` and `to`".to_owned(),
            Self::NotOnQuarterHour { earlier, later, .. } => format!("use {earlier} or {later}"),
            Self::TooManyBuckets { .. } => "ask for a shorter range or a longer interval".to_owned(),
        }
    }

    /// The name of the rule, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::IntervalUnreadable { .. } => "interval_unreadable",
            Self::IntervalNotOffered { .. } => "interval_not_offered",
            Self::ZoneUnknown { .. } => "zone_unknown",
            Self::InstantUnreadable { .. } => "instant_unreadable",
            Self::InstantImplausible { .. } => "instant_implausible",
            Self::RangeEmpty { .. } => "range_empty",
            Self::RangeReversed { .. } => "range_reversed",
            Self::NotOnQuarterHour { .. } => "not_on_quarter_hour",
            Self::TooManyBuckets { .. } => "too_many_buckets",
        }
    }
}

/// A sender's text, cut to a length that is fit to be repeated to them.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
