//! Nothing reads prose to decide: what a text says is also a type, a code or a unit.

use crate::sources::{comment, report, rust};

/// How code looks into a text that was written for people.
const LOOKS: [&str; 12] = [
    ".to_string().contains(",
    "format!(\"{error}\").contains(",
    "format!(\"{cause:#}\").contains(",
    ".formula.contains(",
    ".formula.starts_with(",
    "contains(\"hint",
    "split_once(\"; hint",
    "ends_with(\"_rate",
    "message.contains(",
    "message.to_lowercase(",
    "reason.contains(",
    "detail.contains(",
];

/// Files that read what others say in words alone, and why there is nothing else to read.
const READERS: [(&str, &str); 1] =
    [("crates/cluster-log/src/client/sentence.rs", "servers give no code for it; the file states the gap")];

#[test]
fn nothing_reads_prose_to_decide() {
    let mut wrong = Vec::new();
    for source in rust() {
        let is_reader = READERS.iter().any(|(path, _)| *path == source.path);
        if source.is_test() || is_reader {
            continue;
        }
        let live = source.lines_of_code().count();
        for (number, line) in source.lines().take_while(|(number, _)| *number <= live) {
            let code = line.replace(comment(line), "");
            if let Some(look) = LOOKS.iter().find(|look| code.contains(*look)) {
                wrong.push(format!("{}:{number}: {look} reads a text; give the cause a type", source.path));
            }
        }
    }
    report("nothing reads prose to decide", &wrong);
}

#[test]
fn readers_of_prose_are_known() {
    let all = rust();
    let gone = READERS.iter().filter(|(path, _)| !all.iter().any(|source| source.path == *path));
    let wrong: Vec<String> = gone.map(|(path, _)| format!("tests/tidy/prose.rs: {path} is gone")).collect();
    report("readers of prose are known", &wrong);
}
