//! What clients ask: paths, query strings, bodies and cursors, read strictly.

mod accept;
mod body_form;
mod cloud_events;
mod consistency;
mod cursor;
mod delivery_body;
mod history_query;
mod history_request;
mod page_size;
mod parameter;
mod path;
mod query_fault;
mod query_string;
mod question_hash;
mod row_format;
mod row_order;
mod time_range;

pub use self::accept::accepts;
pub use self::body_form::BodyForm;
pub use self::consistency::{Consistency, as_of};
pub use self::cursor::Cursor;
pub use self::delivery_body::DeliveryBody;
pub use self::history_query::{ExplainQuery, HistoryQuery};
pub use self::history_request::HistoryRequest;
pub use self::page_size::{NumberedPart, PageSize, page_limit};
pub use self::parameter::{invalid, whole_number};
pub use self::path::{IdPath, agent_id, attempt_id, queue_group, queue_id, refusal_id};
pub use self::query_fault::QueryFault;
pub use self::query_string::QueryString;
pub use self::question_hash::question_hash;
pub use self::row_format::RowFormat;
pub use self::row_order::RowOrder;
pub use self::time_range::TimeRange;
