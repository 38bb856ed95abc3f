//! Which values a text can have: parameters and members whose names are few.

use attempt_ledger_domain::timeline::AttemptState;
use attempt_ledger_domain::{EventKind, Observation, QueueType, Rule};
use attempt_ledger_projections::history::{Attribution, Dimension};
use attempt_ledger_projections::metrics::{Operator, Policy};
use attempt_ledger_projections::{AttemptClass, OfferOutcome};
use serde_json::{Value, json};

use super::visit::{each_operation, entries};
use crate::files::{DecimalMark, FileFormat};
use crate::ledger::RefusalStatus;
use crate::read_store::Projection;

/// The names of the values of a type.
type Names = fn() -> Vec<&'static str>;

/// Parameters, by name.
const PARAMETERS: [(&str, Names); 13] = [
    ("attribution", attributions),
    ("class", classes),
    ("code", rules),
    ("decimal", || DecimalMark::ALL.map(DecimalMark::name).to_vec()),
    ("event", reported),
    ("format", formats),
    ("operator", operators),
    ("order", || vec!["newest", "oldest"]),
    ("outcome", outcomes),
    ("policy", policies),
    ("separator", || vec![",", ";", "|", "\t"]),
    ("state", states),
    ("status", statuses),
];

/// Members of answers: the schema, the member, its values.
const MEMBERS: [(&str, &str, Names); 28] = [
    ("AttemptAnswer", "queue_type", queue_types),
    ("AttemptAnswer", "state", states),
    ("AttemptRowAnswer", "class", classes),
    ("AttemptRowAnswer", "queue_type", queue_types),
    ("AttemptRowAnswer", "state", states),
    ("CauseAnswer", "event", events),
    ("CauseAnswer", "kind", || vec!["event", "observation", "refusal"]),
    ("CauseAnswer", "observation", observations),
    ("ComparedAnswer", "projection", projections),
    ("EventAnswer", "event", events),
    ("EventAnswer", "kind", || vec!["event", "observation", "refusal", "queue"]),
    ("EventAnswer", "observation", observations),
    ("EventAnswer", "queue_type", queue_types),
    ("EventAnswer", "rule", rules),
    ("EventAnswer", "verdict", || vec!["replayed", "dismissed"]),
    ("HistoryAnswer", "attribution", attributions),
    ("OfferRowAnswer", "outcome", outcomes),
    ("ParametersAnswer", "operator", operators),
    ("ParametersAnswer", "policy", policies),
    ("ReceiptAnswer", "code", rules),
    ("ReceiptAnswer", "event", events),
    ("ReceiptAnswer", "kind", || vec!["observation"]),
    ("ReceiptAnswer", "observation", observations),
    ("ReceiptAnswer", "outcome", || vec!["recorded", "duplicate", "refused", "skipped"]),
    ("RefusalAnswer", "code", rules),
    ("RefusalAnswer", "event", events),
    ("RefusalAnswer", "status", statuses),
    ("ResultAnswer", "dimension", || Dimension::ALL.map(Dimension::name).to_vec()),
];

fn attributions() -> Vec<&'static str> {
    Attribution::ALL.map(Attribution::name).to_vec()
}

fn classes() -> Vec<&'static str> {
    AttemptClass::ALL.map(AttemptClass::name).to_vec()
}

/// What a delivery may be called: the eight events, and what is observed beside them.
fn reported() -> Vec<&'static str> {
    EventKind::ALL.map(EventKind::wire_name).into_iter().chain(observations()).collect()
}

fn observations() -> Vec<&'static str> {
    Observation::ALL.map(Observation::name).to_vec()
}

fn events() -> Vec<&'static str> {
    EventKind::ALL.map(EventKind::name).to_vec()
}

fn formats() -> Vec<&'static str> {
    ["json"].into_iter().chain(FileFormat::ALL.map(FileFormat::name)).collect()
}

fn operators() -> Vec<&'static str> {
    [Operator::LessThan, Operator::AtMost].map(Operator::name).to_vec()
}

fn outcomes() -> Vec<&'static str> {
    OfferOutcome::ALL.map(OfferOutcome::name).to_vec()
}

fn policies() -> Vec<&'static str> {
    Policy::ALL.map(Policy::name).to_vec()
}

fn projections() -> Vec<&'static str> {
    Projection::ALL.map(Projection::name).to_vec()
}

fn queue_types() -> Vec<&'static str> {
    QueueType::ALL.map(QueueType::name).to_vec()
}

fn rules() -> Vec<&'static str> {
    Rule::ALL.iter().map(|rule| rule.code()).collect()
}

fn states() -> Vec<&'static str> {
    AttemptState::ALL.map(AttemptState::name).to_vec()
}

fn statuses() -> Vec<&'static str> {
    [RefusalStatus::Open, RefusalStatus::Replayed, RefusalStatus::Dismissed].map(RefusalStatus::name).to_vec()
}

/// Names the values of parameters and members.
pub fn name_values(document: &mut Value) {
    each_operation(document, &mut |_, _, operation| {
        for parameter in entries(operation, "parameters") {
            let named = PARAMETERS.iter().find(|(name, _)| parameter["name"] == *name);
            if let Some((_, names)) = named {
                parameter["schema"]["enum"] = of_type(&parameter["schema"], names());
            }
            if parameter["name"] == "queue_type" {
                // Its number is taken, too, and a name in any case.
                parameter["schema"]["examples"] = json!(queue_types());
            }
        }
    });
    for (schema, member, names) in MEMBERS {
        let place = member_of(&mut document["components"]["schemas"][schema], member);
        let place = place.unwrap_or_else(|| panic!("{schema} has no member {member}"));
        place["enum"] = of_type(place, names());
    }
}

/// A member of a schema, or of the parts that it is put together from.
fn member_of<'s>(schema: &'s mut Value, member: &str) -> Option<&'s mut Value> {
    let is_whole = schema["properties"].get(member).is_some();
    if is_whole {
        return schema["properties"].get_mut(member);
    }
    schema["allOf"].as_array_mut()?.iter_mut().find_map(|part| part.get_mut("properties")?.get_mut(member))
}

/// The values of a schema that has these names, and nothing else unless that is of its type, too.
fn of_type(schema: &Value, names: Vec<&'static str>) -> Value {
    let may_be_null = schema["type"].as_array().is_some_and(|types| types.contains(&json!("null")));
    let names = names.into_iter().map(Value::from);
    names.chain(may_be_null.then_some(Value::Null)).collect()
}
