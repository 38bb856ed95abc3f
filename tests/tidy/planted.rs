//! Every planted bug names a test that is there.

use crate::sources::{all, report, rust};

#[test]
fn every_planted_bug_names_a_test_that_exists() {
    let code = rust();
    let mut wrong = Vec::new();
    let mut checked = 0;
    for patch in all().iter().filter(|source| source.path.ends_with(".patch")) {
        let named = patch.lines().find_map(|(_, line)| line.strip_prefix("Must turn red: "));
        let test = named.and_then(|words| words.split(' ').next_back()).unwrap_or_default();
        let exists = match test.rsplit_once("::") {
            // A whole area.
            Some((area, "")) => code.iter().any(|source| source.path == format!("tests/{area}.rs")),
            Some((module, name)) => code.iter().any(|source| {
                let file = format!("/{}.rs", module.trim_end_matches("::tests").replace("::", "/"));
                source.path.ends_with(&file) && source.text.contains(&format!("fn {name}("))
            }),
            None => code.iter().any(|source| source.text.contains(&format!("fn {test}("))),
        };
        checked += 1;
        if !exists {
            wrong.push(format!("{}:1: name the test that must turn red; `{test}` is not there", patch.path));
        }
    }
    assert!(checked > 20, "only {checked} planted bugs");
    report("each planted bug names a test", &wrong);
}
