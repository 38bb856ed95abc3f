//! The alerting rules as text: what each alert must say.

use std::collections::BTreeSet;
use std::fs;

use crate::support::repository;

/// One alert.
pub struct Alert {
    pub name: String,
    /// Everything below the name.
    text: String,
}

/// Every alert of the rules.
pub fn alerts() -> Vec<Alert> {
    let rules = fs::read_to_string(repository("deploy/prometheus/rules.yml")).unwrap();
    let parts = rules.split("- alert: ").skip(1);
    let alert = |part: &str| {
        let (name, text) = part.split_once('\n').expect("an alert has more than a name");
        Alert { name: name.to_owned(), text: text.to_owned() }
    };
    parts.map(alert).collect()
}

impl Alert {
    /// The value of a member: the rest of its line, or the lines that are indented below it.
    pub fn member(&self, name: &str) -> Option<String> {
        let mut lines =
            self.text.lines().skip_while(|line| !line.trim_start().starts_with(&format!("{name}:")));
        let first = lines.next()?;
        let indent = |line: &str| line.len() - line.trim_start().len();
        let rest = first.split_once(':')?.1.trim();
        if rest != ">-" {
            return Some(rest.trim_matches('"').to_owned());
        }
        let below: Vec<&str> = lines.take_while(|line| indent(line) > indent(first)).map(str::trim).collect();
        Some(below.join(" "))
    }
}

#[test]
fn every_alert_says_how_bad_it_is_and_what_to_do_next() {
    let alerts = alerts();
    assert!(alerts.len() >= 10);
    for alert in &alerts {
        let member =
            |name: &str| alert.member(name).unwrap_or_else(|| panic!("{} has no {name}", alert.name));
        assert!(!member("expr").is_empty());
        assert!(member("for").ends_with(['m', 's', 'h']), "{}", alert.name);
        assert!(["critical", "warning"].contains(&member("severity").as_str()), "{}", alert.name);
        assert!(member("summary").len() > 20, "{}", alert.name);
        assert!(member("description").contains("Next:"), "{}: no next step", alert.name);
    }
}

#[test]
fn every_alert_is_tested() {
    let tests = fs::read_to_string(repository("deploy/prometheus/rules.test.yml")).unwrap();
    for alert in alerts() {
        let expected = [format!("alertname: {}", alert.name), format!("alertname=\"{}\"", alert.name)];
        assert!(expected.iter().any(|it| tests.contains(it)), "no test names {}", alert.name);
    }
}

#[test]
fn the_table_of_the_document_names_every_alert_and_no_other() {
    let document = fs::read_to_string(repository("docs/dashboards.md")).unwrap();
    let named: BTreeSet<(String, String)> = document
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| `Ledger")?.split(" | ");
            let name = cells.next()?.trim_end_matches('`');
            Some((format!("Ledger{name}"), cells.next()?.to_owned()))
        })
        .collect();
    let severity = |alert: &Alert| alert.member("severity").expect("a severity");
    let ruled = alerts().iter().map(|alert| (alert.name.clone(), severity(alert))).collect();
    assert_eq!(named, ruled);
}
