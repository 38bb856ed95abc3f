//! Every figure that dashboards and alerts compute with is one that the program exposes, with these labels.

use std::collections::{BTreeMap, BTreeSet};

use crate::dashboards::boards::boards;
use crate::dashboards::rules::alerts;
use crate::dashboards::server::Server;

/// Figures that Prometheus makes itself or that node_exporter exposes.
const FROM_ELSEWHERE: [&str; 3] = ["up", "node_filesystem_avail_bytes", "node_filesystem_size_bytes"];
/// Labels that Prometheus adds to everything it reads.
const ADDED_LABELS: [&str; 2] = ["job", "instance"];
/// Words of the language that no parenthesis follows.
const KEYWORDS: [&str; 9] = ["and", "or", "unless", "by", "without", "on", "ignoring", "offset", "bool"];

/// What a sample's name goes with: for each label, the values seen.
type Labels = BTreeMap<String, BTreeSet<String>>;

/// The samples of an exposition.
fn exposed(exposition: &str) -> BTreeMap<String, Labels> {
    let mut names: BTreeMap<String, Labels> = BTreeMap::new();
    for line in exposition.lines().filter(|line| !line.starts_with('#')) {
        let name_end = line.find(['{', ' ']).expect("a sample has a value");
        let labels = names.entry(line[..name_end].to_owned()).or_default();
        let Some(open) = line.find('{') else { continue };
        for (label, _, value) in matchers(&line[open + 1..line.rfind('}').expect("braces close")]) {
            labels.entry(label).or_default().insert(value);
        }
    }
    names
}

/// The label, operator and value of each `label="value"`.
fn matchers(text: &str) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('"') {
        let (value, next) = after.split_once('"').expect("quotes close");
        let label = before.trim_start_matches([',', ' ']).trim_end_matches(['=', '!', '~', ' ']);
        let operator = before.trim_start_matches([',', ' '])[label.len()..].trim();
        found.push((label.to_owned(), operator.to_owned(), value.to_owned()));
        rest = next;
    }
    found
}

/// What stands before the closing brace and what after it; braces within quotes close nothing.
fn split_at_brace(text: &str) -> (&str, &str) {
    let mut is_quoted = false;
    let end = text.find(|character| {
        is_quoted ^= character == '"';
        character == '}' && !is_quoted
    });
    let end = end.expect("braces close");
    (&text[..end], &text[end + 1..])
}

/// The names of figures in an expression, each with what stands in its braces.
fn used(expression: &str) -> Vec<(String, String)> {
    let is_name = |character: char| character.is_ascii_alphanumeric() || "_:$.".contains(character);
    let mut found = Vec::new();
    let mut rest = expression;
    // The labels in `by (…)` are no figures.
    let mut is_grouping = false;
    while let Some(character) = rest.chars().next() {
        if character == '"' {
            rest = rest[1..].split_once('"').expect("quotes close").1;
        } else if character == '[' || (character == '(' && is_grouping) {
            is_grouping = false;
            rest = rest.split_once([']', ')']).expect("brackets close").1;
        } else if is_name(character) {
            let (word, after) = rest.split_at(rest.find(|it| !is_name(it)).unwrap_or(rest.len()));
            rest = after.trim_start();
            is_grouping = ["by", "without", "on", "ignoring"].contains(&word);
            let is_number = word.starts_with(|first: char| first.is_ascii_digit() || first == '.');
            let is_operator = ["(", "by ", "by(", "without "].iter().any(|next| rest.starts_with(next));
            if is_number || is_operator || KEYWORDS.contains(&word) || word.starts_with('$') {
                continue;
            }
            let (braces, after) = rest.strip_prefix('{').map_or(("", rest), split_at_brace);
            found.push((word.to_owned(), braces.to_owned()));
            rest = after;
        } else {
            rest = &rest[character.len_utf8()..];
        }
    }
    found
}

/// What is wrong with an expression, if anything.
fn faults(expression: &str, exposed: &BTreeMap<String, Labels>) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, braces) in used(expression) {
        if FROM_ELSEWHERE.contains(&name.as_str()) {
            continue;
        }
        let Some(labels) = exposed.get(&name) else {
            faults.push(format!("/metrics has no {name}"));
            continue;
        };
        // A route is written out in full, so a renamed one would never match again.
        for (label, operator, value) in
            matchers(&braces).into_iter().filter(|it| !ADDED_LABELS.contains(&it.0.as_str()))
        {
            let Some(values) = labels.get(&label) else {
                faults.push(format!("{name} has no label {label}"));
                continue;
            };
            if label == "route" && operator == "=" && !values.contains(&value) {
                faults.push(format!("{name} has no route {value}"));
            }
        }
    }
    faults
}

#[test]
fn expressions_use_only_figures_and_labels_that_are_exposed() {
    let server = Server::with_a_day();
    assert_eq!(server.get("/readyz").0, 200);
    let exposition = String::from_utf8(server.get("/metrics").1).unwrap();
    let exposed = exposed(&exposition);
    let mut problems = Vec::new();
    let of_boards = boards().into_iter().flat_map(|board| {
        let expressions = board.expressions().into_iter();
        let named = expressions.map(|(panel, it)| (format!("{}, {panel}", board.file), it.to_owned()));
        named.collect::<Vec<_>>()
    });
    let of_rules = alerts().into_iter().map(|alert| {
        let expression = alert.member("expr").expect("every alert has one");
        (alert.name, expression)
    });
    let mut expressions = 0;
    for (place, expression) in of_boards.chain(of_rules) {
        assert!(!used(&expression).is_empty(), "{place} computes with nothing");
        problems.extend(faults(&expression, &exposed).into_iter().map(|it| format!("{place}: {it}")));
        expressions += 1;
    }
    assert!(expressions > 20);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn names_are_found_in_expressions() {
    let expression = r#"histogram_quantile(0.99,
        sum by (le, route) (rate(a_bucket{x="1}",y!~"$i"}[$__rate_interval])))
        > 2 * b:c and on (instance) delta(d[1h] offset 1w) > 1e3 or vector(0)"#;
    let names: Vec<String> = used(expression).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["a_bucket", "b:c", "d"]);
    let exposition = "# TYPE a gauge\na{route=\"/x\"} 1\nb 2\n# EOF\n";
    let exposed = exposed(exposition);
    assert_eq!(faults(r#"a{route="/x",job="j"} + b"#, &exposed), Vec::<String>::new());
    assert_eq!(faults(r#"a{route="/y"}"#, &exposed), ["a has no route /y"]);
    assert_eq!(faults(r#"a{rule="z"} + c"#, &exposed), ["a has no label rule", "/metrics has no c"]);
}
