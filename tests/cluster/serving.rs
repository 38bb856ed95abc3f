//! The binary over a cluster: two nodes, one log, and no password anywhere.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use attempt_ledger::seed::Scenario;
use rustix::process::{Pid, Signal, kill_process};

use crate::proxy::Proxy;
use crate::server::Server;
use crate::traffic::{seed, submissions};

const PASSWORD: &str = "changeit-2113";

struct Served {
    child: Child,
    base: String,
    stdout: BufReader<std::process::ChildStdout>,
}

impl Served {
    fn start(data: &Path, log: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_attempt-ledger"));
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--log-filter", "debug,h2=off", "--data"])
            .arg(data);
        // From the environment, as a password should come.
        command.env("ATTEMPT_LEDGER_LOG", log);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("its output is piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("its output is text");
        let base = line.split(' ').find(|word| word.starts_with("http://"));
        let base = base.unwrap_or_else(|| panic!("the server does not listen: {line:?}")).to_owned();
        Self { child, base, stdout }
    }

    fn status(&self, path: &str) -> (u16, String) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut response = agent.get(format!("{}{path}", self.base)).call().expect("it answers");
        (response.status().as_u16(), response.body_mut().read_to_string().expect("text"))
    }

    /// Stops gracefully; everything that it has said.
    fn stop(mut self) -> String {
        let pid = Pid::from_child(&self.child);
        // Whoever writes debug lines needs a reader until the end.
        let mut stderr = self.child.stderr.take().expect("it is piped");
        let reading = std::thread::spawn(move || {
            let mut said = String::new();
            stderr.read_to_string(&mut said).map(|_| said)
        });
        kill_process(pid, Signal::TERM).expect("it runs");
        let mut said = String::new();
        self.stdout.read_to_string(&mut said).expect("text");
        assert!(self.child.wait().expect("it ends").success());
        said + &reading.join().expect("no panic").expect("text")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_served_nodes_share_a_log_and_say_no_password() {
    let deliveries = submissions(seed(), 2, Scenario::Clean);
    let server = Server::start().await;
    let proxy = Proxy::start(server.socket()).await;
    let through = server.address_through(&[proxy.address()]);
    let address =
        if server.is_alone() { through.replace("://", &format!("://admin:{PASSWORD}@")) } else { through };
    let talk = move || {
        let (one, two) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("two"));
        let nodes = [Served::start(one.path(), &address), Served::start(two.path(), &address)];
        for (number, delivery) in deliveries.iter().enumerate() {
            let event = delivery.address.event.as_deref().expect("an event");
            let queue_type = delivery.address.queue_type.as_deref().expect("a queue type");
            let url = format!("{}/v1/hooks/{queue_type}/{event}", nodes[number % 2].base);
            let sent = ureq::post(&url).header("content-type", "application/json").send(&delivery.body[..]);
            assert_eq!(sent.expect("it is taken").status().as_u16(), 201);
        }
        assert_eq!(nodes[0].status("/readyz").0, 200);
        let log = nodes.each_ref().map(|node| node.status("/v1/events?limit=1000").1);
        proxy.close();
        let mut ready = nodes[0].status("/readyz");
        for _ in 0..200 {
            if ready.0 == 503 {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
            ready = nodes[0].status("/readyz");
        }
        assert!(ready.1.contains("log_unreachable"), "{}", ready.1);
        let said = nodes.map(Served::stop).concat();
        let tell = |arguments: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_attempt-ledger"));
            command
                .args(arguments)
                .env("ATTEMPT_LEDGER_LOG", &address)
                .env("ATTEMPT_LEDGER_COPY_TO", &address);
            let output = command.output().expect("it runs");
            String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
        };
        let said = said
            + &tell(&["serve", "--help"])
            + &tell(&["copy", "--help"])
            + &tell(&["serve", "--log", &format!("esdb://admin:{PASSWORD}@?tls=maybe")])
            + &tell(&["copy", "--from", "nowhere", "--to", &format!("esdb://admin:{PASSWORD}@host:1:2")]);
        let wrong = tell(&["serve", "--log", "warn"]);
        (log, said, wrong)
    };
    let ([first, second], said, wrong) = tokio::task::spawn_blocking(talk).await.expect("no panic");
    assert_eq!(first.matches("\"revision\"").count(), second.matches("\"revision\"").count());
    assert!(first.contains("\"revision\""), "{first}");
    assert!(said.contains("following the cluster"), "{said}");
    assert!(!said.contains(PASSWORD), "{said}");
    assert!(wrong.contains("--log-filter"), "{wrong}");
}
