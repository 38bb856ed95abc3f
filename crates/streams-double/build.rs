//! Turns the services' descriptions into Rust, without a protoc.

use std::error::Error;

const FILES: [&str; 3] = ["streams.proto", "gossip.proto", "serverfeatures.proto"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let descriptors = protox::compile(FILES, ["proto"])?;
    tonic_prost_build::configure().build_client(true).bytes(".event_store").compile_fds(descriptors)?;
    Ok(())
}
