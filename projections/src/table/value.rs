//! The values that columns keep.

use std::borrow::Cow;

/// One value as a store keeps it; one that is absent is `None` around it.
#[derive(Clone, Debug, PartialEq)]
pub enum StoredValue<'v> {
    /// A whole number: also truth as 0 or 1, an instant, a duration, a set as its bits.
    Integer(i64),
    /// A number that need not be whole.
    Real(f64),
    /// A text, or a name.
    Text(Cow<'v, str>),
}

impl StoredValue<'_> {
    /// The same value, borrowed from nobody.
    #[must_use]
    pub fn into_owned(self) -> StoredValue<'static> {
        match self {
            Self::Integer(number) => StoredValue::Integer(number),
            Self::Real(number) => StoredValue::Real(number),
            Self::Text(text) => StoredValue::Text(Cow::Owned(text.into_owned())),
        }
    }
}

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// A number or a producer's id, of either sign.
    Integer,
    /// How many.
    Count,
    /// A place in the log.
    Position,
    /// An instant in milliseconds since 1970.
    Time,
    /// Milliseconds.
    Duration,
    /// Seconds as the dialer counts them, which need not be whole.
    Seconds,
    /// A text, or a name.
    Text,
    /// Texts by name, kept as a JSON object.
    Object,
    /// True or false, kept as 1 or 0.
    Boolean,
    /// A set of [`Gap`](crate::Gap)s, kept as its bits.
    Gaps,
    /// A set of [`AgentState`](crate::AgentState)s, kept as its bits.
    StateSet,
}

impl ValueKind {
    /// The type of such a column in the tables, as SQLite calls it.
    #[must_use]
    pub const fn sql_type(self) -> &'static str {
        match self {
            Self::Text | Self::Object => "TEXT",
            Self::Seconds => "REAL",
            _ => "INTEGER",
        }
    }
}
