//! The clients for Python, each in an environment of its own: both bring the same protocol buffer messages,
//! and cannot be loaded together.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::install::{once, output_of, source};

const PACKAGES: &str = "python3 python3-venv";

/// The suite for one package.
pub fn command(package: &str) -> Command {
    let requirements = source(&format!("python/{package}.txt"));
    let pinned = fs::read_to_string(&requirements).expect("every package has a list of versions");
    let python = output_of(Command::new("python3").arg("--version"), PACKAGES);
    let environment = once(package, &format!("{python}{pinned}"), |directory| {
        install(directory, &requirements);
    });
    let mut suite = Command::new(environment.join("bin/python"));
    // -B: nothing is to be compiled into the source tree.
    suite.arg("-B").arg(source("python/suite.py")).arg(package);
    suite
}

/// From the index that this machine is configured for. Nothing is compiled, which would take a quarter of an
/// hour, and nothing comes that is not in the list, such as the compiler that gRPC brings for those who write
/// services.
fn install(directory: &Path, requirements: &Path) {
    output_of(Command::new("python3").args(["-m", "venv"]).arg(directory), PACKAGES);
    let mut pip = Command::new(directory.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    output_of(pip.args(["--only-binary", ":all:", "--requirement"]).arg(requirements), PACKAGES);
}
