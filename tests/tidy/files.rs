//! Files are called by what is in them: nouns.

use crate::sources::{report, rust};

/// Participles and riddles that files were called by.
const NO_NOUNS: [&str; 9] =
    ["asked", "asking", "filling", "following", "here", "known", "shown", "there", "told"];

#[test]
fn files_are_called_by_nouns() {
    let mut wrong = Vec::new();
    for source in rust() {
        let name = source.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
        if NO_NOUNS.contains(&name) {
            wrong.push(format!("{}:1: call it by the noun for what is in it", source.path));
        }
    }
    report("a file's name is a noun", &wrong);
}
