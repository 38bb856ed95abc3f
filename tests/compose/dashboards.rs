//! The dashboards beside the nodes: what is scraped runs, and what Grafana asks for is given.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::compose::file::{Service, json_of, services};
use crate::support::processes::printed;
use crate::support::repository;

const TOPOLOGIES: [&str; 2] = ["cluster", "single"];

fn scraped(topology: &str) -> Value {
    let path = repository(&format!("deploy/compose/prometheus-{topology}.yml"));
    serde_json::from_str(&json_of(&path)).unwrap()
}

#[test]
fn every_target_is_a_service_that_prometheus_shares_a_network_with() {
    let all = services(&[]);
    let service = |name: &str| all.iter().find(|service| service.name == name).expect(name);
    let prometheus = service("prometheus");
    for topology in TOPOLOGIES {
        let mut ledgers = Vec::new();
        for job in scraped(topology)["scrape_configs"].as_array().unwrap() {
            for target in job["static_configs"][0]["targets"].as_array().unwrap() {
                let (name, port) = target.as_str().unwrap().split_once(':').unwrap();
                assert!(!service(name).networks().is_disjoint(&prometheus.networks()), "{name}");
                if job["job_name"] == "attempt-ledger" {
                    assert_eq!(port, "7878");
                    ledgers.push(name.to_owned());
                }
            }
        }
        // The alerts name this job.
        let is_of =
            |service: &&Service| service.is_ledger() && (service.name == "single") == (topology == "single");
        let wanted: Vec<String> = all.iter().filter(is_of).map(|service| service.name.clone()).collect();
        assert_eq!(ledgers, wanted);
    }
}

#[test]
fn promtool_accepts_what_the_profile_mounts() {
    for topology in TOPOLOGIES {
        let directory = tempfile::tempdir().unwrap();
        let put = |from: &str, name: &str| fs::copy(repository(from), directory.path().join(name)).unwrap();
        put(&format!("deploy/compose/prometheus-{topology}.yml"), "prometheus.yml");
        put("deploy/prometheus/rules.yml", "rules.yml");
        let file = directory.path().join("prometheus.yml");
        printed(Command::new("promtool").args(["check", "config"]).arg(file));
    }
}

#[test]
fn grafana_is_given_every_variable_that_its_provisioning_asks_for() {
    let all = services(&[]);
    let grafana = all.iter().find(|service| service.name == "grafana").unwrap();
    let mut asked = BTreeSet::new();
    for kind in ["dashboards", "datasources"] {
        let path = repository(&format!("deploy/grafana/provisioning/{kind}/attempt-ledger.yaml"));
        let text = fs::read_to_string(path).unwrap();
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        for rest in lines.flat_map(|line| line.split("${").skip(1).collect::<Vec<_>>()) {
            asked.insert(rest.split('}').next().unwrap().to_owned());
        }
    }
    assert!(asked.len() >= 3);
    let given = grafana.environment();
    for variable in &asked {
        assert!(given.contains_key(variable.as_str()), "Grafana is not given {variable}");
    }
    let place = given["ATTEMPT_LEDGER_DASHBOARDS"];
    assert!(grafana.mounts().iter().any(|(_, mounted)| mounted == place));
    // Whichever runs, the nodes' proxy or the single node, is known under the name that Grafana asks.
    let name = given["ATTEMPT_LEDGER_URL"].strip_prefix("http://").unwrap().strip_suffix(":7878").unwrap();
    for service in all.iter().filter(|service| ["proxy", "single"].contains(&service.name.as_str())) {
        assert_eq!(service.json["networks"]["front"]["aliases"][0], name, "{}", service.name);
    }
}
