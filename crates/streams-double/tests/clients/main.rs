//! Checks the server that the adapter's tests use with clients that were written by others.
//!
//! `ATTEMPT_LEDGER_TEST_ESDB` names a real server (`esdb://…`); without it a double is started. Each run says
//! on standard error which one it asked. The clients are installed beside the build, once for each set of
//! versions.

mod claims;
mod install;
mod node;
mod python;
mod server;
mod suite;

#[test]
fn every_claim_holds_for_kurrentdbclient() {
    suite::check("kurrentdbclient", python::command("kurrentdbclient"));
}

#[test]
fn every_claim_holds_for_esdbclient() {
    suite::check("esdbclient", python::command("esdbclient"));
}

#[test]
fn every_claim_holds_for_the_client_for_node() {
    suite::check("@eventstore/db-client", node::command());
}
