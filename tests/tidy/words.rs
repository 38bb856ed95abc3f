//! Words that comments do without.

use crate::sources::{all, comment, report, rust};

/// Each with what says the same plainly.
const PLAIN: [(&str, &str); 4] = [
    ("anew", "again, from nothing"),
    ("comes to", "is, becomes, adds up to"),
    ("tells", "returns, reports, names"),
    ("whoever", "the caller, the reader, the process that"),
];

/// Words of the places where this was written, in two halves, so that they do not stand here.
const OF_A_DESK: [(&str, &str); 7] = [
    ("/var/tmp", "/wt"),
    ("/ro", "ot/"),
    ("/wo", "rk/"),
    ("anth", "ropic"),
    ("chat", "gpt"),
    ("cla", "ude"),
    ("co", "pilot"),
];

#[test]
fn comments_are_plain() {
    let mut wrong = Vec::new();
    for source in rust().iter().filter(|source| !source.path.starts_with("tests/tidy/")) {
        for (number, line) in source.lines() {
            let words = comment(line).to_lowercase();
            for (word, plain) in PLAIN.iter().filter(|(word, _)| has(&words, word)) {
                wrong.push(format!("{}:{number}: instead of `{word}`: {plain}", source.path));
            }
        }
    }
    report("comments use plain words", &wrong);
}

/// Whether a text has a word, or words, whole.
fn has(text: &str, word: &str) -> bool {
    let is_end = |sign: Option<char>| sign.is_none_or(|sign| !sign.is_alphanumeric());
    text.match_indices(word).any(|(at, found)| {
        is_end(text[..at].chars().next_back()) && is_end(text[at + found.len()..].chars().next())
    })
}

#[test]
fn nothing_names_the_desk_where_it_was_written() {
    let mut wrong = Vec::new();
    for source in all() {
        for (number, line) in source.lines() {
            let text = line.to_lowercase();
            for (one, other) in OF_A_DESK {
                if text.contains(&format!("{one}{other}")) {
                    wrong.push(format!("{}:{number}: leave out {one}{other}", source.path));
                }
            }
        }
    }
    report("the repository does not depend on where it was written", &wrong);
}
