//! Serves a double until it is interrupted, and prints how to connect to it.
//!
//! Usage: `streams-double [NODES [AUTHORITY]]`. With the name of a file it speaks TLS and asks for a
//! password; what clients must trust is written to that file.

use std::error::Error;

use attempt_ledger_streams_double::{Certificates, Double, Options, User};

/// Who may use a secured double, as in an official server that was just installed.
const ADMIN: (&str, &str) = ("admin", "changeit");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let nodes = match arguments.next() {
        Some(text) => text.parse().map_err(|error| format!("{text:?} is no number of nodes: {error}"))?,
        None => 1,
    };
    let Some(authority) = arguments.next() else {
        let double = Double::start(Options { nodes, ..Options::default() })?;
        println!("{}", double.connection_string());
        return Ok(tokio::signal::ctrl_c().await?);
    };
    let certificates = Certificates::generate();
    std::fs::write(&authority, certificates.authority_pem())?;
    let (name, password) = ADMIN;
    let users = vec![User::admin(name, password)];
    let options = Options { nodes, certificates: Some(certificates), users, ..Options::default() };
    let double = Double::start(options)?;
    let address = double.connection_string().replacen("://", &format!("://{name}:{password}@"), 1);
    println!("{address}&tlsCAFile={authority}");
    Ok(tokio::signal::ctrl_c().await?)
}
