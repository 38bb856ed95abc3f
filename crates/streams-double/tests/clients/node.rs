//! The client for Node.

use std::fs;
use std::process::Command;

use crate::install::{once, output_of, source};

const PACKAGES: &str = "nodejs npm";

/// What decides what is installed, and from where.
const FILES: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];

/// The suite for the one client.
pub fn command() -> Command {
    // Nothing of it is compiled for one version of Node, so the lock alone says what is there.
    output_of(Command::new("node").arg("--version"), PACKAGES);
    let lock = fs::read_to_string(source("node/package-lock.json")).expect("the lock is in the source tree");
    let directory = once("node", &lock, |directory| {
        for file in FILES {
            fs::copy(source("node").join(file), directory.join(file))
                .expect("the file is in the source tree");
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
        output_of(npm.current_dir(directory), PACKAGES);
    });
    let mut suite = Command::new("node");
    suite.arg(source("node/suite.mjs")).arg(directory.join("node_modules/@eventstore/db-client"));
    suite
}
