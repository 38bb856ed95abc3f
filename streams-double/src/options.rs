//! What can be chosen when a double starts.

/// How a double is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How many nodes serve the store at first. The first of them leads.
    pub nodes: usize,
    /// The largest append, as the server counts: data, metadata and two bytes for each character of the type.
    pub maximum_append_size_bytes: usize,
    /// What the double says its version is.
    pub server_version: String,
}

impl Default for Options {
    /// One node with the official server's default limit.
    fn default() -> Self {
        Self { nodes: 1, maximum_append_size_bytes: 1024 * 1024, server_version: "25.1.0".to_owned() }
    }
}
