//! The types that a column can have: how each is kept, and how it is read back.

use std::borrow::Cow;
use std::collections::BTreeSet;

use attempt_ledger_domain::timeline::{AttemptState, EndedBy, MissedBy};
use attempt_ledger_domain::{
    AgentId, AttemptId, EventKind, HookName, Position, QueueId, QueueType, Revision, Rule, UnixMillis,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::value::{StoredValue, ValueKind};
use crate::seconds::Seconds;
use crate::variables::Variables;

/// A type that a column can have.
pub trait ColumnType: Sized {
    /// What its values are.
    const KIND: ValueKind;
    /// Whether a value may be absent.
    const IS_OPTIONAL: bool = false;

    /// The value as a store keeps it.
    fn stored(&self) -> Option<StoredValue<'_>>;

    /// Reads back what a store keeps.
    ///
    /// # Errors
    /// A reason, for what [`ColumnType::stored`] never returns.
    fn of_stored(stored: Option<StoredValue<'_>>) -> Result<Self, String>;
}

impl<T: ColumnType> ColumnType for Option<T> {
    const KIND: ValueKind = T::KIND;
    const IS_OPTIONAL: bool = true;

    fn stored(&self) -> Option<StoredValue<'_>> {
        self.as_ref()?.stored()
    }

    fn of_stored(stored: Option<StoredValue<'_>>) -> Result<Self, String> {
        stored.map(|stored| T::of_stored(Some(stored))).transpose()
    }
}

/// The number that a store keeps.
pub(crate) fn integer(stored: Option<StoredValue<'_>>) -> Result<i64, String> {
    match stored {
        Some(StoredValue::Integer(number)) => Ok(number),
        Some(StoredValue::Real(number)) => Err(format!("{number} is not whole")),
        Some(StoredValue::Text(text)) => Err(format!("{text:?} is no number")),
        None => Err("a number is missing".to_owned()),
    }
}

/// The text that a store keeps.
pub(crate) fn text(stored: Option<StoredValue<'_>>) -> Result<Cow<'_, str>, String> {
    match stored {
        Some(StoredValue::Text(text)) => Ok(text),
        Some(StoredValue::Integer(number)) => Err(format!("{number} is no text")),
        Some(StoredValue::Real(number)) => Err(format!("{number} is no text")),
        None => Err("a text is missing".to_owned()),
    }
}

/// Types that are kept as whole numbers. What a store cannot hold is beyond what any producer or log reaches.
macro_rules! kept_as_integer {
    ($($type:ty, $kind:ident, $store:expr, $read:expr;)+) => {$(
        impl $crate::table::ColumnType for $type {
            const KIND: $crate::table::ValueKind = $crate::table::ValueKind::$kind;

            fn stored(&self) -> Option<$crate::table::StoredValue<'_>> {
                let store: fn($type) -> i64 = $store;
                Some($crate::table::StoredValue::Integer(store(*self)))
            }

            fn of_stored(stored: Option<$crate::table::StoredValue<'_>>) -> Result<Self, String> {
                let number = $crate::table::integer(stored)?;
                let read: fn(i64) -> Option<$type> = $read;
                read(number).ok_or_else(|| format!("{number} is out of range"))
            }
        }
    )+};
}

fn signed(unsigned: u64) -> i64 {
    i64::try_from(unsigned).unwrap_or(i64::MAX)
}

kept_as_integer! {
    i64, Integer, |number| number, Some;
    AttemptId, Integer, |id| id.0, |number| Some(AttemptId(number));
    QueueId, Integer, |id| id.0, |number| Some(QueueId(number));
    AgentId, Integer, |id| id.0, |number| Some(AgentId(number));
    u32, Count, i64::from, |number| u32::try_from(number).ok();
    Revision, Count, |revision| i64::from(revision.0), |number| u32::try_from(number).ok().map(Revision);
    Position, Position, |position| signed(position.0), |number| u64::try_from(number).ok().map(Position);
    UnixMillis, Time, |at| at.0, |number| Some(UnixMillis(number));
    u64, Duration, signed, |number| u64::try_from(number).ok();
    bool, Boolean, i64::from, |number| (number & 1 == number).then_some(number == 1);
}

/// Types that are kept by their name.
macro_rules! kept_as_name {
    ($($type:ty, $name:path;)+) => {$(
        impl $crate::table::ColumnType for $type {
            const KIND: $crate::table::ValueKind = $crate::table::ValueKind::Text;

            fn stored(&self) -> Option<$crate::table::StoredValue<'_>> {
                Some($crate::table::StoredValue::Text($name(*self).into()))
            }

            fn of_stored(stored: Option<$crate::table::StoredValue<'_>>) -> Result<Self, String> {
                let name = $crate::table::text(stored)?;
                <$type>::parse(&name).ok_or_else(|| format!("{name:?} is no known name"))
            }
        }
    )+};
}

kept_as_name! {
    QueueType, QueueType::name;
    EventKind, EventKind::name;
    HookName, HookName::name;
    AttemptState, AttemptState::name;
    EndedBy, EndedBy::name;
    MissedBy, MissedBy::name;
    Rule, Rule::code;
}

impl ColumnType for String {
    const KIND: ValueKind = ValueKind::Text;

    fn stored(&self) -> Option<StoredValue<'_>> {
        Some(StoredValue::Text(Cow::Borrowed(self)))
    }

    fn of_stored(stored: Option<StoredValue<'_>>) -> Result<Self, String> {
        text(stored).map(Cow::into_owned)
    }
}

impl ColumnType for Uuid {
    const KIND: ValueKind = ValueKind::Text;

    fn stored(&self) -> Option<StoredValue<'_>> {
        Some(StoredValue::Text(Cow::Owned(self.to_string())))
    }

    fn of_stored(stored: Option<StoredValue<'_>>) -> Result<Self, String> {
        let id = text(stored)?;
        id.parse().map_err(|_| format!("{id:?} is no id"))
    }
}

impl ColumnType for Seconds {
    const KIND: ValueKind = ValueKind::Seconds;

    fn stored(&self) -> Option<StoredValue<'_>> {
        Some(StoredValue::Real(self.number()))
    }

    fn of_stored(stored: Option<StoredValue<'_>>) -> Result<Self, String> {
        let number = match stored {
            Some(StoredValue::Real(number)) => Self::of(number),
            other => return Err(format!("{other:?} are no seconds")),
        };
        number.ok_or_else(|| "seconds without end".to_owned())
    }
}

impl ColumnType for Variables {
    const KIND: ValueKind = ValueKind::Object;

    fn stored(&self) -> Option<StoredValue<'_>> {
        Some(StoredValue::Text(Cow::Owned(self.to_json())))
    }

    fn of_stored(stored: Option<StoredValue<'_>>) -> Result<Self, String> {
        serde_json::from_str(&text(stored)?).map_err(|error| error.to_string())
    }
}

/// A set of names, as a JSON array: the hooks that a queue is defined to send, its variables.
impl<T: Serialize + DeserializeOwned + Ord> ColumnType for BTreeSet<T> {
    const KIND: ValueKind = ValueKind::Text;

    fn stored(&self) -> Option<StoredValue<'_>> {
        let names = serde_json::to_string(self).expect("names are JSON");
        Some(StoredValue::Text(Cow::Owned(names)))
    }

    fn of_stored(stored: Option<StoredValue<'_>>) -> Result<Self, String> {
        serde_json::from_str(&text(stored)?).map_err(|error| error.to_string())
    }
}

pub(crate) use {kept_as_integer, kept_as_name};
