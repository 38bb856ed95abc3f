//! Lines, functions and files that a reader takes in at once.

use crate::sources::{Source, report, rust};

const LINE_COLUMNS_MAX: usize = 110;
const FUNCTION_LINES_MAX: usize = 70;
const FILE_LINES_MAX: usize = 500;

/// Files with lines that cannot be wrapped, and why.
const UNWRAPPED: [(&str, &str); 0] = [];

#[test]
fn no_line_is_longer_than_the_format() {
    let mut wrong = Vec::new();
    for source in rust() {
        let is_data = UNWRAPPED.iter().any(|(path, _)| *path == source.path);
        for (number, line) in source.lines().filter(|_| !is_data) {
            let columns = line.chars().count();
            if columns > LINE_COLUMNS_MAX {
                wrong.push(format!("{}:{number}: {columns} columns; wrap it", source.path));
            }
        }
    }
    report(&format!("lines have up to {LINE_COLUMNS_MAX} columns"), &wrong);
}

#[test]
fn no_file_is_longer_than_the_wall() {
    let mut wrong = Vec::new();
    for source in rust() {
        let lines = source.text.lines().count();
        if lines > FILE_LINES_MAX {
            wrong.push(format!("{}:{FILE_LINES_MAX}: {lines} lines; one concept is one file", source.path));
        }
    }
    report(&format!("files have up to {FILE_LINES_MAX} lines"), &wrong);
}

#[test]
fn every_function_fits_a_screen() {
    let mut wrong = Vec::new();
    for source in rust() {
        for (number, lines) in functions(&source) {
            if lines > FUNCTION_LINES_MAX {
                wrong.push(format!("{}:{number}: {lines} lines; name a part of it", source.path));
            }
        }
    }
    report(&format!("functions have up to {FUNCTION_LINES_MAX} lines"), &wrong);
}

/// The line where each function begins, and how many it has: up to the brace under its first letter, where
/// rustfmt puts it.
fn functions(source: &Source) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = source.text.lines().collect();
    let mut functions = Vec::new();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| is_function(line)) {
        let indent = &line[..line.len() - line.trim_start().len()];
        let end = format!("{indent}}}");
        let within =
            |line: &&&str| **line == end || line.starts_with(indent) && line.trim_end().ends_with([';', '}']);
        // A declaration, or a function in one line, ends where it begins.
        if !line.ends_with(['{', '(']) && within(&line) {
            continue;
        }
        if let Some(length) = lines[at..].iter().position(|line| *line == end) {
            functions.push((at + 1, length + 1));
        }
    }
    functions
}

fn is_function(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let prefix =
        |word: &&str| word.starts_with("pub") || ["const", "async", "unsafe", "extern"].contains(word);
    words.find(|word| !prefix(word)) == Some("fn")
}
