//! The reference page: the document as plain HTML, without a script and without another host.

mod markup;
mod operation;
mod schema;

use std::fmt::Write as _;

use attempt_ledger_domain::Rule;
use serde_json::Value;

use self::markup::{block, code, escape, inline, text};
use super::problems::PROBLEMS;

const STYLE: &str = include_str!("page/style.css");

/// Renders the document once, at start.
pub fn reference_page(document: &Value) -> String {
    let mut html = head("attempt-ledger API");
    // Writing to a String cannot fail, here and below.
    let _ = write!(
        html,
        "<h1>attempt-ledger API <small>{}</small></h1>{}\
         <p>The same for programs, as an OpenAPI document: <a href=\"/openapi.json\">/openapi.json</a>.</p>",
        text(&document["info"]["version"]),
        block(&document["info"]["description"])
    );
    contents(&mut html, document);
    for tag in document["tags"].as_array().into_iter().flatten() {
        let name = text(&tag["name"]);
        let _ = write!(html, "<h2 id=\"{name}\">{name}</h2>{}", block(&tag["description"]));
        for (method, path, operation) in operations_of(document, &tag["name"]) {
            operation::write(&mut html, method, path, operation);
        }
    }
    html.push_str("<h2 id=\"fields\">fields</h2><p>What bodies and answers consist of.</p>");
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        schema::write(&mut html, name, schema);
    }
    problems(&mut html);
    rules(&mut html);
    html + "</html>"
}

/// The page of a problem, which its `type` points to: of a rule, or of any other code; `None` when there
/// is no such code.
pub fn problem_page(code: &str) -> Option<String> {
    let of_code =
        |(status, name, when): &(u16, &str, &str)| (*name == code).then(|| code_page(*status, name, when));
    Rule::parse(code).map(rule_page).or_else(|| PROBLEMS.iter().find_map(of_code))
}

fn code_page(status: u16, name: &str, when: &str) -> String {
    let mut html = head(name);
    let _ = write!(
        html,
        "<h1>{}</h1><p>Status {status}.</p><p>{}</p>\
         <p><a href=\"/docs#problems\">All problems</a></p></html>",
        code(name),
        inline(when)
    );
    html
}

fn rule_page(rule: Rule) -> String {
    let mut html = head(rule.code());
    let _ = write!(
        html,
        "<h1>{}</h1><p>The rule: {}.</p><p>{}.</p><p><a href=\"/docs#rules\">All rules</a></p></html>",
        code(rule.code()),
        inline(rule.sentence()),
        inline(rule.hint())
    );
    html
}

fn head(title: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{}</title><style>{STYLE}</style>",
        escape(title)
    )
}

/// The operations under a tag: method, path and what is said of them.
fn operations_of<'d>(
    document: &'d Value,
    tag: &'d Value,
) -> impl Iterator<Item = (&'d str, &'d str, &'d Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let all = paths.flat_map(|(path, item)| {
        let operations = item.as_object().into_iter().flatten();
        operations.map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
    });
    all.filter(move |(_, _, operation)| operation["tags"][0] == *tag)
}

fn contents(html: &mut String, document: &Value) {
    html.push_str("<nav><ul>");
    for tag in document["tags"].as_array().into_iter().flatten() {
        let name = text(&tag["name"]);
        let _ = write!(html, "<li><a href=\"#{name}\">{name}</a><ul>");
        for (method, path, operation) in operations_of(document, &tag["name"]) {
            let _ = write!(
                html,
                "<li><a href=\"#{}\"><code>{} {}</code></a></li>",
                text(&operation["operationId"]),
                method.to_uppercase(),
                escape(path)
            );
        }
        html.push_str("</ul></li>");
    }
    html.push_str(
        "<li><a href=\"#fields\">fields</a></li><li><a href=\"#problems\">problems</a></li>\
         <li><a href=\"#rules\">rules</a></li></ul></nav>",
    );
}

fn problems(html: &mut String) {
    html.push_str(
        "<h2 id=\"problems\">problems</h2><p>Every error is a problem document (RFC 9457) with one of these \
         codes, or with the code of a <a href=\"#rules\">rule</a>.</p><div class=\"wide\"><table>\
         <tr><th>status</th><th>code</th><th>when</th></tr>",
    );
    for (status, name, when) in PROBLEMS {
        let _ = write!(html, "<tr><td>{status}</td><td>{}</td><td>{}</td></tr>", code(name), inline(when));
    }
    html.push_str("</table></div>");
}

fn rules(html: &mut String) {
    html.push_str(
        "<h2 id=\"rules\">rules</h2><p>A delivery that a rule refuses is answered 422, or 413 when it is too \
         large, and kept.</p><div class=\"wide\"><table>\
         <tr><th>code</th><th>says</th><th>next step</th></tr>",
    );
    for rule in Rule::ALL {
        let _ = write!(
            html,
            "<tr id=\"{}\"><td>{}</td><td>{}</td><td>{}</td></tr>",
            escape(rule.code()),
            code(rule.code()),
            inline(rule.sentence()),
            inline(rule.hint())
        );
    }
    html.push_str("</table></div>");
}
