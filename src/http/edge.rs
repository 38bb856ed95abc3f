//! Everything around the routes: connections, limits, time-outs, request ids, errors and the graceful stop.
//!
//! Read in this order: `server` begins, `accept_loop` takes connections in, `connection` drives one,
//! `first_request` chooses its threads among `thread_group`, `stream` guards its socket, `exchange`
//! answers one request, `host` checks whom it names, `dispatch` hands it to the threads of its class,
//! `body` guards what the client sends, `memory` and `answer_memory` bound
//! what all of them hold, `stop_signal` ends
//! streams. HTTP/1.1 only: its head has a time-out from the first byte on, and HTTP/2 is left to a
//! proxy.

mod accept_loop;
mod answer_memory;
mod body;
mod connection;
mod deadline;
mod dispatch;
mod exchange;
mod extractor;
mod first_request;
mod host;
mod memory;
mod memory_pools;
mod options;
mod presence;
mod relay;
mod request_context;
mod request_id;
mod route_layer;
mod server;
mod state;
mod stop_signal;
mod stream;
mod thread_group;
mod work_class;
mod work_pool;

pub use self::accept_loop::StopReport;
pub use self::answer_memory::{AnswerMemory, AnswerShare, CountedAnswer};
pub use self::memory::BodyMemory;
pub use self::options::EdgeOptions;
pub use self::request_id::{REQUEST_ID_HEADER, RequestId};
pub use self::server::serve;
pub use self::stop_signal::StopSignal;
pub use self::work_class::{Classifier, WorkClass};
pub use self::work_pool::{Turn, WorkPool};
