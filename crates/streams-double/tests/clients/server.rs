//! Which server is asked: the one that the environment names, or doubles that this test starts.

use attempt_ledger_streams_double::{Certificates, Double, Options, User};
use tempfile::TempDir;

/// Names a real server by its connection string.
const VARIABLE: &str = "ATTEMPT_LEDGER_TEST_ESDB";

/// Nodes of the cluster whose leaders come and go.
const CLUSTER_NODES: usize = 3;

/// The server that a suite asks.
pub enum Server {
    /// Somebody's server, to which only harmless things are done.
    Real(String),
    /// One node for most claims, some nodes to be killed, and one with TLS and users.
    Doubles { single: Double, cluster: Double, secured: Secured },
}

/// A node that its users trust by `trusted.crt`, and not by `other.crt` beside it.
pub struct Secured {
    double: Double,
    authorities: TempDir,
}

impl Secured {
    fn start() -> Self {
        let (certificates, other) = (Certificates::generate(), Certificates::generate());
        let authorities = tempfile::tempdir().expect("a directory");
        for (name, authority) in [("trusted.crt", &certificates), ("other.crt", &other)] {
            let file = authorities.path().join(name);
            std::fs::write(file, authority.authority_pem()).expect("the directory is ours");
        }
        let users = vec![User::admin("admin", "changeit"), User::ordinary("clerk", "changeit")];
        let options = Options { certificates: Some(certificates), users, ..Options::default() };
        Self { double: Double::start(options).expect("127.0.0.1 has free ports"), authorities }
    }

    fn address(&self) -> String {
        let authority = self.authorities.path().join("trusted.crt");
        format!("{}&tlsCAFile={}", self.double.connection_string(), authority.display())
    }
}

impl Server {
    pub fn start() -> Self {
        match std::env::var(VARIABLE) {
            Ok(address) if address.is_empty() => {
                panic!("{VARIABLE} is set to nothing; name a server (esdb://…) or unset it to ask a double")
            }
            Ok(address) => Self::Real(address),
            Err(std::env::VarError::NotPresent) => {
                let double = |nodes| {
                    Double::start(Options { nodes, ..Options::default() }).expect("127.0.0.1 has free ports")
                };
                Self::Doubles { single: double(1), cluster: double(CLUSTER_NODES), secured: Secured::start() }
            }
            Err(error) => panic!("{VARIABLE} names no server: {error}"),
        }
    }

    /// For people; it keeps a password in the connection string to itself.
    pub fn description(&self) -> String {
        match self {
            Self::Real(address) => {
                let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
                let hosts = rest.rsplit_once('@').map_or(rest, |(_, hosts)| hosts);
                format!("the server {scheme}://{hosts} that {VARIABLE} names")
            }
            Self::Doubles { single, .. } => {
                format!("a double at {}, as {VARIABLE} names no real server", single.connection_string())
            }
        }
    }

    /// The connection strings: of the server, and of the cluster and the secured server if there are any.
    pub fn addresses(&self) -> Vec<String> {
        match self {
            Self::Real(address) => vec![address.clone()],
            Self::Doubles { single, cluster, secured } => {
                vec![single.connection_string(), cluster.connection_string(), secured.address()]
            }
        }
    }

    /// Does to the cluster what a suite wishes, and answers the address of the leader after it.
    pub fn grant(&self, wish: &str) -> String {
        let Self::Doubles { cluster, .. } = self else { panic!("nobody may {wish:?} of a real server") };
        let leader = cluster.leader().expect("a leader that falls is followed at once");
        let next = (leader + 1) % cluster.node_count();
        match wish {
            "name the leader" => {}
            "move the lead" => cluster.make_leader(next),
            "kill the leader" => {
                cluster.kill_node(leader);
                cluster.make_leader(next);
            }
            _ => panic!("the suite wishes something unknown: {wish:?}"),
        }
        let leader = cluster.leader().expect("it was just found or made");
        cluster.address(leader).to_string()
    }
}
