//! The rules under Prometheus' own tool.

use std::process::Command;

use crate::dashboards::boards::repository;

fn promtool(arguments: &[&str]) {
    let mut command = Command::new("promtool");
    command.current_dir(repository("deploy/prometheus")).args(arguments);
    let output = command.output().unwrap_or_else(|error| {
        panic!("promtool cannot start: {error}; install it: apt-get install prometheus (it comes with it)")
    });
    let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "promtool {arguments:?} failed:\n{said}{wrong}");
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
