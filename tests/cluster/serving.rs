//! The binary over a cluster: two nodes, one log, and no password anywhere.

use std::path::Path;

use attempt_ledger::seed::Scenario;

use crate::cluster::proxy::Proxy;
use crate::cluster::server::Server;
use crate::cluster::traffic::submissions;
use crate::support::patience::until;
use crate::support::program::{Program, Serve, run_with};
use crate::support::seed::seed;

const PASSWORD: &str = "changeit-2113";

/// Reads at debug level, and its password from the environment, as a password should come.
fn served(data: &Path, log: &str) -> Program {
    let serve = Serve::over(data).with(&["--log-filter", "debug,h2=off"]);
    serve.env("ATTEMPT_LEDGER_LOG", log).start()
}

/// Stops gracefully; everything that it has said.
fn said(node: Program) -> String {
    let ended = node.stop();
    assert!(ended.status.success(), "{ended:?}");
    ended.stdout + &ended.stderr
}

/// Waits until a node has so many events, and counts them.
fn events(node: &Program, wanted: usize) -> usize {
    let count = || node.get("/v1/events?limit=1000").text().matches("\"revision\"").count();
    until(
        || format!("{} events instead of {wanted}", count()),
        || Some(count()).filter(|count| *count >= wanted),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn two_served_nodes_share_a_log_and_say_no_password() {
    let deliveries = submissions(seed(), 2, Scenario::Clean);
    let server = Server::start().await;
    let proxy = Proxy::start(server.socket()).await;
    let through = server.address_through(&[proxy.address()]);
    let address =
        if server.is_alone() { through.replace("://", &format!("://admin:{PASSWORD}@")) } else { through };
    let of_talk = deliveries.clone();
    let talk = move || {
        let deliveries = of_talk;
        let (one, two) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("two"));
        let nodes = [served(one.path(), &address), served(two.path(), &address)];
        for (number, delivery) in deliveries.iter().enumerate() {
            let event = delivery.address.event.as_deref().expect("an event");
            let queue_type = delivery.address.queue_type.as_deref().expect("a queue type");
            nodes[number % 2].post(&format!("/v1/hooks/{queue_type}/{event}"), &delivery.body).expect(201);
        }
        assert_eq!(nodes[0].get("/readyz").status, 200);
        let log = nodes.each_ref().map(|node| events(node, deliveries.len()));
        proxy.close();
        let unready = || Some(nodes[0].get("/readyz")).filter(|answer| answer.status == 503);
        let unready = until(|| "a node that its cluster has left stays ready", unready).text();
        assert!(unready.contains("log_unreachable"), "{unready}");
        let said: String = nodes.map(said).concat();
        let stranger = format!("mongodb://admin:{PASSWORD}@host");
        let tell = |arguments: &[&str]| {
            let variables = [("ATTEMPT_LEDGER_LOG", address.as_str()), ("ATTEMPT_LEDGER_COPY_TO", &address)];
            let output = run_with(&variables, arguments);
            String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
        };
        let said = said
            + &tell(&["serve", "--help"])
            + &tell(&["copy", "--help"])
            + &tell(&["serve", "--log", &format!("esdb://admin:{PASSWORD}@?tls=maybe")])
            + &tell(&["copy", "--from", &format!("mongodb://admin:{PASSWORD}@host"), "--to", "nowhere"])
            + &tell(&["copy", "--from", one.path().to_str().expect("text"), "--to", &stranger])
            + &tell(&["copy", "--from", "nowhere", "--to", &format!("esdb://admin:{PASSWORD}@host:1:2")]);
        assert!(!Path::new("mongodb:").exists(), "a connection string is no directory");
        let wrong = tell(&["serve", "--log", "warn"]);
        (log, said, wrong)
    };
    let wanted = deliveries.len();
    let (events, said, wrong) = tokio::task::spawn_blocking(talk).await.expect("no panic");
    if server.is_alone() {
        assert_eq!(events, [wanted, wanted]);
    }
    assert!(said.contains("following the cluster"), "{said}");
    assert!(!said.contains(PASSWORD), "{said}");
    assert!(wrong.contains("--log-filter"), "{wrong}");
}
