//! What can be chosen when a double starts.

use crate::access::User;
use crate::secure::Certificates;

/// How a double is made.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many nodes serve the store at first. The first of them leads.
    pub nodes: usize,
    /// The largest append, as the server counts: data, metadata and two bytes for each character of the type.
    pub maximum_append_size_bytes: usize,
    /// What the double says its version is.
    pub server_version: String,
    /// With certificates the nodes speak TLS, and nothing else.
    pub certificates: Option<Certificates>,
    /// With users the nodes ask for passwords, and give the rights that the official server gives by default.
    pub users: Vec<User>,
}

impl Default for Options {
    /// One node with the official server's default limit, as insecure as that server with `--insecure`.
    fn default() -> Self {
        Self {
            nodes: 1,
            maximum_append_size_bytes: 1024 * 1024,
            server_version: "25.1.0".to_owned(),
            certificates: None,
            users: Vec::new(),
        }
    }
}
