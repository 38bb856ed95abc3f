//! One operation: its parameters, what is sent, and what is answered.

use std::fmt::Write as _;

use serde_json::Value;

use super::markup::{block, code, escape, inline, text};
use super::schema::type_of;
use crate::http::api::document::visit::JSON;

/// Writes one operation.
pub fn write(html: &mut String, method: &str, path: &str, operation: &Value) {
    let _ = write!(
        html,
        "<section id=\"{}\"><h3>{} {}</h3>{}{}",
        text(&operation["operationId"]),
        method.to_uppercase(),
        code(path),
        block(&operation["summary"]),
        block(&operation["description"])
    );
    write_parameters(html, operation);
    write_request(html, method, path, operation);
    write_answers(html, operation);
    html.push_str("</section>");
}

fn write_parameters(html: &mut String, operation: &Value) {
    let Some(parameters) = operation["parameters"].as_array().filter(|all| !all.is_empty()) else { return };
    html.push_str(
        "<h4>Parameters</h4><div class=\"wide\"><table>\
         <tr><th>name</th><th>in</th><th>type</th><th>meaning</th></tr>",
    );
    for parameter in parameters {
        let _ = write!(
            html,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            code(parameter["name"].as_str().unwrap_or_default()),
            text(&parameter["in"]),
            type_of(&parameter["schema"]),
            inline(parameter["description"].as_str().unwrap_or_default())
        );
    }
    html.push_str("</table></div>");
}

fn write_request(html: &mut String, method: &str, path: &str, operation: &Value) {
    let Some(content) = operation["requestBody"]["content"].as_object() else { return };
    html.push_str("<h4>Body</h4>");
    // What most senders write comes first.
    let (json, others): (Vec<_>, Vec<_>) = content.iter().partition(|(name, _)| *name == JSON);
    for (media_type, content) in json.into_iter().chain(others) {
        let _ = write!(html, "<p>{}: {}", code(media_type), type_of(&content["schema"]));
        let meaning = inline(content["schema"]["description"].as_str().unwrap_or_default());
        let _ = write!(html, "{}{meaning}</p>", if meaning.is_empty() { "" } else { ". " });
        for example in examples(content) {
            let _ = write!(html, "<pre>{}</pre>", escape(&curl(method, path, media_type, example)));
        }
    }
}

/// A call that sends an example, for a shell.
fn curl(method: &str, path: &str, media_type: &str, example: &Value) -> String {
    let body = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
    // A number and names that exist in the lifecycle; an id of a refusal is the reader's own.
    let path = path
        .replace("{queue_type}", "inbound_queue")
        .replace("{event}", "offering")
        .replace("{queue_id}", "17")
        .replace("{refusal_id}", "REFUSAL_ID");
    format!(
        "curl -X {} -H 'content-type: {media_type}' http://127.0.0.1:7878{path} \\\n  --data-binary '{}'",
        method.to_uppercase(),
        body.replace('\'', r"'\''")
    )
}

fn write_answers(html: &mut String, operation: &Value) {
    html.push_str(
        "<h4>Answers</h4><div class=\"wide\"><table><tr><th>status</th><th>body</th><th>meaning</th></tr>",
    );
    let responses = || operation["responses"].as_object().into_iter().flatten();
    for (status, response) in responses() {
        let contents = response["content"].as_object().into_iter().flatten();
        let body = |(media_type, content): (&String, &Value)| {
            let schema =
                if content.get("schema").is_some() { type_of(&content["schema"]) } else { "bytes".into() };
            format!("{}: {schema}", code(media_type))
        };
        let bodies: Vec<_> = contents.map(body).collect();
        let _ = write!(
            html,
            "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
            escape(status),
            bodies.join("<br>"),
            inline(response["description"].as_str().unwrap_or_default())
        );
    }
    html.push_str("</table></div>");
    for (status, response) in responses() {
        for (media_type, content) in response["content"].as_object().into_iter().flatten() {
            for example in examples(content) {
                write_example(html, status, media_type, example);
            }
        }
    }
}

fn write_example(html: &mut String, status: &str, media_type: &str, example: &Value) {
    let pretty = || serde_json::to_string_pretty(example).unwrap_or_default();
    let body = example.as_str().map_or_else(pretty, str::to_owned);
    let _ = write!(
        html,
        "<details><summary>{} {}</summary><pre>{}</pre></details>",
        escape(status),
        code(media_type),
        escape(&body)
    );
}

/// The examples of a body: one, or several with names.
fn examples(content: &Value) -> impl Iterator<Item = &Value> {
    let several = content["examples"].as_object().into_iter().flatten().map(|(_, one)| &one["value"]);
    content.get("example").into_iter().chain(several)
}
