//! The socket that a service listens on: its own, or one that systemd holds across restarts.

use std::io::ErrorKind;
use std::net::SocketAddr;

use anyhow::{Context as _, anyhow};
use listenfd::ListenFd;
use tokio::net::{TcpListener, TcpSocket};

use super::CliError;

/// Connections that the kernel completes while the service does not accept them.
const BACKLOG: u32 = 4_096;

/// Listens on an address, or on the socket that systemd passes (`LISTEN_FDS`): that one outlives the process,
/// so that a restart refuses no connection.
///
/// # Errors
/// When there is none to listen on, or systemd passes more than one.
pub(super) fn listen(address: SocketAddr) -> Result<TcpListener, CliError> {
    let mut sockets = ListenFd::from_env();
    if sockets.len() > 1 {
        // Nobody would accept from the others, and their clients would believe that they are connected.
        return Err(CliError::Usage(format!(
            "systemd passes {} sockets, and the service listens on one\nhint: leave one `ListenStream` in \
             the socket unit; `[::]:7878` takes IPv4, too",
            sockets.len()
        )));
    }
    let passed = sockets.take_tcp_listener(0).context("the socket from systemd is none of TCP")?;
    if let Some(listener) = passed {
        listener.set_nonblocking(true).context("the socket from systemd cannot be set")?;
        return Ok(TcpListener::from_std(listener).context("the socket from systemd cannot be used")?);
    }
    let bound = bind(address);
    Ok(bound.map_err(|error| {
        let hint = hint(error.kind()).map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
        anyhow!("cannot listen on {address}: {error}{hint}")
    })?)
}

/// What the operator can do about an address that cannot be had.
const fn hint(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::AddrInUse => {
            Some("another process listens there: stop it, or name another address with --listen")
        }
        ErrorKind::AddrNotAvailable => {
            Some("this machine has no such address: `--listen 127.0.0.1:7878` is always there")
        }
        ErrorKind::PermissionDenied => {
            Some("ports below 1024 are the system's: name another one, or take a socket from systemd")
        }
        _ => None,
    }
}

fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restart need not wait until the connections of the process before it are forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
