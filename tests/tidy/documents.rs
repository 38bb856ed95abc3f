//! Documents name what is there.

use std::fs;

use crate::sources::{Source, absolute, documents, report};

/// Where paths in documents begin that are paths of this repository.
const OURS: [&str; 10] = [
    "benches/",
    "crates/",
    "deploy/",
    "docs/",
    "domain/",
    "migrations/",
    "projections/",
    "src/",
    "tests/",
    ".ci/",
];

#[test]
fn every_link_leads_somewhere() {
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for document in documents() {
        for (number, target) in links(&document) {
            checked += 1;
            let folder = document.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let (file, heading) = target.split_once('#').unwrap_or((&target, ""));
            let page = if file.is_empty() { absolute(&document.path) } else { absolute(folder).join(file) };
            if !page.exists() {
                wrong.push(format!("{}:{number}: {target} is not there", document.path));
            } else if !heading.is_empty() {
                let text = fs::read_to_string(page).expect("the page can be read");
                if !anchors(&text).any(|anchor| anchor == heading) {
                    wrong.push(format!("{}:{number}: {target} has no such heading", document.path));
                }
            }
        }
    }
    assert!(checked > 40, "only {checked} links");
    report("links lead to files and headings", &wrong);
}

/// What a link adds to the name of a page for each of its headings.
fn anchors(text: &str) -> impl Iterator<Item = String> {
    let is_kept = |sign: &char| sign.is_alphanumeric() || matches!(sign, ' ' | '-' | '_');
    text.lines().filter(|line| line.starts_with('#')).map(move |line| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        words.chars().filter(is_kept).collect::<String>().replace(' ', "-")
    })
}

/// Links that are not of the web, and their lines.
fn links(document: &Source) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (number, line) in document.lines() {
        for rest in line.split("](").skip(1) {
            let target = rest.split([')', ' ']).next().unwrap_or_default();
            if !target.contains("://") && !target.starts_with("mailto:") {
                links.push((number, target.to_owned()));
            }
        }
    }
    links
}

#[test]
fn every_path_in_a_document_exists() {
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for document in documents() {
        for (number, line) in document.lines() {
            // What stands between two backquotes.
            for path in line.split('`').skip(1).step_by(2).filter(|text| is_path(text)) {
                checked += 1;
                if !absolute(path).exists() && !absolute(&format!("{path}.rs")).exists() {
                    wrong.push(format!("{}:{number}: {path} is not there", document.path));
                }
            }
        }
    }
    assert!(checked > 40, "only {checked} paths");
    report("paths in documents exist", &wrong);
}

fn is_path(text: &str) -> bool {
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || "/._-".contains(sign);
    OURS.iter().any(|start| text.starts_with(start)) && text.chars().all(is_plain)
}
