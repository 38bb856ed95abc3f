//! A type's name has one meaning in the whole workspace.

use std::collections::BTreeMap;

use crate::sources::{report, rust};

/// Names that each of several places takes by itself, and why.
const TAKEN_AGAIN: [(&str, &str); 1] =
    [("Expectation", "one for each client of the cluster, of which one is compiled")];

#[test]
fn a_types_name_is_taken_once() {
    let mut taken: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in rust().iter().filter(|source| !source.is_test()) {
        for (number, line) in source.lines_of_code() {
            let words: Vec<&str> = line.split([' ', '<', '(', '{', ';', '=', ':']).collect();
            let words = if words[0].starts_with("pub") { &words[1..] } else { &words[..] };
            if let ["struct" | "enum" | "trait" | "type" | "union", name, ..] = words {
                taken.entry((*name).to_owned()).or_default().push(format!("{}:{number}", source.path));
            }
        }
    }
    let is_again = |name: &str| TAKEN_AGAIN.iter().any(|(again, _)| *again == name);
    let twice = taken.iter().filter(|(name, places)| places.len() > 1 && !is_again(name));
    let wrong: Vec<String> = twice
        .map(|(name, places)| format!("{}: {name}: also {}", places[0], places[1..].join(", ")))
        .collect();
    report("a type's name is taken once", &wrong);
}
