//! What holds for every service before anything is started.

use std::collections::{BTreeMap, BTreeSet};

use attempt_ledger::limits::{REQUEST_TIMEOUT_MS, STOP_TIMEOUT_MS};
use serde_json::Value;

use crate::compose::file::{check_against_the_specification, compose, running, services, variables, words};
use crate::support::repository;

/// What may run side by side: profiles, and whether the services that have none run, too.
const TOGETHER: [(&[&str], bool); 5] = [
    (&[], true),
    (&["dashboards"], true),
    (&["test-server"], true),
    (&["single"], false),
    (&["single", "dashboards"], false),
];

fn names(profiles: &[&str]) -> BTreeSet<String> {
    running(profiles).into_iter().map(|service| service.name).collect()
}

#[test]
fn the_file_keeps_to_the_compose_specification() {
    check_against_the_specification();
}

#[test]
fn profiles_hold_what_the_guide_says() {
    let cluster = ["kurrentdb-1", "kurrentdb-2", "kurrentdb-3", "ledger-1", "ledger-2", "postgres", "proxy"];
    let cluster: BTreeSet<String> = cluster.map(str::to_owned).into();
    assert_eq!(names(&[]), cluster);
    let beside = |profile: &str| names(&[profile]).difference(&cluster).cloned().collect::<Vec<_>>();
    assert_eq!(beside("dashboards"), ["grafana", "prometheus"]);
    assert_eq!(beside("single"), ["single"]);
    assert_eq!(beside("test-server"), ["kurrentdb-test"]);
}

#[test]
fn every_service_has_a_version_a_health_check_and_time_to_stop() {
    for service in services(&[]) {
        let name = &service.name;
        let image = service.json["image"].as_str().expect(name);
        let (_, tag) = image.split_once(':').unwrap_or_else(|| panic!("{name}: {image} has no tag"));
        let numbers =
            tag.split(['.', '-']).take_while(|part| part.trim_start_matches('v').parse::<u32>().is_ok());
        assert!(numbers.count() >= 2, "{name}: {tag} names no version");
        let test = words(&service.json["healthcheck"]["test"]);
        assert!(test.len() > 1 && test[0] == "CMD", "{name}: a health check needs no shell: {test:?}");
        for pointer in ["interval", "timeout", "start_period", "start_interval"] {
            assert!(service.seconds(&format!("/healthcheck/{pointer}")) > 0);
        }
        assert!(service.seconds("/stop_grace_period") >= 30, "{name}");
        let restart = if name == "kurrentdb-test" { "no" } else { "unless-stopped" };
        assert_eq!(service.json["restart"], restart, "{name}");
        assert_eq!(words(&service.json["security_opt"]), ["no-new-privileges:true"], "{name}");
    }
}

#[test]
fn a_ledger_has_no_rights_that_it_does_not_need() {
    for service in services(&[]).into_iter().filter(|service| service.is_ledger() || service.name == "proxy")
    {
        assert_eq!(service.json["read_only"], Value::Bool(true), "{}", service.name);
        assert_eq!(words(&service.json["cap_drop"]), ["ALL"], "{}", service.name);
    }
}

#[test]
fn services_that_run_together_publish_ports_of_their_own_and_only_on_the_loopback() {
    for (profiles, is_with_the_rest) in TOGETHER {
        let mut taken: BTreeMap<u16, String> = BTreeMap::new();
        for service in running(profiles) {
            if service.profiles().is_empty() && !is_with_the_rest {
                continue;
            }
            for (host, port, _) in service.ports() {
                assert_eq!(host, "127.0.0.1", "{} is open to everybody by default", service.name);
                let other = taken.insert(port, service.name.clone());
                assert_eq!(other, None, "{} publishes port {port}, too, under {profiles:?}", service.name);
            }
        }
        assert!(!taken.is_empty());
    }
}

#[test]
fn the_cluster_and_the_database_cannot_be_reached_from_outside() {
    assert_eq!(compose(&[])["networks"]["storage"]["internal"], Value::Bool(true));
    for service in running(&[]) {
        if service.name.starts_with("kurrentdb") || service.name == "postgres" {
            assert!(service.ports().is_empty(), "{} is published", service.name);
            assert_eq!(service.networks(), ["storage"].into());
        }
    }
}

#[test]
fn what_a_service_waits_for_runs_when_it_runs_and_shares_a_network() {
    let all = services(&[]);
    for service in &all {
        for wanted in service.waits_for() {
            let other = all.iter().find(|other| other.name == wanted).expect(wanted);
            assert!(other.profiles().is_subset(&service.profiles()), "{} waits for {wanted}", service.name);
            let condition = service.json["depends_on"][wanted]["condition"].as_str().unwrap();
            assert!(["service_healthy", "service_started"].contains(&condition));
            assert!(!other.networks().is_disjoint(&service.networks()), "{} and {wanted}", service.name);
        }
    }
}

#[test]
fn every_file_that_is_mounted_is_there_and_every_volume_is_declared_once_and_used_once() {
    for topology in ["cluster", "single"] {
        let mut used = Vec::new();
        for service in services(&[("LEDGER_TOPOLOGY", topology)]) {
            for (source, place) in service.mounts() {
                assert!(place.starts_with('/'));
                match source.strip_prefix("./") {
                    Some(path) => assert!(repository(path).exists(), "{}: {path} is missing", service.name),
                    None => used.push(source),
                }
            }
        }
        used.sort();
        let file = compose(&[]);
        let mut declared: Vec<String> = file["volumes"].as_object().unwrap().keys().cloned().collect();
        declared.sort();
        assert_eq!(used, declared);
    }
}

#[test]
fn every_stop_outlasts_what_it_waits_for() {
    let all = services(&[]);
    for service in all.iter().filter(|service| service.is_ledger()) {
        assert!(service.seconds("/stop_grace_period") * 1_000 > 2 * STOP_TIMEOUT_MS, "{}", service.name);
    }
    let configuration = std::fs::read_to_string(repository("deploy/proxy/haproxy.cfg")).unwrap();
    let seconds = |setting: &str| -> u64 {
        let value = configuration.split(setting).nth(1).expect(setting).split_whitespace().next().unwrap();
        value.strip_suffix('s').unwrap().parse().unwrap()
    };
    assert!(seconds("timeout server ") * 1_000 > REQUEST_TIMEOUT_MS);
    assert!(seconds("hard-stop-after ") > seconds("timeout server "));
    let proxy = all.iter().find(|service| service.name == "proxy").unwrap();
    assert!(proxy.seconds("/stop_grace_period") > seconds("hard-stop-after "));
}

#[test]
fn every_variable_is_explained_in_the_guide() {
    let guide = std::fs::read_to_string(repository("docs/scale-out.md")).unwrap();
    for variable in variables() {
        assert!(guide.contains(&format!("`{variable}`")), "docs/scale-out.md does not explain {variable}");
    }
}
