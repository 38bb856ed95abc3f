//! Every limit that a client or an operator can meet, in one place: its name, its default and what happens at
//! its edge.
//!
//! A limit that a lower layer keeps is declared there and named here too. A size that nobody outside can meet
//! (a buffer, a pause) is a private constant beside its only use.

use thiserror::Error;

pub use attempt_ledger_domain::ORDINARY_RECORDS_MAX;
pub use attempt_ledger_ledger::{EVENT_BYTES_MAX, PAGE_BYTES_MAX};
pub use attempt_ledger_projector::{DIFFERENCES_KEPT_MAX, KEPT_DELIVERIES_MAX};
pub use attempt_ledger_queries::{
    DOSSIER_BYTES_MAX, HISTORY_QUEUES_MAX, NUMBERED_PAGE_MAX, OVERLAY_ATTEMPTS_MAX, REFUSALS_READ_MAX,
    UNFOLDED_MAX,
};

/// The largest request body, in bytes; one byte more is answered 413.
pub const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The most deliveries in one batch.
pub const BATCH_LINES_MAX: usize = 10_000;
/// The largest request line and headers together, in bytes; more is answered 431.
pub const HEADER_BYTES_MAX: usize = 32 * 1024;
/// The most header lines of a request; more is answered 431.
///
/// This is fixed: it is what fits on the parser's stack; any other figure costs an allocation per request.
pub const HEADERS_MAX: usize = 100;
/// How long the head of a request may take from its first byte (for the first one: from the connection).
pub const HEADER_TIMEOUT_MS: u64 = 2_000;
/// How long the service waits, in all, for the bytes of one body; then 408.
pub const BODY_TIMEOUT_MS: u64 = 10_000;
/// How long a handler may take until its answer begins; then 503.
pub const REQUEST_TIMEOUT_MS: u64 = 30_000;
/// The most questions that are answered at once; one more waits.
pub const QUESTIONS_MAX: usize = 16;
/// How long a question waits for its turn before it is answered 503.
pub const QUESTION_WAIT_MS: u64 = 1_000;
/// The most histories and boards that are answered at once: what they work on grows with the ledger.
pub const LARGE_QUESTIONS_MAX: usize = 4;
/// How long one more waits for its turn; then 503.
pub const LARGE_QUESTION_WAIT_MS: u64 = 5_000;
/// The most probes of health that are answered at once.
pub const PROBES_MAX: usize = 4;
/// The most event streams that read older records at the same time.
pub const OLDER_READERS_MAX: usize = 4;
/// The most batches that are recorded at once; the next ones wait, so that single deliveries do not.
pub const BATCHES_MAX: usize = 2;
/// The most event streams of the log at once; one more is answered 503.
pub const STREAMS_MAX: usize = 2_048;
/// The memory that the service keeps to, in bytes; `--memory-bytes-max` sets it.
pub const MEMORY_BYTES_MAX: usize = 768 * 1024 * 1024;
/// The least that `--memory-bytes-max` may be, in bytes.
pub const MEMORY_BYTES_MIN: usize = 128 * 1024 * 1024;
/// How long a kept-alive connection may lie idle between two requests.
pub const IDLE_TIMEOUT_MS: u64 = 75_000;
/// How long a client may stop taking the answer before it is cut off.
pub const WRITE_TIMEOUT_MS: u64 = 10_000;
/// The most connections served at once.
pub const CONNECTIONS_MAX: usize = 8_192;
/// How long connections wait for a free place before they are answered 503.
pub const CONNECTION_WAIT_MS: u64 = 2_500;
/// The most accepted connections that wait for a place; more stay in the kernel's backlog.
pub const CONNECTIONS_WAITING_MAX: usize = 64;
/// The least that a client must take of its answer within each write time-out, in bytes; one that takes less
/// is cut off.
pub const WRITE_PROGRESS_BYTES_MIN: usize = 4 * 1024;
/// The longest request id that is taken over from a client, in bytes; a longer one is replaced.
pub const REQUEST_ID_BYTES_MAX: usize = 64;
/// The most rows of one page.
pub const PAGE_LIMIT_MAX: usize = 1_000;
/// The rows of a page for which the client named no limit.
pub const PAGE_LIMIT_DEFAULT: usize = 100;
/// How long an answer waits for the read models to contain `min_position`; then 503.
pub const MIN_POSITION_WAIT_MS: u64 = 2_000;
/// The most buckets of one history; more is answered 400.
pub const HISTORY_BUCKETS_MAX: usize = 10_000;
/// The most values of metrics in one history as JSON, over all buckets and queues; more is answered 400.
pub const HISTORY_VALUES_MAX: usize = 250_000;
/// The most waits for which one question counts abandons; more are answered 400.
pub const ABANDONED_IN_MAX: usize = 20;
/// The most files that are written at once; one more is answered 503.
pub const FILES_MAX: usize = 16;
/// The pause after which a silent event stream sends a comment, so that proxies keep it open.
pub const SSE_HEARTBEAT_MS: u64 = 15_000;
/// How long a graceful stop waits for requests in flight.
pub const STOP_TIMEOUT_MS: u64 = 8_000;

/// The limits that a running service keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// See [`BODY_BYTES_MAX`].
    pub body_bytes_max: usize,
    /// See [`EVENT_BYTES_MAX`].
    pub event_bytes_max: usize,
    /// See [`BATCH_LINES_MAX`].
    pub batch_lines_max: usize,
    /// See [`HEADER_BYTES_MAX`].
    pub header_bytes_max: usize,
    /// See [`HEADER_TIMEOUT_MS`].
    pub header_timeout_ms: u64,
    /// See [`BODY_TIMEOUT_MS`].
    pub body_timeout_ms: u64,
    /// See [`REQUEST_TIMEOUT_MS`].
    pub request_timeout_ms: u64,
    /// See [`QUESTIONS_MAX`].
    pub questions_max: usize,
    /// See [`QUESTION_WAIT_MS`].
    pub question_wait_ms: u64,
    /// See [`BATCHES_MAX`].
    pub batches_max: usize,
    /// See [`STREAMS_MAX`].
    pub streams_max: usize,
    /// See [`MEMORY_BYTES_MAX`].
    pub memory_bytes_max: usize,
    /// See [`IDLE_TIMEOUT_MS`].
    pub idle_timeout_ms: u64,
    /// See [`WRITE_TIMEOUT_MS`].
    pub write_timeout_ms: u64,
    /// See [`CONNECTIONS_MAX`].
    pub connections_max: usize,
    /// See [`CONNECTION_WAIT_MS`].
    pub connection_wait_ms: u64,
    /// See [`PAGE_LIMIT_MAX`].
    pub page_limit_max: usize,
    /// See [`PAGE_LIMIT_DEFAULT`].
    pub page_limit_default: usize,
    /// See [`MIN_POSITION_WAIT_MS`].
    pub min_position_wait_ms: u64,
    /// See [`HISTORY_BUCKETS_MAX`].
    pub history_buckets_max: usize,
    /// See [`HISTORY_VALUES_MAX`].
    pub history_values_max: usize,
    /// See [`FILES_MAX`].
    pub files_max: usize,
    /// See [`SSE_HEARTBEAT_MS`].
    pub sse_heartbeat_ms: u64,
    /// See [`STOP_TIMEOUT_MS`].
    pub stop_timeout_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes_max: BODY_BYTES_MAX,
            event_bytes_max: EVENT_BYTES_MAX,
            batch_lines_max: BATCH_LINES_MAX,
            header_bytes_max: HEADER_BYTES_MAX,
            header_timeout_ms: HEADER_TIMEOUT_MS,
            body_timeout_ms: BODY_TIMEOUT_MS,
            request_timeout_ms: REQUEST_TIMEOUT_MS,
            questions_max: QUESTIONS_MAX,
            question_wait_ms: QUESTION_WAIT_MS,
            batches_max: BATCHES_MAX,
            streams_max: STREAMS_MAX,
            memory_bytes_max: MEMORY_BYTES_MAX,
            idle_timeout_ms: IDLE_TIMEOUT_MS,
            write_timeout_ms: WRITE_TIMEOUT_MS,
            connections_max: CONNECTIONS_MAX,
            connection_wait_ms: CONNECTION_WAIT_MS,
            page_limit_max: PAGE_LIMIT_MAX,
            page_limit_default: PAGE_LIMIT_DEFAULT,
            min_position_wait_ms: MIN_POSITION_WAIT_MS,
            history_buckets_max: HISTORY_BUCKETS_MAX,
            history_values_max: HISTORY_VALUES_MAX,
            files_max: FILES_MAX,
            sse_heartbeat_ms: SSE_HEARTBEAT_MS,
            stop_timeout_ms: STOP_TIMEOUT_MS,
        }
    }
}

/// Limits that contradict themselves or leave nothing possible.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum LimitError {
    /// A limit of nothing.
    #[error("the limit `{name}` is 0, which would allow nothing: give it at least 1")]
    Zero {
        /// The limit's name.
        name: &'static str,
    },
    /// Two limits of which the smaller one can never be reached.
    #[error(
        "`{inner}` is {inner_value}, more than `{outer}` = {outer_value}: lower the first or raise the second"
    )]
    Contradiction {
        /// The limit that has to be the smaller one.
        inner: &'static str,
        /// Its value.
        inner_value: u64,
        /// The limit that has to be the larger one.
        outer: &'static str,
        /// Its value.
        outer_value: u64,
    },
}

/// What one body may have beside one delivery: white space, and the envelope of a CloudEvent.
const ENVELOPE_BYTES_MAX: usize = 16 * 1024;

/// The shares of the memory budget, in parts of [`BUDGET_PARTS`]. The rest is for the caches of the log and
/// of the read models, for the work itself, and for the connections.
const BUDGET_PARTS: usize = 12;
const SMALL_BODY_PARTS: usize = 1;
const LARGE_BODY_PARTS: usize = 2;
const ANSWER_PARTS: usize = 2;

impl Limits {
    /// The longest body that may be a single delivery, in bytes.
    #[must_use]
    pub fn small_body_bytes_max(&self) -> usize {
        self.event_bytes_max + ENVELOPE_BYTES_MAX
    }

    /// The memory for bodies up to [`Limits::small_body_bytes_max`], in bytes.
    #[must_use]
    pub fn small_body_memory_bytes(&self) -> usize {
        self.memory_bytes_max / BUDGET_PARTS * SMALL_BODY_PARTS
    }

    /// The memory for longer bodies, in bytes.
    #[must_use]
    pub fn large_body_memory_bytes(&self) -> usize {
        self.memory_bytes_max / BUDGET_PARTS * LARGE_BODY_PARTS
    }

    /// The memory for answers that are being sent, in bytes.
    #[must_use]
    pub fn answer_memory_bytes(&self) -> usize {
        self.memory_bytes_max / BUDGET_PARTS * ANSWER_PARTS
    }

    /// Checks that every limit allows something and that no two contradict each other.
    ///
    /// # Errors
    ///
    /// Names the first limit that cannot be kept.
    pub fn validate(&self) -> Result<(), LimitError> {
        let named = [
            ("body_bytes_max", self.body_bytes_max as u64),
            ("event_bytes_max", self.event_bytes_max as u64),
            ("batch_lines_max", self.batch_lines_max as u64),
            ("header_bytes_max", self.header_bytes_max as u64),
            ("header_timeout_ms", self.header_timeout_ms),
            ("body_timeout_ms", self.body_timeout_ms),
            ("request_timeout_ms", self.request_timeout_ms),
            ("questions_max", self.questions_max as u64),
            ("question_wait_ms", self.question_wait_ms),
            ("batches_max", self.batches_max as u64),
            ("streams_max", self.streams_max as u64),
            ("memory_bytes_max", self.memory_bytes_max as u64),
            ("idle_timeout_ms", self.idle_timeout_ms),
            ("write_timeout_ms", self.write_timeout_ms),
            ("connections_max", self.connections_max as u64),
            ("page_limit_max", self.page_limit_max as u64),
            ("page_limit_default", self.page_limit_default as u64),
            ("min_position_wait_ms", self.min_position_wait_ms),
            ("history_buckets_max", self.history_buckets_max as u64),
            ("history_values_max", self.history_values_max as u64),
            ("files_max", self.files_max as u64),
            ("sse_heartbeat_ms", self.sse_heartbeat_ms),
            ("stop_timeout_ms", self.stop_timeout_ms),
        ];
        if let Some((name, _)) = named.into_iter().find(|(_, value)| *value == 0) {
            return Err(LimitError::Zero { name });
        }
        let value_of = |name: &str| named.iter().find(|(other, _)| *other == name).map(|(_, value)| *value);
        let ordered = [
            ("event_bytes_max", "body_bytes_max"),
            ("header_timeout_ms", "idle_timeout_ms"),
            ("body_timeout_ms", "request_timeout_ms"),
            ("min_position_wait_ms", "request_timeout_ms"),
            ("page_limit_default", "page_limit_max"),
        ];
        for (inner, outer) in ordered {
            if let (Some(inner_value), Some(outer_value)) = (value_of(inner), value_of(outer))
                && inner_value > outer_value
            {
                return Err(LimitError::Contradiction { inner, inner_value, outer, outer_value });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_do_not_contradict_each_other() {
        assert_eq!(Limits::default().validate(), Ok(()));
    }

    #[test]
    fn a_limit_of_nothing_is_named() {
        let limits = Limits { connections_max: 0, ..Limits::default() };
        assert_eq!(limits.validate(), Err(LimitError::Zero { name: "connections_max" }));
    }

    #[test]
    fn an_answer_may_wait_for_a_position_as_long_as_for_anything_but_no_longer() {
        let equal = Limits { min_position_wait_ms: REQUEST_TIMEOUT_MS, ..Limits::default() };
        assert_eq!(equal.validate(), Ok(()));
        let longer = Limits { min_position_wait_ms: REQUEST_TIMEOUT_MS + 1, ..Limits::default() };
        assert!(matches!(
            longer.validate(),
            Err(LimitError::Contradiction { inner: "min_position_wait_ms", outer: "request_timeout_ms", .. })
        ));
    }

    #[test]
    fn an_event_may_be_as_large_as_a_body_but_not_larger() {
        let equal = Limits { event_bytes_max: BODY_BYTES_MAX, ..Limits::default() };
        assert_eq!(equal.validate(), Ok(()));
        let larger = Limits { event_bytes_max: BODY_BYTES_MAX + 1, ..Limits::default() };
        assert!(matches!(
            larger.validate(),
            Err(LimitError::Contradiction { inner: "event_bytes_max", outer: "body_bytes_max", .. })
        ));
    }
}
