//! The rules under Prometheus' own tool.

use std::process::Command;

use crate::support::processes::printed;
use crate::support::repository;

fn promtool(arguments: &[&str]) {
    printed(Command::new("promtool").current_dir(repository("deploy/prometheus")).args(arguments));
}

#[test]
fn promtool_accepts_the_rules_and_the_example_configuration() {
    promtool(&["check", "rules", "rules.yml"]);
    promtool(&["check", "config", "prometheus.yml"]);
}

#[test]
fn promtool_finds_that_every_alert_fires_when_it_must_and_no_other() {
    promtool(&["test", "rules", "rules.test.yml"]);
}
