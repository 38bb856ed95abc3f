//! The reference page shows what the document says, rendered.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::api::harness::Service;
use crate::api::openapi::questions::operations;

/// The page without what is shown as it is sent.
fn prose(page: &str) -> String {
    let mut parts = page.split("<pre>");
    let first = parts.next().unwrap().to_owned();
    parts.map(|part| part.split_once("</pre>").unwrap().1).fold(first, |text, part| text + part)
}

/// Every value that an enumeration of the document has.
fn values(part: &Value, found: &mut BTreeSet<String>) {
    match part {
        Value::Array(entries) => entries.iter().for_each(|one| values(one, found)),
        Value::Object(members) => {
            let named = members.get("enum").and_then(Value::as_array).into_iter().flatten();
            found.extend(named.filter_map(Value::as_str).map(str::to_owned));
            members
                .iter()
                .filter(|(name, _)| !name.starts_with("example"))
                .for_each(|(_, one)| values(one, found));
        }
        _ => {}
    }
}

#[test]
fn the_page_shows_fields_values_and_answers() {
    let service = Service::start();
    let document = service.show("/openapi.json");
    let page = service.get("/docs").text();
    let shows = |word: &str| page.contains(&format!("<code>{word}</code>"));
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(page.contains(&format!("<section id=\"{name}\">")), "{name}");
        for field in schema["properties"].as_object().into_iter().flatten() {
            assert!(shows(field.0), "{name}: {}", field.0);
        }
    }
    let mut named = BTreeSet::new();
    values(&document, &mut named);
    assert!(named.contains("flowed_out") && named.contains("left_only_once"), "{named:?}");
    for value in named.iter().filter(|value| !value.contains('\t')) {
        assert!(shows(value), "{value}");
    }
    for (method, path, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        let start = page.find(&format!("<section id=\"{id}\">")).unwrap_or_else(|| panic!("{method} {path}"));
        let section = page[start..].split("</section>").next().unwrap();
        for (status, answer) in operation["responses"].as_object().unwrap() {
            assert!(section.contains(&format!("<tr><td>{status}</td>")), "{method} {path}: {status}");
            for (media_type, _) in answer["content"].as_object().into_iter().flatten() {
                assert!(
                    section.contains(&format!("<code>{media_type}</code>")),
                    "{method} {path}: {media_type}"
                );
            }
        }
    }
}

#[test]
fn the_texts_of_the_page_are_rendered() {
    let page = Service::start().get("/docs").text();
    let prose = prose(&page);
    for raw in ["`", "](", "**", "\n* "] {
        let place = prose.find(raw).map(|at| prose[at..].chars().take(80).collect::<String>());
        assert_eq!(place, None, "{raw} is not rendered");
    }
    let targets = page.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap());
    for target in targets.collect::<BTreeSet<_>>() {
        assert!(page.contains(&format!("id=\"{target}\"")), "#{target} leads nowhere");
    }
}
