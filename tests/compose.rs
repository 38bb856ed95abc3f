//! What starts several nodes, held against the specification, the program and a real proxy. No container is
//! started.

mod claims;
mod commands;
mod dashboards;
mod file;
mod haproxy;
mod image;
mod kurrentdb;
mod node;
mod program;
mod proxy;
