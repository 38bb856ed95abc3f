//! The proxy in front of two nodes: whatever dies, hooks get through.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use attempt_ledger_streams_double::{Double, Options};
use rustix::process::Signal;
use tempfile::TempDir;

use crate::compose::haproxy::{Proxy, check};
use crate::compose::node::{Manners, Pretender, start_again};
use crate::support::http::Connection;
use crate::support::patience::until;
use crate::support::program::{Program, Serve};

const HOOK: &str = "/v1/hooks/inbound_queue/joined";
const SENDERS: u64 = 4;
const HOOKS_EACH: u64 = 150;
/// After so many, every backend has judged a node: each asks once a second, and twice is enough.
const PROBES: usize = 9;

fn joined(attempt_id: u64) -> String {
    format!("{{\"attempt_id\":\"{attempt_id}\",\"queue_id\":\"17\",\"timestamp\":\"1784711702121\"}}")
}

/// An address at which nobody listens: no test takes ports anywhere but at 127.0.0.1.
fn nobody() -> SocketAddr {
    "127.0.0.9:9".parse().unwrap()
}

/// A node with its log in a cluster.
fn start_over(cluster: &str, data: &Path) -> Program {
    Serve::over(data).env("ATTEMPT_LEDGER_LOG", cluster).start()
}

struct World {
    nodes: [Program; 2],
    proxy: Proxy,
    directories: [TempDir; 2],
}

fn two_nodes() -> World {
    let directories = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let nodes = directories.each_ref().map(|directory| Program::start(directory.path()));
    let proxy = Proxy::start(nodes.each_ref().map(|node| node.address));
    World { nodes, proxy, directories }
}

/// Sends hooks from several threads, does something in the middle of it, and gives back how each was
/// answered.
fn send_while(address: SocketAddr, then: impl FnOnce()) -> Vec<u16> {
    let sent = AtomicU64::new(0);
    thread::scope(|scope| {
        let senders = (0..SENDERS).map(|sender| {
            let sent = &sent;
            scope.spawn(move || {
                let mut connection = Connection::open(address);
                let ids = 1 + sender * HOOKS_EACH..=(sender + 1) * HOOKS_EACH;
                let send = |attempt_id| {
                    let json = [("content-type", "application/json")];
                    let answer =
                        connection.request(&format!("POST {HOOK}"), &json, joined(attempt_id).as_bytes());
                    if answer.headers.get("connection").is_some_and(|value| value == "close") {
                        connection = Connection::open(address);
                    }
                    sent.fetch_add(1, Ordering::Relaxed);
                    answer.status
                };
                ids.map(send).collect::<Vec<_>>()
            })
        });
        let senders: Vec<_> = senders.collect();
        let is_third = || sent.load(Ordering::Relaxed) >= SENDERS * HOOKS_EACH / 3;
        until(|| "the senders do not get on", || is_third().then_some(()));
        then();
        senders.into_iter().flat_map(|sender| sender.join().unwrap()).collect()
    })
}

/// Sends hooks from several threads and ends one node in the middle of it; every hook must be recorded.
fn every_hook_gets_through_when_a_node_ends_by(signal: Signal) {
    let mut world = two_nodes();
    let statuses = send_while(world.proxy.address, || {
        assert!(world.nodes[0].head() > 0, "nothing came to the node that is about to end");
        world.nodes[0].signal(signal);
    });
    assert!(statuses.iter().all(|status| *status == 201), "{statuses:?}");
    world.nodes[0].wait_for_end();
    assert!(world.nodes[1].head() >= SENDERS * HOOKS_EACH / 3);
    // Back at its address, it gets hooks again without anybody telling the proxy.
    world.proxy.wait_until("deliveries", "ledger-1", "DOWN");
    let port = world.nodes[0].address.port();
    world.nodes[0] = start_again(world.directories[0].path(), port);
    world.proxy.wait_until("deliveries", "ledger-1", "UP");
    let before = world.nodes[0].head();
    for attempt_id in 10_001..10_041 {
        assert_eq!(world.proxy.post(HOOK, &joined(attempt_id)).status, 201);
    }
    assert!(world.nodes[0].head() > before, "the node that is back gets nothing");
}

#[test]
fn every_hook_gets_through_when_a_node_is_killed() {
    every_hook_gets_through_when_a_node_ends_by(Signal::KILL);
}

#[test]
fn every_hook_gets_through_when_a_node_is_stopped() {
    every_hook_gets_through_when_a_node_ends_by(Signal::TERM);
}

#[test]
fn over_a_cluster_every_hook_is_recorded_once_though_a_node_is_killed_with_some() {
    let double = Double::start(Options { nodes: 3, ..Options::default() }).unwrap();
    let cluster = double.connection_string();
    let directories = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let mut nodes = directories.each_ref().map(|directory| start_over(&cluster, directory.path()));
    let proxy = Proxy::start(nodes.each_ref().map(|node| node.address));
    let statuses = send_while(proxy.address, || nodes[0].signal(Signal::KILL));
    nodes[0].wait_for_end();
    // 200 for what the dead node had written and not answered.
    assert!(statuses.iter().all(|status| [200, 201].contains(status)), "{statuses:?}");
    assert_eq!(nodes[1].head(), SENDERS * HOOKS_EACH);
    for attempt_id in [1, SENDERS * HOOKS_EACH / 2, SENDERS * HOOKS_EACH] {
        assert_eq!(proxy.post(HOOK, &joined(attempt_id)).status, 200);
    }
    assert_eq!(nodes[1].head(), SENDERS * HOOKS_EACH);
}

#[test]
fn hooks_wait_at_the_nodes_while_the_cluster_is_away() {
    let double = Double::start(Options { nodes: 3, ..Options::default() }).unwrap();
    let cluster = double.connection_string();
    let directories = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let nodes = directories.each_ref().map(|directory| start_over(&cluster, directory.path()));
    let proxy = Proxy::start(nodes.each_ref().map(|node| node.address));
    assert_eq!(proxy.post(HOOK, &joined(1)).status, 201);
    (0..3).for_each(|member| double.kill_node(member));
    thread::scope(|scope| {
        let before = scope.spawn(|| proxy.post(HOOK, &joined(2)));
        proxy.wait_until("deliveries", "ledger-1", "DOWN");
        proxy.wait_until("deliveries", "ledger-2", "DOWN");
        let within = scope.spawn(|| proxy.post(HOOK, &joined(3)));
        assert_eq!(proxy.get("/v1/attempts/1/timeline").status, 200, "questions need no cluster");
        (0..3).for_each(|member| double.restart_node(member).unwrap());
        double.make_leader(0);
        for waiting in [before, within] {
            assert_eq!(waiting.join().unwrap().status, 201);
        }
    });
    proxy.wait_until("deliveries", "ledger-1", "UP");
}

#[test]
fn the_deliveries_of_an_attempt_go_to_one_node_however_its_id_is_written() {
    let world = two_nodes();
    for attempt_id in 1..=20 {
        let hook = |event: &str, body: String| {
            let answer = world.proxy.post(&format!("/v1/hooks/inbound_queue/{event}"), &body);
            assert_eq!(answer.status, 201, "{answer:?}");
        };
        let at = |second: u64| 1_784_711_702_121 + second * 1_000;
        hook(
            "joined",
            format!("{{\"attempt_id\":\"{attempt_id}\",\"queue_id\":\"17\",\"timestamp\":{}}}", at(0)),
        );
        hook(
            "offering",
            format!("{{\"queue_id\":\"17\",\"timestamp\":{},\"attempt_id\":{attempt_id}}}", at(1)),
        );
        hook("leaving", format!("{{\"timestamp\":{},\n \"attempt_id\": \"{attempt_id}\"}}", at(2)));
        let counts = world.nodes.each_ref().map(|node| {
            let answer = node.get(&format!("/v1/attempts/{attempt_id}/events"));
            answer.text().matches("\"revision\"").count()
        });
        assert!(counts == [3, 0] || counts == [0, 3], "attempt {attempt_id} is spread: {counts:?}");
    }
    assert!(world.nodes.iter().all(|node| node.head() > 0), "one node gets everything");
}

#[test]
fn a_delivery_without_an_answer_is_sent_again_and_a_command_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let node = Program::start(directory.path());
    let pretender = Pretender::start(Manners { ready: 200, answer: None });
    let proxy = Proxy::start([pretender.address, node.address]);
    for attempt_id in 1..=20 {
        let answer = proxy.post(HOOK, &joined(attempt_id));
        assert_eq!(answer.status, 201, "{answer:?}");
    }
    assert!(pretender.others() > 0, "the node that answers nothing was never asked");
    let before = pretender.others();
    let answers: Vec<u16> =
        (0..2).map(|_| proxy.post("/v1/projections/all/rebuild?swap=false", "").status).collect();
    assert!(answers.contains(&502), "{answers:?}");
    assert_eq!(pretender.others(), before + 1);
}

#[test]
fn a_node_that_is_not_ready_gets_questions_and_no_deliveries() {
    let directory = tempfile::tempdir().unwrap();
    let node = Program::start(directory.path());
    let pretender = Pretender::start(Manners { ready: 503, answer: Some(500) });
    let proxy = Proxy::start([pretender.address, node.address]);
    proxy.wait_until("deliveries", "ledger-1", "DOWN");
    pretender.wait_for_probes(PROBES);
    for attempt_id in 1..=20 {
        assert_eq!(proxy.post(HOOK, &joined(attempt_id)).status, 201);
        assert_eq!(proxy.post("/v1/events?event=leaving&queue_type=1", &joined(attempt_id)).status, 201);
        assert_eq!(proxy.get("/v1/queues").status, 200);
    }
    assert_eq!(pretender.others(), 0);
    assert!(pretender.questions() > 0);
    assert_eq!(proxy.health(), 200);
}

#[test]
fn without_a_ready_node_a_delivery_is_left_with_one_that_lives() {
    let pretender = Pretender::start(Manners { ready: 503, answer: Some(201) });
    let proxy = Proxy::start([nobody(), pretender.address]);
    proxy.wait_until("deliveries", "ledger-1", "DOWN");
    proxy.wait_until("deliveries", "ledger-2", "DOWN");
    pretender.wait_for_probes(PROBES);
    for attempt_id in 1..=10 {
        assert_eq!(proxy.post(HOOK, &joined(attempt_id)).status, 201);
    }
    assert_eq!(pretender.others(), 10);
}

#[test]
fn without_any_node_the_answer_is_a_problem_that_says_when_to_come_back() {
    let proxy = Proxy::start([nobody(), nobody()]);
    for backend in ["deliveries", "patient", "questions"] {
        proxy.wait_until(backend, "ledger-1", "DOWN");
        proxy.wait_until(backend, "ledger-2", "DOWN");
    }
    for answer in [proxy.post(HOOK, &joined(1)), proxy.get("/v1/now")] {
        assert_eq!(answer.status, 503);
        assert_eq!(answer.headers["retry-after"], "1");
        let problem = answer.problem_document();
        assert_eq!((&problem["status"], &problem["code"]), (&503.into(), &"no_node".into()));
        assert_eq!(problem["type"], "/problems/no_node");
    }
    assert_eq!(proxy.health(), 503);
}

#[test]
fn a_batch_that_is_larger_than_a_buffer_gets_through() {
    let world = two_nodes();
    let lines: Vec<String> = (1..=2_000)
        .map(|attempt_id| joined(attempt_id).replace('{', "{\"event\":\"joined\",\"queue_type\":\"1\","))
        .collect();
    let answer = world.proxy.post("/v1/events", &format!("[{}]", lines.join(",")));
    assert_eq!(answer.status, 200, "{}", answer.text().chars().take(500).collect::<String>());
    assert_eq!(world.nodes.iter().map(Program::head).sum::<u64>(), 2_000);
}

#[test]
fn a_number_that_is_asked_for_does_not_stand_in_the_log_of_the_proxy() {
    let world = two_nodes();
    assert_eq!(world.proxy.get("/v1/attempts?destination=380671112233").status, 200);
    assert_eq!(world.proxy.post(HOOK, &joined(48_210_731)).status, 201);
    let log = world.proxy.log_with(&["GET /v1/attempts", &format!("POST {HOOK}")]);
    assert!(!log.contains("380671112233") && !log.contains("48210731"), "{log}");
}

#[test]
fn the_configuration_is_valid_as_it_lies() {
    assert!(check().contains("Configuration file is valid"));
}
