//! The limits of the cluster backend that an operator can meet, each with the reason for its value. A size
//! that only one file needs lies in that file.

use attempt_ledger_log::EmbeddedOptions;

/// Writes on their way to the cluster at once; more wait. The client queues without a limit of its own.
pub const IN_FLIGHT_MAX: usize = 256;

/// Appends that may be under way or wait; one more is refused with `Busy`.
pub const WAITING_MAX: usize = 16 * 1024;

/// Bytes of records that may be under way or wait; one more append is refused with `Busy`.
pub const WAITING_BYTES_MAX: usize = 256 * 1024 * 1024;

/// How long one try may go without an answer. The same events are then sent again, under the same ids.
pub const TRY_TIMEOUT_MS: u64 = 3_000;

/// How long an append is tried before it is answered with `Failed`. Below the time-out of a request, so that
/// the sender gets the reason.
pub const GIVE_UP_MS: u64 = 20_000;

/// How long connecting to the cluster may take.
pub const CONNECT_TIMEOUT_MS: u64 = 5_000;

/// How long the follower may be behind a write that the cluster acknowledged, before its subscription is
/// replaced.
pub const FOLLOW_PATIENCE_MS: u64 = 4_000;

/// How long opening waits for the next sign of life from the cluster.
pub const OPEN_TIMEOUT_MS: u64 = 60_000;

/// For how long the cluster must be out of reach before the node says that it is not ready.
pub const UNREACHABLE_AFTER_MS: u64 = 2_000;

/// How long a cluster may report fewer records than the copy holds before the copy counts as another's. A
/// node that was just elected, or lags behind, reports the rest within seconds.
pub const FEWER_PATIENCE_MS: u64 = 30_000;

/// How long a subscription may say nothing before it is replaced: a server that has lost its cluster keeps
/// its connections and reports nothing.
pub const SILENCE_MAX_MS: u64 = 30_000;

/// How long one poll of the subscription may take before its thread is given up.
pub const SPIN_TIMEOUT_MS: u64 = 5_000;

const _: () = {
    assert!(IN_FLIGHT_MAX <= WAITING_MAX, "what is under way was admitted");
    assert!(TRY_TIMEOUT_MS < GIVE_UP_MS, "a write is tried more than once");
    assert!(FOLLOW_PATIENCE_MS < GIVE_UP_MS, "a subscription is replaced before its writers give up");
};

/// How a log in a cluster is opened.
#[derive(Clone, Debug)]
pub struct ClusterOptions {
    /// How the node's own copy lies on disk.
    pub copy: EmbeddedOptions,
    /// See [`IN_FLIGHT_MAX`].
    pub in_flight_max: usize,
    /// See [`TRY_TIMEOUT_MS`].
    pub try_timeout_ms: u64,
    /// See [`GIVE_UP_MS`].
    pub give_up_ms: u64,
    /// See [`CONNECT_TIMEOUT_MS`].
    pub connect_timeout_ms: u64,
    /// See [`FOLLOW_PATIENCE_MS`].
    pub follow_patience_ms: u64,
    /// See [`OPEN_TIMEOUT_MS`].
    pub open_timeout_ms: u64,
    /// See [`SPIN_TIMEOUT_MS`].
    pub spin_timeout_ms: u64,
    /// See [`FEWER_PATIENCE_MS`].
    pub fewer_patience_ms: u64,
    /// See [`SILENCE_MAX_MS`].
    pub silence_max_ms: u64,
}

impl ClusterOptions {
    /// The defaults.
    #[must_use]
    pub fn new(copy: EmbeddedOptions) -> Self {
        Self {
            copy: EmbeddedOptions { is_copy: true, ..copy },
            in_flight_max: IN_FLIGHT_MAX,
            try_timeout_ms: TRY_TIMEOUT_MS,
            give_up_ms: GIVE_UP_MS,
            connect_timeout_ms: CONNECT_TIMEOUT_MS,
            follow_patience_ms: FOLLOW_PATIENCE_MS,
            open_timeout_ms: OPEN_TIMEOUT_MS,
            spin_timeout_ms: SPIN_TIMEOUT_MS,
            fewer_patience_ms: FEWER_PATIENCE_MS,
            silence_max_ms: SILENCE_MAX_MS,
        }
    }
}
