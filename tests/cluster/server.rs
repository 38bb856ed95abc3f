//! Which server the tests run against: the one that ATTEMPT_LEDGER_TEST_ESDB names, else a double in this
//! process.

use std::io::Write as _;
use std::net::SocketAddr;

use attempt_ledger_streams_double::{Double, Options};

pub enum Server {
    Real { address: String },
    Double(Double),
}

impl Server {
    pub async fn start() -> Self {
        if let Ok(address) = std::env::var("ATTEMPT_LEDGER_TEST_ESDB") {
            let shown = address.rsplit('@').next().unwrap_or_default();
            say(shown);
            return Self::Real { address };
        }
        say("the double in this process");
        Self::Double(Double::start(Options::default()).expect("a port is free"))
    }

    pub fn address(&self) -> String {
        match self {
            Self::Real { address } => address.clone(),
            Self::Double(double) => double.connection_string(),
        }
    }

    /// Where a proxy connects to. A real server must be one node without TLS.
    pub fn socket(&self) -> SocketAddr {
        match self {
            Self::Real { address } => {
                let host = address.split("://").nth(1).unwrap_or_default();
                let host = host.split(['/', '?']).next().unwrap_or_default();
                host.rsplit('@').next().unwrap_or_default().parse().expect("an IP address and a port")
            }
            Self::Double(double) => double.address(0),
        }
    }

    /// The server's address with other sockets in it.
    pub fn address_through(&self, sockets: &[SocketAddr]) -> String {
        let sockets: Vec<String> = sockets.iter().map(ToString::to_string).collect();
        self.address().replace(&self.socket().to_string(), &sockets.join(","))
    }

    /// Whether nobody else writes to it.
    pub fn is_alone(&self) -> bool {
        matches!(self, Self::Double(_))
    }

    /// Whether it could be told to end every subscription with OK.
    pub fn end_subscriptions_kindly(&self) -> bool {
        match self {
            Self::Real { .. } => false,
            Self::Double(double) => {
                double.end_subscriptions();
                true
            }
        }
    }
}

/// Past the harness, which keeps what passing tests print to itself: every run says which server it used.
fn say(server: &str) {
    // Nobody may be reading.
    let _ = writeln!(std::io::stderr(), "server: {server}");
}

/// A cluster of three nodes, of which the first one leads; only the double can be told to lose nodes.
pub fn three() -> Double {
    say("three nodes of the double in this process");
    Double::start(Options { nodes: 3, ..Options::default() }).expect("three ports are free")
}
