//! The HTTP API, in three rooms: `request` reads what a client asks, `routes` ask the ledger and the read
//! models, and `answer` gives their answers a shape. `router` has every route on one screen; `document` is
//! what programs and people read of them; `state` is what all of them share; `work_class` says which requests
//! are deliveries.
//!
//! Comments on answers, parameters and routes are the text of the OpenAPI document, line by line. A text
//! whose lines are longer than the format has, or whose words a comment does not use, is an attribute.

mod answer;
mod document;
mod request;
mod router;
mod routes;
mod state;
mod work_class;

pub(crate) use self::answer::{DifferenceAnswer, HooksAnswer, LinkAnswer, LinksAnswer, ProgressAnswer};
pub use self::router::router;
pub use self::state::Api;
pub use self::work_class::work_class;
