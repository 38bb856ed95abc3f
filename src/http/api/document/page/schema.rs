//! Schemas: the types of members, the values that they can have, and tables of fields.

use std::fmt::Write as _;

use serde_json::Value;

use super::markup::{block, code, escape, inline};

/// How a reference to a schema begins.
const REFERENCE: &str = "#/components/schemas/";

/// Writes what a schema consists of.
pub fn write(html: &mut String, name: &str, schema: &Value) {
    let name = escape(name);
    let _ = write!(html, "<section id=\"{name}\"><h3>{name}</h3>{}", block(&schema["description"]));
    let fields = fields(schema);
    let rows: Vec<_> = fields.iter().filter(|(_, _, field)| !field.is_null()).collect();
    if rows.is_empty() {
        let _ = write!(html, "<p>{}</p>", type_of(schema));
    } else {
        html.push_str("<div class=\"wide\"><table><tr><th>field</th><th>type</th><th>meaning</th></tr>");
        for (field, is_required, schema) in rows {
            let absent = if *is_required { "" } else { " <small>may be absent</small>" };
            let _ = write!(
                html,
                "<tr><td>{}{absent}</td><td>{}</td><td>{}</td></tr>",
                code(field),
                type_of(schema),
                inline(schema["description"].as_str().unwrap_or_default())
            );
        }
        html.push_str("</table></div>");
    }
    for part in parts(schema) {
        if let Some(reference) = part["$ref"].as_str() {
            let _ = write!(html, "<p>And the fields of {}.</p>", link(reference));
        } else if let Some(reference) = part["anyOf"][0]["$ref"].as_str() {
            let _ = write!(html, "<p>And the fields of {}, or none of them.</p>", link(reference));
        }
    }
    html.push_str("</section>");
}

fn parts(schema: &Value) -> impl Iterator<Item = &Value> {
    schema["allOf"].as_array().into_iter().flatten()
}

/// The fields of a schema itself, without those of its parts: name, whether it is always there, schema.
fn fields(schema: &Value) -> Vec<(&str, bool, &Value)> {
    let whole = std::iter::once(schema).chain(parts(schema));
    let fields = whole.flat_map(|part| {
        let fields = part["properties"].as_object().into_iter().flatten();
        fields.map(move |(name, field)| {
            let required = part["required"].as_array();
            let is_required = required.is_some_and(|all| all.iter().any(|one| one == name.as_str()));
            (name.as_str(), is_required, field)
        })
    });
    fields.collect()
}

/// A schema in a few words: its type, or what it refers to, and its values if they are few.
pub fn type_of(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return link(reference);
    }
    for alternatives in ["oneOf", "anyOf", "allOf"] {
        if let Some(all) = schema[alternatives].as_array() {
            let between = if alternatives == "allOf" { " and " } else { " or " };
            return all.iter().map(type_of).collect::<Vec<_>>().join(between);
        }
    }
    let name = named_type(schema);
    match (schema["enum"].as_array(), schema["examples"].as_array()) {
        (Some(values), _) => format!("{name}: {}", values_of(values)),
        (None, Some(values)) => format!("{name}, as {}", values_of(values)),
        (None, None) => name,
    }
}

fn values_of(values: &[Value]) -> String {
    let value = |value: &Value| code(&value.as_str().map_or_else(|| value.to_string(), readable));
    values.iter().filter(|value| !value.is_null()).map(value).collect::<Vec<_>>().join(", ")
}

/// A value whose characters can all be seen.
fn readable(value: &str) -> String {
    value.replace('\t', "%09")
}

fn named_type(schema: &Value) -> String {
    let types = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => return "anything".to_owned(),
    };
    let name = |one: &str| match one {
        "array" => format!("list of {}", type_of(&schema["items"])),
        "object" if schema["additionalProperties"].is_object() => {
            format!("by name: {}", type_of(&schema["additionalProperties"]))
        }
        other => match schema["format"].as_str() {
            Some(format) => format!("{} ({})", escape(other), escape(format)),
            None => escape(other),
        },
    };
    types.into_iter().map(name).collect::<Vec<_>>().join(" or ")
}

fn link(reference: &str) -> String {
    let name = escape(reference.strip_prefix(REFERENCE).unwrap_or(reference));
    format!("<a href=\"#{name}\">{name}</a>")
}
