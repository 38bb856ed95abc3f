//! The log in a cluster: the same records as in every other backend, through every fault of the network.

#[path = "cluster/agreement.rs"]
mod agreement;
#[path = "cluster/copying.rs"]
mod copying;
#[path = "cluster/faults.rs"]
mod faults;
#[path = "cluster/following.rs"]
mod following;
#[path = "cluster/leaders.rs"]
mod leaders;
#[path = "cluster/nodes.rs"]
mod nodes;
#[path = "cluster/outcomes.rs"]
mod outcomes;
#[path = "cluster/proxy.rs"]
mod proxy;
#[path = "cluster/restored.rs"]
mod restored;
#[path = "cluster/secure.rs"]
mod secure;
#[path = "cluster/server.rs"]
mod server;
#[path = "cluster/serving.rs"]
mod serving;
#[path = "cluster/traffic.rs"]
mod traffic;
#[path = "cluster/world.rs"]
mod world;
