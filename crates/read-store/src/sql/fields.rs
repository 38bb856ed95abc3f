//! Conditions on documented fields and on variables.

use attempt_ledger_domain::Position;
use attempt_ledger_projections::{FieldOwner, FieldQuestion, Variables, leg_link_id};

use super::dialect::Conditions;
use super::layout::number;
use crate::question::leg_ids;

/// Attempts that have these fields. The ids of legs are found by the links, which have an index, and which
/// know every delivery, of those up to `known_at` where it is given.
pub(super) fn of_attempts(conditions: &mut Conditions, fields: &[FieldQuestion], known_at: Option<Position>) {
    for asked in fields {
        let (field, value) = (asked.field(), asked.value.stored());
        let column = field.column;
        match field.owner {
            FieldOwner::Attempt => conditions.stored(&format!("{column} = ?"), value),
            FieldOwner::AttemptOrLeg => {
                let of_leg = format!(
                    "EXISTS (SELECT 1 FROM offers AS leg \
                     WHERE leg.attempt_id = attempts.attempt_id AND leg.{column} = ?)"
                );
                conditions.stored(&format!("(attempts.{column} = ? OR {of_leg})"), value);
            }
            FieldOwner::Link(_) => {}
        }
    }
    linked(conditions, fields, known_at);
}

/// Legs that have these fields.
pub(super) fn of_legs(conditions: &mut Conditions, fields: &[FieldQuestion]) {
    for asked in fields {
        conditions.stored(&format!("{} = ?", asked.field().column), asked.value.stored());
    }
    linked(conditions, fields, None);
}

fn linked(conditions: &mut Conditions, fields: &[FieldQuestion], known_at: Option<Position>) {
    for (kind, id) in leg_ids(fields) {
        let kind = kind.name();
        let id = conditions.place(&*leg_link_id(id));
        let known = known_at.map(|position| conditions.place(number(position.0)));
        let known = known.map(|position| format!(" AND first_position <= {position}")).unwrap_or_default();
        conditions.add(&format!(
            "attempt_id IN (SELECT attempt_id FROM links WHERE kind = '{kind}' AND id = {id}{known})"
        ));
    }
}

/// Attempts that have these variables, of queues that declare them. `place_of` returns where a text begins in
/// another one.
pub(super) fn variables(conditions: &mut Conditions, variables: &[(String, String)], place_of: &str) {
    // The list's own order leads to its rows; queues that declare a variable would lead to all of theirs.
    let unindexed = conditions.dialect().unindexed;
    for (name, text) in variables {
        let [first, later] = Variables::entry_of(name, text);
        let first = conditions.place(&*first);
        let later = conditions.place(&*later);
        let declared = conditions.place(&*serde_json::to_string(name).expect("a text is JSON"));
        conditions.add(&format!(
            "({place_of}(variables, {first}) = 1 OR {place_of}(variables, {later}) > 0) \
             AND {unindexed}queue_id IN \
             (SELECT queue_id FROM queues WHERE {place_of}(queues.variables, {declared}) > 0)"
        ));
    }
}
