//! The settings of the KurrentDB nodes: they find each other, and the ledger finds them.

use std::collections::BTreeSet;

use attempt_ledger::cluster_log::ClusterAddress;
use attempt_ledger::limits::EVENT_BYTES_MAX;

use crate::compose::file::{Service, services};

/// More than this and the server does not start: 16 MiB less what a record has around it.
const APPEND_BYTES_MAX: usize = 16 * 1024 * 1024 - 10_000;
/// The server does not start with a setting that it does not know. These are the ones that we use.
const SETTINGS: [&str; 13] = [
    "KURRENTDB_CHUNKS_CACHE_SIZE",
    "KURRENTDB_CLUSTER_SIZE",
    "KURRENTDB_DISCOVER_VIA_DNS",
    "KURRENTDB_GOSSIP_SEED",
    "KURRENTDB_INSECURE",
    "KURRENTDB_MAX_APPEND_SIZE",
    "KURRENTDB_NODE_HOST_ADVERTISE_AS",
    "KURRENTDB_NODE_IP",
    "KURRENTDB_REPLICATION_HOST_ADVERTISE_AS",
    "KURRENTDB_REPLICATION_IP",
    "KURRENTDB_RUN_PROJECTIONS",
    "KURRENTDB_TELEMETRY_OPTOUT",
    "KURRENTDB__SECONDARYINDEXING__ENABLED",
];

fn servers() -> Vec<Service> {
    services(&[]).into_iter().filter(|service| service.name.starts_with("kurrentdb")).collect()
}

fn members() -> Vec<Service> {
    servers().into_iter().filter(|service| service.profiles().is_empty()).collect()
}

#[test]
fn members_advertise_their_own_name_and_seek_all_the_others() {
    let members = members();
    let all: BTreeSet<String> = members.iter().map(|member| member.name.clone()).collect();
    for member in &members {
        let settings = member.environment();
        assert_eq!(settings["KURRENTDB_CLUSTER_SIZE"], all.len().to_string());
        assert_eq!(settings["KURRENTDB_DISCOVER_VIA_DNS"], "false", "seeds count only without it");
        for name in ["KURRENTDB_NODE_HOST_ADVERTISE_AS", "KURRENTDB_REPLICATION_HOST_ADVERTISE_AS"] {
            assert_eq!(settings[name], member.name);
        }
        let seeds = settings["KURRENTDB_GOSSIP_SEED"].split(',');
        let mut seeds: BTreeSet<String> =
            seeds.map(|seed| seed.strip_suffix(":2113").expect("the port").to_owned()).collect();
        assert!(seeds.insert(member.name.clone()), "{} seeks itself", member.name);
        assert_eq!(seeds, all);
    }
}

#[test]
fn every_node_of_the_ledger_knows_every_member() {
    let members: Vec<String> = members().iter().map(|member| format!("{}:2113", member.name)).collect();
    for service in services(&[]).iter().filter(|service| service.is_ledger() && service.name != "single") {
        let address: ClusterAddress = service.environment()["ATTEMPT_LEDGER_LOG"].parse().unwrap();
        assert_eq!(address.to_string(), format!("esdb://{}", members.join(",")));
    }
}

#[test]
fn servers_have_no_setting_that_would_keep_them_from_starting() {
    for server in servers() {
        for (name, value) in server.environment() {
            assert!(SETTINGS.contains(&name), "{}: is {name} a setting of the server?", server.name);
            assert!(!value.is_empty());
        }
        let append_bytes: usize = server.environment()["KURRENTDB_MAX_APPEND_SIZE"].parse().unwrap();
        assert!(append_bytes <= APPEND_BYTES_MAX, "{}", server.name);
        assert!(append_bytes > 100 * EVENT_BYTES_MAX, "{}", server.name);
    }
}

#[test]
fn the_test_server_keeps_nothing_and_is_where_the_guide_says() {
    let servers = servers();
    let server = servers.iter().find(|server| server.name == "kurrentdb-test").unwrap();
    assert!(server.mounts().is_empty() && server.json["tmpfs"].is_array());
    assert_eq!(server.ports(), [("127.0.0.1".to_owned(), 2113, 2113)]);
}
