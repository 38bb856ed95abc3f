//! The handle that a test holds: starts nodes, kills them, moves the lead, and holds appends back.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::access::User;
use crate::cluster::Cluster;
use crate::expected::Expected;
use crate::hold::{Hold, Moment};
use crate::node::Node;
use crate::options::Options;
use crate::record::Proposal;
use crate::services::Services;

/// A running double. Clones are handles to the same one; when the last is dropped, all nodes die.
///
/// Nodes are numbered from 0 in the order in which they were added. A number that is no node's panics.
#[derive(Clone)]
pub struct Double {
    cluster: Arc<Cluster>,
    nodes: Arc<Mutex<Vec<Node>>>,
}

impl Double {
    /// Starts the nodes on free ports of 127.0.0.1; the first one leads.
    ///
    /// # Errors
    /// When there is no free port or no thread to be had.
    pub fn start(options: Options) -> io::Result<Self> {
        let nodes = options.nodes;
        let double = Self { cluster: Arc::new(Cluster::new(options)), nodes: Arc::default() };
        for _ in 0..nodes {
            double.add_node()?;
        }
        Ok(double)
    }

    fn nodes(&self) -> MutexGuard<'_, Vec<Node>> {
        self.nodes.lock().expect("nobody panics with it")
    }

    /// Adds a node to the same store, as a follower unless there is no leader, and answers its number.
    ///
    /// # Errors
    /// When there is no free port or no thread to be had.
    pub fn add_node(&self) -> io::Result<usize> {
        self.add_node_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }

    /// The same on an address of one's own choice.
    ///
    /// # Errors
    /// When the address or a thread is not to be had.
    pub fn add_node_at(&self, address: SocketAddr) -> io::Result<usize> {
        let mut nodes = self.nodes();
        let listener = Node::bind(address)?;
        let node = self.cluster.join(listener.local_addr()?);
        nodes.push(Node::serve(listener, Services { cluster: Arc::clone(&self.cluster), node })?);
        Ok(node)
    }

    /// Closes a node's port and connections at once, whatever they were doing. If it led, nobody leads until
    /// [`Self::make_leader`]; until then writes are answered with "Server Is Not Ready".
    pub fn kill_node(&self, node: usize) {
        let mut nodes = self.nodes();
        self.cluster.set_alive(node, false);
        nodes[node].kill();
    }

    /// Brings a killed node back on its old port, as a follower unless it is the only node.
    ///
    /// # Errors
    /// When somebody else took its port, or no thread is to be had.
    pub fn restart_node(&self, node: usize) -> io::Result<()> {
        let mut nodes = self.nodes();
        nodes[node].kill();
        let listener = Node::bind(self.address(node))?;
        nodes[node] = Node::serve(listener, Services { cluster: Arc::clone(&self.cluster), node })?;
        self.cluster.set_alive(node, true);
        if nodes.len() == 1 {
            self.cluster.lead(node);
        }
        Ok(())
    }

    /// Lets a node that lives lead.
    pub fn make_leader(&self, node: usize) {
        self.cluster.lead(node);
    }

    /// Who leads, if anybody does.
    #[must_use]
    pub fn leader(&self) -> Option<usize> {
        self.cluster.leader()
    }

    /// Where a node listens, dead or alive.
    #[must_use]
    pub fn address(&self, node: usize) -> SocketAddr {
        self.cluster.members_and_leader().0[node].listens_on
    }

    /// How many nodes were ever added.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.cluster.members_and_leader().0.len()
    }

    /// Lets gossip and "not leader" answers name another address for a node: that of a proxy before it.
    pub fn advertise(&self, node: usize, address: SocketAddr) {
        self.cluster.advertise(node, address);
    }

    /// What clients are given: one address for one node, all of them for more. It names the advertised ones.
    /// For TLS it also needs `tlsCAFile`, and for a double with users a name and a password.
    #[must_use]
    pub fn connection_string(&self) -> String {
        let (members, _) = self.cluster.members_and_leader();
        let addresses: Vec<_> = members.iter().map(|member| member.advertised.to_string()).collect();
        let is_secured = self.cluster.options.certificates.is_some();
        format!("esdb://{}?tls={is_secured}", addresses.join(","))
    }

    /// Changes who may use it, at once, as for all calls that come from now on.
    pub fn set_users(&self, users: Vec<User>) {
        self.cluster.set_users(users);
    }

    /// Holds every append to streams with this prefix back at this moment, for as long as the hold lives. A
    /// node that is killed in between forgets those that were not applied.
    #[must_use]
    pub fn hold_appends(&self, moment: Moment, stream_prefix: &str) -> Hold {
        self.cluster.holds.add(moment, stream_prefix)
    }

    /// Appends an event that is nobody's in particular to the end of a stream.
    ///
    /// # Panics
    /// When the stream was deleted for good.
    pub fn append_as_a_stranger(&self, stream: &str) {
        let appended = self.cluster.store.append(stream, Expected::Any, vec![Proposal::of_a_stranger()]);
        appended.expect("the stream was not deleted");
    }

    /// Ends every subscription that runs now with the status OK, as a server does that shuts down in peace.
    pub fn end_subscriptions(&self) {
        self.cluster.endings.send_modify(|endings| *endings += 1);
    }

    /// How many events there are, with those of the system.
    #[must_use]
    pub fn event_count(&self) -> usize {
        self.cluster.store.state().events.len()
    }
}
