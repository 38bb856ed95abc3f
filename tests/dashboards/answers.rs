//! Every address of every dashboard is asked, and every column is looked for in the answer.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::dashboards::boards::{Board, asked, boards, list, substitute, text};
use crate::dashboards::server::{DIALLING_QUEUE, QUEUE, Server};

/// Columns that are empty while all is well; the description of the API has to name them instead.
const EMPTY_WHILE_ALL_IS_WELL: [&str; 3] = ["failure.position", "failure.reason", "rebuild.reason"];

/// Problems that a failure shows.
const PROBLEMS_SHOWN_MAX: usize = 20;

/// What the dashboard's variables stand for: its defaults, with a queue, an agent and an attempt that exist.
fn values(server: &Server, board: &Board) -> BTreeMap<String, String> {
    let range = format!("from={}&to={}", server.from, server.to);
    let missed = server.show(&format!("/v1/offers?outcome=missed&limit=1&{range}"));
    let agent = missed["offers"][0]["agent_id"].to_string();
    let newest = server.show(&format!("/v1/attempts?queue_id={QUEUE}&limit=1&{range}"));
    let attempt = newest["attempts"][0]["attempt_id"].to_string();
    let mut values = board.defaults();
    for (name, value) in [
        ("ledger", server.url().to_owned()),
        ("queue", QUEUE.to_string()),
        ("agent", agent),
        ("__from", server.from.to_string()),
        ("__to", server.to.to_string()),
        ("__value.raw", attempt.clone()),
        ("__data.fields.attempt", attempt),
    ] {
        values.insert(name.to_owned(), value);
    }
    values
}

/// What a selector finds; nothing for what is not there, and for null. A part of it is a member's name, or
/// `#(member=="text")` for the first entry that has it.
fn find<'a>(value: &'a Value, selector: &str) -> Option<&'a Value> {
    let step = |value: &'a Value, part: &str| match part.strip_prefix("#(") {
        Some(condition) => {
            let (member, wanted) = condition.strip_suffix("\")")?.split_once("==\"")?;
            value.as_array()?.iter().find(|entry| entry[member] == wanted)
        }
        None => value.get(part),
    };
    let parts = selector.split('.').filter(|part| !part.is_empty());
    parts.into_iter().try_fold(value, step).filter(|found| !found.is_null())
}

/// Whether the cell is what the column says it is.
fn is_of_type(cell: &Value, kind: &str) -> bool {
    match kind {
        "number" | "timestamp_epoch" => cell.is_number(),
        "string" => cell.is_string(),
        "boolean" => cell.is_boolean(),
        _ => false,
    }
}

/// What is wrong with the answer to a question, if anything.
fn faults(question: &Value, answer: &Value, document: &str) -> Vec<String> {
    let root = text(question, "/root_selector");
    let Some(found) = find(answer, root) else { return vec![format!("the answer has no `{root}`")] };
    let one = std::slice::from_ref(found);
    let rows = found.as_array().map_or(one, Vec::as_slice);
    if rows.is_empty() {
        return vec![format!("`{root}` is empty")];
    }
    let mut faults = Vec::new();
    for column in list(question, "/columns") {
        let (selector, kind) = (text(column, "/selector"), text(column, "/type"));
        let mut cells = rows.iter().filter_map(|row| find(row, selector)).peekable();
        if EMPTY_WHILE_ALL_IS_WELL.contains(&selector) {
            let name = selector.rsplit('.').next().expect("a split has a last part");
            if !document.contains(&format!("\"{name}\":")) {
                faults.push(format!("the API describes no `{name}`"));
            }
        } else if cells.peek().is_none() {
            faults.push(format!("no row has `{selector}`"));
        }
        if let Some(cell) = cells.find(|cell| !is_of_type(cell, kind)) {
            faults.push(format!("`{selector}` is {cell}, which is no {kind}"));
        }
    }
    faults
}

#[test]
fn every_question_and_every_link_is_answered_with_what_is_shown() {
    let server = Server::with_a_day();
    let document = server.show("/openapi.json").to_string();
    let mut problems = Vec::new();
    for board in boards() {
        let values = values(&server, &board);
        let mut dialling = values.clone();
        dialling.insert("queue".to_owned(), DIALLING_QUEUE.to_string());
        for (panel, question) in board.questions() {
            let ask = |values| {
                let address = substitute(&asked(question), values).unwrap();
                let (status, body) = server.get(&address);
                let found = match status {
                    200 => faults(question, &serde_json::from_slice(&body).unwrap(), &document),
                    _ => vec![format!("{status} {}", String::from_utf8_lossy(&body))],
                };
                (format!("{}, {panel}: GET {address}", board.file), found)
            };
            // Callers' queues drop nobody, and diallers' have no callers: a column has to be filled in one.
            let ((place, found), (_, elsewhere)) = (ask(&values), ask(&dialling));
            let everywhere = found.into_iter().filter(|fault| elsewhere.contains(fault));
            problems.extend(everywhere.map(|fault| format!("{place}: {fault}")));
        }
        for panel in board.panels() {
            for link in Board::links(panel) {
                let address = substitute(link, &values).unwrap();
                let (status, body) = server.get(&address);
                if status != 200 {
                    let said = String::from_utf8_lossy(&body).into_owned();
                    problems.push(format!("{}, {}: {address}: {status} {said}", board.file, panel["title"]));
                }
            }
        }
        problems.extend(refused_choices(&server, &board, &values));
    }
    let shown: Vec<&str> = problems.iter().take(PROBLEMS_SHOWN_MAX).map(String::as_str).collect();
    assert!(problems.is_empty(), "{} problems, the first of them:\n{}", problems.len(), shown.join("\n"));
}

/// Every choice that a variable offers is taken by every question that uses it.
fn refused_choices(server: &Server, board: &Board, defaults: &BTreeMap<String, String>) -> Vec<String> {
    let mut problems = Vec::new();
    for variable in board.variables().iter().filter(|variable| variable["type"] == "custom") {
        let name = text(variable, "/name");
        let placeholder = format!("${{{name}}}");
        for choice in list(variable, "/options") {
            let mut values = defaults.clone();
            values.insert(name.to_owned(), text(choice, "/value").to_owned());
            let using = board.questions().into_iter().map(|(_, question)| asked(question));
            for template in using.filter(|template| template.contains(&placeholder)) {
                let address = substitute(&template, &values).unwrap();
                let (status, body) = server.get(&address);
                if status != 200 {
                    let said = String::from_utf8_lossy(&body).into_owned();
                    problems.push(format!("{}: GET {address}: {status} {said}", board.file));
                }
            }
        }
    }
    problems
}
