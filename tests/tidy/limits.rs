//! Limits that somebody meets are in one place.

use crate::sources::{absolute, report, rust};

/// How the names of limits end.
const ENDS: [&str; 3] = ["_MAX", "_MIN", "_MS"];

/// Constants that end like limits and are rules of the field or of a format, and where they are explained.
const RULES: [(&str, &str); 5] = [
    ("CLOCK_AHEAD_MS_MAX", "a rule about deliveries, in the rules' own words"),
    ("DUPLICATE_WINDOW_MS", "a rule about deliveries, in the rules' own words"),
    ("INTERVAL_MS", "the base interval of every history"),
    ("LATE_AFTER_MS", "a flag of timelines"),
    ("NESTING_MAX", "what a payload is"),
];

#[test]
fn public_limits_are_in_limits_or_options_or_known_there() {
    let known = std::fs::read_to_string(absolute("src/limits.rs")).expect("the limits are there");
    let mut wrong = Vec::new();
    for source in rust().iter().filter(|source| !source.is_test()) {
        let file = source.path.rsplit('/').next().unwrap_or_default();
        if ["limits.rs", "options.rs"].contains(&file) {
            continue;
        }
        for (number, line) in source.lines_of_code() {
            let Some(rest) = line.strip_prefix("pub const ") else { continue };
            let name = rest.split(':').next().unwrap_or_default();
            let is_limit = ENDS.iter().any(|end| name.ends_with(end));
            let is_rule = RULES.iter().any(|(rule, _)| *rule == name);
            if is_limit && !is_rule && !known.contains(name) {
                let hint = "move it to limits.rs or options.rs, or name it again in src/limits.rs";
                wrong.push(format!("{}:{number}: {name}: {hint}", source.path));
            }
        }
    }
    let rule = "every public limit is in `limits.rs` or `options.rs`, or named again in `src/limits.rs`";
    report(rule, &wrong);
}
