//! Serves a double until it is interrupted, and prints how to connect to it: `streams-double [NODES]`.

use std::error::Error;

use attempt_ledger_streams_double::{Double, Options};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let nodes = match std::env::args().nth(1) {
        Some(text) => text.parse().map_err(|error| format!("{text:?} is no number of nodes: {error}"))?,
        None => 1,
    };
    let double = Double::start(Options { nodes, ..Options::default() })?;
    println!("{}", double.connection_string());
    tokio::signal::ctrl_c().await?;
    Ok(())
}
