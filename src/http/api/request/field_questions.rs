//! Filters by documented fields and by variables: the parameters follow from the one table of fields.

use attempt_ledger_projections::{DOCUMENTED_FIELDS, DocumentedField, FieldKind, FieldQuestion};
use serde_json::json;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::{Object, ObjectBuilder, Required, Type};

use super::query_fault::QueryFault;
use super::query_string::QueryString;

/// What a variable's parameter begins with.
pub const VARIABLE: &str = "variable.";

/// Fields by which attempts are filtered, and the parameters that ask for them.
pub struct AttemptFields;

/// Fields by which legs are filtered.
pub struct LegFields;

/// Parameters that ask for variables.
pub struct VariableTexts;

impl AttemptFields {
    /// Reads the fields and values that are asked for.
    pub fn read(query: &mut QueryString) -> Result<Vec<FieldQuestion>, QueryFault> {
        read(query, |_| true)
    }
}

impl LegFields {
    /// Reads the fields and values that are asked for.
    pub fn read(query: &mut QueryString) -> Result<Vec<FieldQuestion>, QueryFault> {
        read(query, |field| field.is_of_leg)
    }
}

fn read(
    query: &mut QueryString,
    is_meant: impl Fn(&DocumentedField) -> bool,
) -> Result<Vec<FieldQuestion>, QueryFault> {
    let mut asked = Vec::new();
    for field in DOCUMENTED_FIELDS.iter().filter(|field| is_meant(field)) {
        if let Some(text) = query.text(field.name)? {
            let unreadable = |reason: &str| QueryFault::Malformed(field.name.to_owned(), reason.to_owned());
            asked.push(FieldQuestion { name: field.name, value: field.read(&text).map_err(unreadable)? });
        }
    }
    Ok(asked)
}

impl IntoParams for AttemptFields {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        DOCUMENTED_FIELDS.iter().map(|field| parameter(field, false)).collect()
    }
}

impl IntoParams for LegFields {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        DOCUMENTED_FIELDS.iter().filter(|field| field.is_of_leg).map(|field| parameter(field, true)).collect()
    }
}

impl IntoParams for VariableTexts {
    /// Any names: in the form that OpenAPI calls exploded, each member of the object is a parameter.
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let name = text().pattern(Some(r"^variable\..+$")).build();
        let members = ObjectBuilder::new().property_names(Some(name));
        let members = members.additional_properties(Some(text())).build();
        let meaning = "Exact texts of variables that the queue declares: `variable.region=north` \
                       for the variable `region`. Each is a parameter of its own.";
        let parameter = ParameterBuilder::new()
            .name("variables")
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .description(Some(meaning))
            .style(Some(ParameterStyle::Form))
            .explode(Some(true))
            .schema(Some(members))
            .example(Some(json!({ "variable.region": "north" })));
        vec![parameter.build()]
    }
}

fn parameter(field: &DocumentedField, is_of_leg: bool) -> Parameter {
    let schema: Object = match field.kind {
        FieldKind::Integer => ObjectBuilder::new().schema_type(Type::Integer).build(),
        FieldKind::Seconds => ObjectBuilder::new().schema_type(Type::Number).build(),
        FieldKind::Boolean => ObjectBuilder::new().schema_type(Type::Boolean).build(),
        FieldKind::Text | FieldKind::EndedBy => ObjectBuilder::new().schema_type(Type::String).build(),
    };
    let of_leg = if is_of_leg { ", of this leg" } else { "" };
    ParameterBuilder::new()
        .name(field.name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(format!("{}{of_leg}.", field.meaning)))
        .schema(Some(schema))
        .build()
}
