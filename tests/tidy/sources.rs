//! The files of this repository, and the report of what is wrong in them.

use std::fs;
use std::path::Path;

/// A text file of this repository.
pub struct Source {
    /// Relative to the repository, with slashes.
    pub path: String,
    pub text: String,
}

/// Directories with code of ours.
const CODE: [&str; 6] = ["benches", "crates", "domain", "projections", "src", "tests"];
/// Directories that tools fill.
const OF_TOOLS: [&str; 4] = [".git", "node_modules", "target", "__pycache__"];

/// Every Rust file, by path.
pub fn rust() -> Vec<Source> {
    let mut found = Vec::new();
    for directory in CODE {
        read(directory, &mut found);
    }
    found.retain(|source| source.path.ends_with(".rs"));
    found.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(found.len() > 300, "only {} files are found", found.len());
    found
}

/// Every file that is text, by path.
pub fn all() -> Vec<Source> {
    let mut found = Vec::new();
    read(".", &mut found);
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

/// Every document, by path.
pub fn documents() -> Vec<Source> {
    let mut found = all();
    found.retain(|source| source.path.ends_with(".md"));
    assert!(found.len() > 10, "only {} documents are found", found.len());
    found
}

fn read(directory: &str, found: &mut Vec<Source>) {
    for entry in fs::read_dir(absolute(directory)).expect("the repository can be read") {
        let entry = entry.expect("the repository can be read");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if directory == "." { name.clone() } else { format!("{directory}/{name}") };
        if OF_TOOLS.contains(&name.as_str()) {
            continue;
        }
        if entry.path().is_dir() {
            read(&path, found);
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            found.push(Source { path, text });
        }
    }
}

/// A path of this repository, for the file system.
pub fn absolute(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

impl Source {
    /// The lines with their numbers, from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }

    /// The lines before the unit tests, which stand at the end of a file.
    pub fn lines_of_code(&self) -> impl Iterator<Item = (usize, &str)> {
        let is_live = |(_, line): &(usize, &str)| !line.starts_with("#[cfg(test)]");
        self.lines().take_while(is_live)
    }

    /// Whether it is compiled for tests or benchmarks alone.
    pub fn is_test(&self) -> bool {
        let in_tests = ["tests/", "benches/"].iter().any(|folder| self.path.starts_with(folder));
        in_tests || self.path.contains("/tests/") || self.path.ends_with("_tests.rs")
    }
}

/// Fails when something is wrong, with each thing in its line.
pub fn report(rule: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{rule}; {} are wrong:\n  {}\n", wrong.len(), wrong.join("\n  "));
}

/// What stands in a comment of a line; nothing when there is none. A `//` within a string that has blanks
/// around it would be taken for one: there are none.
pub fn comment(line: &str) -> &str {
    let begins = |at: usize| at == 0 || line[..at].ends_with(' ');
    let found = line.match_indices("//").map(|(at, _)| at).find(|at| begins(*at));
    found.map_or("", |at| line[at..].trim_start_matches(['/', '!']))
}
