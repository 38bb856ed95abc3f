//! The documented fields that lists are filtered by: one table for the API, the command line and the stores.

use serde::Serialize;

use crate::link_row::LinkKind;
use crate::seconds::Seconds;
use crate::table::{StoredValue, TableRow};
use crate::{AttemptRow, OfferRow};
use attempt_ledger_domain::timeline::EndedBy;

/// What the values of a field are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A whole number.
    Integer,
    /// A number of seconds.
    Seconds,
    /// A text, met exactly.
    Text,
    /// True or false.
    Boolean,
    /// Who ended an attempt.
    EndedBy,
}

/// Which attempts a field's value means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldOwner {
    /// Those whose row has it.
    Attempt,
    /// Those whose row, or one of whose legs, has it.
    AttemptOrLeg,
    /// Those of which a delivery names it as the id of a leg.
    Link(LinkKind),
}

/// A field by which lists are filtered.
#[derive(Debug)]
pub struct DocumentedField {
    /// Its name in hooks and filters.
    pub name: &'static str,
    /// What its values are.
    pub kind: FieldKind,
    /// The column that keeps it.
    pub column: &'static str,
    /// Which attempts a value means.
    pub owner: FieldOwner,
    /// Whether a leg has it, too.
    pub is_of_leg: bool,
    /// What a filter by it means.
    pub meaning: &'static str,
}

macro_rules! fields {
    ($($name:ident: $kind:ident in $column:ident, $owner:expr, $is_of_leg:literal, $meaning:literal;)+) => {
        &[$(DocumentedField {
            name: stringify!($name),
            kind: FieldKind::$kind,
            column: stringify!($column),
            owner: $owner,
            is_of_leg: $is_of_leg,
            meaning: $meaning,
        }),+]
    };
}

use FieldOwner::{Attempt, AttemptOrLeg, Link};

/// Every field by which lists are filtered beside those that have a meaning of their own there.
pub const DOCUMENTED_FIELDS: &[DocumentedField] = fields! {
    agent_channel_id: Text in agent_channel_id, Link(LinkKind::AgentLeg), true,
        "The id of an agent's leg of the call at the dialer";
    agent_extension: Text in agent_extension, AttemptOrLeg, true, "An agent's extension";
    agent_name: Text in agent_name, AttemptOrLeg, true, "An agent's exact name";
    amd_result: Text in amd_result, Attempt, false, "What answering machine detection said last";
    call_bill_sec: Seconds in call_bill_sec, Attempt, true, "Seconds from the connection";
    call_cause: Text in call_cause, Attempt, false, "Why the call was hung up, such as USER_BUSY";
    call_duration: Seconds in call_duration, Attempt, true, "Seconds of the call";
    call_sip_code: Integer in call_sip_code, Attempt, false, "The SIP code, such as 486";
    call_voice_sec: Seconds in call_voice_sec, Attempt, true, "Seconds from the answer";
    cc_attempt_seq: Integer in attempt_seq, Attempt, false, "Which try at the member it is";
    cc_result: Text in result, Attempt, false, "The same as result";
    ended_by: EndedBy in ended_by, Attempt, false, "Who ended it: caller, agent or dialer";
    member_channel_id: Text in member_channel_id, Link(LinkKind::MemberLeg), true,
        "The id of the subscriber's leg of the call at the dialer";
    member_name: Text in member_name, Attempt, true, "The member's or caller's exact name";
    use_processing: Boolean in use_processing, Attempt, true,
        "Whether after-call work follows (Webitel states true or nothing: false finds none of its)";
    user_id: Integer in user_id, AttemptOrLeg, true, "An agent's user at the dialer";
};

impl DocumentedField {
    /// The field of a name.
    ///
    /// # Panics
    /// For a name that is not in the table.
    #[must_use]
    pub fn named(name: &str) -> &'static Self {
        DOCUMENTED_FIELDS.iter().find(|field| field.name == name).expect("filters name fields of the table")
    }

    /// Reads a value as it is written in a filter.
    ///
    /// # Errors
    /// What it must be.
    pub fn read(&self, text: &str) -> Result<FieldValue, &'static str> {
        match self.kind {
            FieldKind::Integer => {
                text.parse().map(FieldValue::Integer).map_err(|_| "it must be a whole number")
            }
            FieldKind::Seconds => {
                let seconds = text.parse().ok().and_then(Seconds::of);
                seconds.map(FieldValue::Seconds).ok_or("it must be a number of seconds")
            }
            FieldKind::Text => Ok(FieldValue::Text(text.to_owned())),
            FieldKind::Boolean => match text {
                "true" => Ok(FieldValue::Integer(1)),
                "false" => Ok(FieldValue::Integer(0)),
                _ => Err("it must be one of true, false"),
            },
            FieldKind::EndedBy => match EndedBy::parse(text) {
                Some(who) => Ok(FieldValue::Text(who.name().to_owned())),
                None => Err("it must be one of caller, agent, dialer"),
            },
        }
    }
}

/// A value that a filter asks for, as a store keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum FieldValue {
    /// A whole number, or truth as 1 or 0.
    Integer(i64),
    /// A number of seconds.
    Seconds(Seconds),
    /// A text, or a name.
    Text(String),
}

impl FieldValue {
    /// The value as a store keeps it.
    #[must_use]
    pub fn stored(&self) -> StoredValue<'_> {
        match self {
            Self::Integer(number) => StoredValue::Integer(*number),
            Self::Seconds(seconds) => StoredValue::Real(seconds.number()),
            Self::Text(text) => StoredValue::Text(text.as_str().into()),
        }
    }
}

/// A field and the value that it shall have.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct FieldQuestion {
    /// The field's name.
    pub name: &'static str,
    /// The value.
    pub value: FieldValue,
}

impl FieldQuestion {
    /// The field.
    #[must_use]
    pub fn field(&self) -> &'static DocumentedField {
        DocumentedField::named(self.name)
    }

    /// Whether the field of a leg has the value.
    #[must_use]
    pub fn means_leg(&self, leg: &OfferRow) -> bool {
        holds(leg, self.field().column, &self.value)
    }

    /// Whether an attempt or one of its legs has the value. Ids of legs are told by links.
    #[must_use]
    pub fn means_rows(&self, attempt: &AttemptRow, legs: &[OfferRow]) -> bool {
        let field = self.field();
        let of_leg = || field.owner == AttemptOrLeg && legs.iter().any(|leg| self.means_leg(leg));
        holds(attempt, field.column, &self.value) || of_leg()
    }
}

fn holds<R: TableRow>(row: &R, column: &str, value: &FieldValue) -> bool {
    let column = R::COLUMNS.iter().find(|known| known.name == column).expect("a field has a column");
    (column.value)(row).is_some_and(|kept| kept == value.stored())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_its_column_in_each_table_that_it_is_asked_of() {
        let has = |columns: &[&str], name: &str| columns.contains(&name);
        let attempts: Vec<&str> = AttemptRow::COLUMNS.iter().map(|column| column.name).collect();
        let offers: Vec<&str> = OfferRow::COLUMNS.iter().map(|column| column.name).collect();
        for field in DOCUMENTED_FIELDS {
            assert!(has(&attempts, field.column), "{}", field.name);
            assert!(!field.is_of_leg || has(&offers, field.column), "{}", field.name);
            assert!(field.owner != AttemptOrLeg || field.is_of_leg, "{}", field.name);
        }
        assert!(DOCUMENTED_FIELDS.is_sorted_by_key(|field| field.name));
    }

    #[test]
    fn values_are_read_as_their_field_means_them() {
        let read = |name, text| DocumentedField::named(name).read(text);
        assert_eq!(read("call_duration", "12.0"), read("call_duration", "12"));
        assert_eq!(read("use_processing", "true"), Ok(FieldValue::Integer(1)));
        assert!(read("use_processing", "1").is_err() && read("user_id", "x").is_err());
        assert!(read("call_bill_sec", "NaN").is_err() && read("ended_by", "nobody").is_err());
    }
}
