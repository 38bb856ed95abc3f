//! Why a node does not serve a request itself.

use std::net::SocketAddr;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unready {
    NoLeader,
    Elsewhere(SocketAddr),
}
