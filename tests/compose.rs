//! What starts several nodes, held against the specification, the program and a real proxy. No container is started.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "compose/claims.rs"]
mod claims;
#[path = "compose/commands.rs"]
mod commands;
#[path = "compose/dashboards.rs"]
mod dashboards;
#[path = "compose/file.rs"]
mod file;
#[path = "compose/haproxy.rs"]
mod haproxy;
#[path = "compose/image.rs"]
mod image;
#[path = "compose/kurrentdb.rs"]
mod kurrentdb;
#[path = "compose/node.rs"]
mod node;
#[path = "compose/program.rs"]
mod program;
#[path = "compose/proxy.rs"]
mod proxy;
#[path = "support/python.rs"]
mod python;
