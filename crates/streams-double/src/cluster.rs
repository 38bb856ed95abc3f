//! Who serves the store: the members, which one leads, and where each says it can be reached.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard};

use tokio::sync::watch;
use tonic::Status;
use tonic::metadata::MetadataMap;
use uuid::Uuid;

use crate::access::{Caller, User};
use crate::hold::Holds;
use crate::options::Options;
use crate::store::Store;
use crate::unready::Unready;

/// What the services of all nodes share.
pub(crate) struct Cluster {
    pub store: Store,
    pub holds: Holds,
    pub options: Options,
    /// Counts how often every subscription was ended with OK.
    pub endings: watch::Sender<u64>,
    users: Mutex<Vec<User>>,
    members: Mutex<Members>,
}

#[derive(Default)]
struct Members {
    all: Vec<Member>,
    leader: Option<usize>,
}

/// One node as the others see it.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub instance: Uuid,
    pub listens_on: SocketAddr,
    /// What gossip and trailers say; a proxy's address if a test put one before the node.
    pub advertised: SocketAddr,
    pub is_alive: bool,
}

impl Cluster {
    pub fn new(options: Options) -> Self {
        Self {
            store: Store::new(),
            holds: Holds::default(),
            users: Mutex::new(options.users.clone()),
            options,
            endings: watch::Sender::new(0),
            members: Mutex::default(),
        }
    }

    /// Whom the headers of a call name.
    pub fn identify(&self, headers: &MetadataMap) -> Result<Caller, Status> {
        Caller::identify(&self.users.lock().expect("nobody panics with it"), headers)
    }

    pub fn set_users(&self, users: Vec<User>) {
        *self.users.lock().expect("nobody panics with it") = users;
    }

    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().expect("nobody panics with it")
    }

    /// Adds a node, which leads if nobody else does, and answers its number.
    pub fn join(&self, address: SocketAddr) -> usize {
        let mut members = self.members();
        let node = members.all.len();
        let instance = Uuid::new_v4();
        members.all.push(Member { instance, listens_on: address, advertised: address, is_alive: true });
        members.leader.get_or_insert(node);
        node
    }

    /// Marks a node as dead or alive. A dead one leads no more; nobody follows it by himself.
    pub fn set_alive(&self, node: usize, is_alive: bool) {
        let mut members = self.members();
        members.all[node].is_alive = is_alive;
        if !is_alive {
            members.leader = members.leader.filter(|leader| *leader != node);
        }
    }

    pub fn lead(&self, node: usize) {
        let mut members = self.members();
        assert!(members.all[node].is_alive, "a dead node cannot lead; restart it first");
        members.leader = Some(node);
    }

    pub fn advertise(&self, node: usize, address: SocketAddr) {
        self.members().all[node].advertised = address;
    }

    pub fn leader(&self) -> Option<usize> {
        self.members().leader
    }

    pub fn members_and_leader(&self) -> (Vec<Member>, Option<usize>) {
        let members = self.members();
        (members.all.clone(), members.leader)
    }

    /// Whether this node may serve a write: the leader does, and a follower passes it on to the leader unless
    /// the client wants none but the leader to be asked.
    pub fn admit_write(&self, node: usize, requires_leader: bool) -> Result<(), Unready> {
        let members = self.members();
        let leader = members.leader.ok_or(Unready::NoLeader)?;
        if requires_leader && leader != node {
            return Err(Unready::Elsewhere(members.all[leader].advertised));
        }
        Ok(())
    }

    /// Whether this node may serve a read: any may, unless the client wants the leader.
    pub fn admit_read(&self, node: usize, requires_leader: bool) -> Result<(), Unready> {
        if requires_leader { self.admit_write(node, true) } else { Ok(()) }
    }
}
