//! The page of the API lists the code of every problem.

use crate::sources::{report, rust};

/// Where the page has its list.
const LIST: &str = "src/http/api/document/problems.rs";

/// The codes that follow a status: `StatusCode::NOT_FOUND, "not_found"`, over as many lines as it takes.
fn codes(text: &str) -> impl Iterator<Item = &str> {
    text.split("StatusCode::").skip(1).filter_map(|rest| {
        let after = rest.split_once(',')?.1.trim_start();
        let code = after.strip_prefix('"')?.split('"').next()?;
        code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_').then_some(code)
    })
}

#[test]
fn every_code_of_a_problem_is_listed() {
    let all = rust();
    let list = all.iter().find(|source| source.path == LIST).expect("the list is there");
    let list: String = list.lines().map(|(_, line)| line.to_owned() + "\n").collect();
    let mut wrong = Vec::new();
    for source in all.iter().filter(|source| source.path.starts_with("src/http/")) {
        let live = source.lines_of_code().count();
        let lines = source.lines().take_while(|(number, _)| *number <= live);
        let text: String = lines.map(|(_, line)| line.to_owned() + "\n").collect();
        for code in codes(&text) {
            if !list.contains(&format!("\"{code}\"")) {
                wrong.push(format!("{LIST}: {} answers {code}; list it", source.path));
            }
        }
    }
    report("every code of a problem is listed", &wrong);
}
