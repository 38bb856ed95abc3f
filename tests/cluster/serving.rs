//! The binary over a cluster: two nodes, one log, and no password anywhere.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use attempt_ledger::seed::Scenario;
use rustix::process::{Pid, Signal, kill_process};

use crate::cluster::proxy::Proxy;
use crate::cluster::server::Server;
use crate::cluster::traffic::{seed, submissions};

const PASSWORD: &str = "changeit-2113";

struct Served {
    child: Child,
    base: String,
    stdout: BufReader<std::process::ChildStdout>,
    /// Reads what it says from the beginning: a full pipe would stop the server.
    stderr: JoinHandle<String>,
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
        let mut said = child.stderr.take().expect("it is piped");
        let stderr = std::thread::spawn(move || {
            let mut text = String::new();
            said.read_to_string(&mut text).expect("text");
            text
        });
        let mut line = String::new();
        stdout.read_line(&mut line).expect("its output is text");
        let Some(base) = line.split(' ').find(|word| word.starts_with("http://")) else {
            panic!("the server does not listen: {}", stderr.join().expect("no panic"));
        };
        let base = base.to_owned();
        Self { child, base, stdout, stderr }
    }

    fn status(&self, path: &str) -> (u16, String) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut response = agent.get(format!("{}{path}", self.base)).call().expect("it answers");
        (response.status().as_u16(), response.body_mut().read_to_string().expect("text"))
    }

    /// How many events there are, once they are as many as they must become.
    fn events(&self, wanted: usize) -> usize {
        let count = || self.status("/v1/events?limit=1000").1.matches("\"revision\"").count();
        for _ in 0..100 {
            if count() == wanted {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        count()
    }

    /// Stops gracefully; everything that it has said.
    fn stop(mut self) -> String {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).expect("it runs");
        let mut said = String::new();
        self.stdout.read_to_string(&mut said).expect("text");
        assert!(self.child.wait().expect("it ends").success());
        said + &self.stderr.join().expect("no panic")
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
    let of_talk = deliveries.clone();
    let talk = move || {
        let deliveries = of_talk;
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
        let log = nodes.each_ref().map(|node| node.events(deliveries.len()));
        proxy.close();
        let mut ready = nodes[0].status("/readyz");
        for _ in 0..200 {
            if ready.0 == 503 {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
            ready = nodes[0].status("/readyz");
        }
        assert!(ready.1.contains("log_unreachable"), "{}", ready.1);
        let said = nodes.map(Served::stop).concat();
        let stranger = format!("mongodb://admin:{PASSWORD}@host");
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
