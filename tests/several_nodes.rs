//! Several nodes as their users run them: one log in a cluster, read models in PostgreSQL, and nodes that
//! die.
//!
//! The tests start a PostgreSQL server of their own: `apt-get install -y --no-install-recommends postgresql`.
//! The log is in the double of the stream services, or where ATTEMPT_LEDGER_TEST_ESDB says.

mod deaths;
mod links;
mod node;
mod outages;
mod sender;
