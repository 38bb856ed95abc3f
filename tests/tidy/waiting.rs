//! Tests run whole, wait for what they wait for, and start processes in one place.

use crate::sources::{comment, report, rust};

/// Files with a pause, how many, and why nothing can be waited for.
const PAUSES: [(&str, usize, &str); 5] = [
    ("tests/cluster/faults.rs", 3, "a network fails at random moments, and silence has a length"),
    ("tests/cluster/local_copy.rs", 1, "what must not happen is looked for after a while"),
    ("tests/cluster/world.rs", 1, "nobody reports what is waited for, and a spin would take its processor"),
    ("tests/crash/kills.rs", 2, "a kill comes at a random moment"),
    (
        "tests/support/patience.rs",
        1,
        "nobody reports what is waited for, and a spin would take its processor",
    ),
];

#[test]
fn no_test_is_left_out() {
    let mut wrong = Vec::new();
    for source in rust() {
        for (number, line) in source.lines() {
            if line.trim_start().starts_with("#[ignore") {
                wrong.push(format!("{}:{number}: mend the test or remove it", source.path));
            }
        }
    }
    report("every test runs", &wrong);
}

#[test]
fn tests_do_not_sleep() {
    let mut wrong = Vec::new();
    for source in rust() {
        let is_ours = source.path.starts_with("tests/tidy/");
        let (live, all) = (source.lines_of_code().count(), source.lines());
        let in_tests = all.filter(|(number, _)| !is_ours && (source.is_test() || *number > live));
        let sleeps: Vec<usize> = in_tests
            .filter(|(_, line)| line.replace(comment(line), "").contains("sleep("))
            .map(|(number, _)| number)
            .collect();
        let allowed = PAUSES.iter().find(|(path, ..)| *path == source.path).map_or(0, |(_, count, _)| *count);
        if sleeps.len() > allowed {
            let hint = "wait for what happens, with `until` where nothing reports it";
            wrong.push(format!(
                "{}:{}: {} pauses, {allowed} known; {hint}",
                source.path,
                sleeps[0],
                sleeps.len()
            ));
        } else if sleeps.len() < allowed {
            wrong.push(format!("tests/tidy/waiting.rs:5: {} has {} pauses", source.path, sleeps.len()));
        }
    }
    report("tests do not sleep", &wrong);
}

#[test]
fn processes_are_started_in_one_place() {
    let mut wrong = Vec::new();
    let runs = [".spawn()", ".output()", ".status()"];
    for source in rust().iter().filter(|source| source.path.starts_with("tests/")) {
        if ["tests/support/processes.rs", "tests/tidy/waiting.rs"].contains(&source.path.as_str()) {
            continue;
        }
        for (number, line) in source.lines() {
            if runs.iter().any(|run| line.contains(run)) {
                wrong.push(format!("{}:{number}: start it with tests/support/processes.rs", source.path));
            }
        }
    }
    let rule = "a process that is being started holds the locks of this one, so that one place starts them";
    report(rule, &wrong);
}
