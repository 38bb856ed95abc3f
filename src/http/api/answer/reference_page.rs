//! The reference page: the OpenAPI document as plain HTML, without a script and without another host.

use std::fmt::Write as _;

use attempt_ledger_domain::Rule;
use axum::http::StatusCode;
use utoipa::openapi::OpenApi;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;\
color-scheme:light dark}code,pre{font:14px/1.4 ui-monospace,monospace}table{border-collapse:collapse}\
pre{overflow-x:auto}table{margin:.75rem 0}td,th{border:1px solid #8886;padding:.25rem .6rem;text-align:left;\
vertical-align:top}\
section{border-top:1px solid #8886;margin-top:2rem}.method{font-weight:700}";

/// Renders the document once, at start.
pub fn reference_page(document: &OpenApi) -> String {
    let value = serde_json::to_value(document).expect("the document serializes");
    let mut html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>attempt-ledger API</title>\
         <style>{STYLE}</style><h1>attempt-ledger API</h1><p>{}</p>\
         <p>The same as a document for programs: <a href=\"/openapi.json\">/openapi.json</a>.</p>",
        escape(value["info"]["description"].as_str().unwrap_or_default())
    );
    for tag in value["tags"].as_array().into_iter().flatten() {
        let text = |name: &str| escape(tag[name].as_str().unwrap_or_default());
        // Writing to a String cannot fail, here and below.
        let _ = write!(html, "<h2>{}</h2><p>{}</p>", text("name"), text("description"));
        for (path, item) in value["paths"].as_object().into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                if operation["tags"][0] == tag["name"] {
                    write_operation(&mut html, path, method, operation);
                }
            }
        }
    }
    html.push_str("<section><h2>Rules</h2><table><tr><th>code</th><th>says</th><th>next step</th></tr>");
    for rule in Rule::ALL {
        let row = [rule.code(), rule.sentence(), rule.hint()].map(escape);
        let _ = write!(
            html,
            "<tr id=\"{0}\"><td><code>{0}</code></td><td>{1}</td><td>{2}</td></tr>",
            row[0], row[1], row[2]
        );
    }
    html.push_str("</table></section></html>");
    html
}

fn write_operation(html: &mut String, path: &str, method: &str, operation: &serde_json::Value) {
    let text = |name: &str| escape(operation[name].as_str().unwrap_or_default());
    let _ = write!(
        html,
        "<section><h3><span class=\"method\">{}</span> <code>{}</code></h3><p>{}</p><p>{}</p>",
        escape(&method.to_uppercase()),
        escape(path),
        text("summary"),
        text("description")
    );
    let parameters = operation["parameters"].as_array();
    if let Some(parameters) = parameters.filter(|parameters| !parameters.is_empty()) {
        html.push_str("<table><tr><th>parameter</th><th>in</th><th>meaning</th></tr>");
        for parameter in parameters {
            let cell = |name: &str| escape(parameter[name].as_str().unwrap_or_default());
            let _ = write!(
                html,
                "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
                cell("name"),
                cell("in"),
                cell("description")
            );
        }
        html.push_str("</table>");
    }
    let example = &operation["requestBody"]["content"]["application/json"]["example"];
    if !example.is_null() {
        let body = serde_json::to_string(example).unwrap_or_default();
        let _ = write!(
            html,
            "<pre>curl -X {} -H 'content-type: application/json' \\\n  http://127.0.0.1:7878{} \\\n  \
             -d '{}'</pre>",
            escape(&method.to_uppercase()),
            escape(&path.replace("{queue_type}", "inbound_queue").replace("{event}", "offering")),
            escape(&body)
        );
    }
    html.push_str("<table><tr><th>status</th><th>meaning</th></tr>");
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let described = response["description"].as_str().filter(|text| !text.is_empty());
        let code = status.parse().ok().and_then(|code| StatusCode::from_u16(code).ok());
        let meaning = described.or(code.and_then(|code| code.canonical_reason())).unwrap_or_default();
        let meaning = escape(meaning);
        let _ = write!(html, "<tr><td>{}</td><td>{meaning}</td></tr>", escape(status));
    }
    html.push_str("</table></section>");
}

/// The page of one rule, which a problem's `type` points to.
pub fn rule_page(rule: Rule) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{0}</title><style>{STYLE}</style>\
         <h1><code>{0}</code></h1><p>The rule: {1}.</p><p>{2}.</p>",
        rule.code(),
        escape(rule.sentence()),
        escape(rule.hint())
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
