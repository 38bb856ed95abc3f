//! The client of the cluster, and every workaround that only this client needs.
//!
//! Only the files in here name the client crate, rustls, certificates and credentials. What the rest of the
//! backend knows of the client are the names below.

mod address;
mod append_answer;
pub(crate) mod certificates;
mod connection;
mod credentials;
mod driver;
mod endless_loop;
mod sentence;
mod subscription;
mod supervisor;

pub use address::ClusterAddress;
pub(crate) use append_answer::AppendAnswer;
pub(crate) use driver::{ClientSettings, EventData, IncomingEvent, incoming};
pub(crate) use subscription::{SubscriptionReader, SubscriptionSignal};
pub(crate) use supervisor::Supervisor;
