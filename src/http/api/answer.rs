//! The shapes of answers: documents as JSON, files, problems, and the page that describes them.

mod agent;
mod attempt;
mod board;
mod catalogue;
mod columns;
mod difference;
mod entity_tag;
mod event;
mod explanation;
mod file;
mod file_permits;
mod file_stream;
mod freshness;
mod history;
mod history_body;
mod history_table;
mod measured;
mod object_schema;
mod page;
mod payload;
mod problems;
mod projection;
mod queue;
mod rebuild;
mod receipt;
mod reference_page;
mod refusal;
mod responses;
mod row;

pub use self::agent::{AgentAnswer, AgentsAnswer, INTERVAL_COLUMNS, IntervalAnswer, IntervalsAnswer};
pub use self::attempt::{AttemptAnswer, AttemptEventsAnswer, TimelineAnswer};
pub use self::board::{BoardAnswer, QueueNowAnswer};
pub use self::catalogue::{CatalogueAnswer, MetricAnswer};
pub use self::columns::{cells, table};
pub use self::difference::DifferenceOfAnswer;
pub use self::entity_tag::{answer_unless_current, tagged};
pub use self::event::{EventAnswer, EventsAnswer};
pub use self::explanation::ExplanationAnswer;
pub use self::file::{TakeRow, file, whole_file};
pub use self::file_permits::FilePermits;
pub use self::freshness::FreshnessAnswer;
pub use self::history::{HistoryAnswer, QueueSeriesAnswer, SeriesAnswer};
pub use self::history_body::HistoryBody;
pub use self::history_table::{history_cells, history_table};
pub use self::page::{AttemptsAnswer, OffersAnswer};
pub use self::problems::{no_snapshot, unknown};
pub use self::projection::{ProjectionAnswer, ProjectionsAnswer};
pub use self::queue::{DefinedAnswer, ListedQueueAnswer, QueueAnswer, QueueBody, QueuesAnswer};
pub use self::rebuild::{DifferenceAnswer, ProgressAnswer};
pub use self::receipt::{BatchAnswer, ReceiptAnswer};
pub use self::reference_page::{reference_page, rule_page};
pub use self::refusal::{RefusalAnswer, RefusalsAnswer, SettledAnswer};
pub use self::responses::{
    DeliveryResponses, PastResponses, PresentResponses, TaggedPastResponses, TaggedPresentResponses,
};
pub use self::row::{RowAnswer, cells_of, table_of};
