//! Reads sealed segments that nobody asks for, so that rot shows before somebody needs what it took.

use std::time::{Duration, Instant};

use attempt_ledger_domain::Position;
use tracing::error;

use super::open_log::OpenLog;
use super::segments::SegmentSet;

/// One packed segment at a time, oldest first, at a pace that reads each once in an interval. A start begins
/// again with the oldest.
pub(super) struct Scrub {
    interval: Duration,
    /// The segment that was read last begins here.
    last: Position,
    read_at: Instant,
}

impl Scrub {
    pub fn begin(interval: Duration) -> Self {
        Self { interval, last: Position(0), read_at: Instant::now() }
    }

    /// How long it is until the next segment's turn.
    pub fn pause(&self, set: &SegmentSet) -> Duration {
        let segments = u32::try_from(set.packed().count()).unwrap_or(u32::MAX).max(1);
        (self.interval / segments).saturating_sub(self.read_at.elapsed())
    }

    /// Reads a segment, when its turn has come.
    pub fn step(&mut self, shared: &OpenLog) {
        let set = shared.segments.snapshot();
        if !self.pause(&set).is_zero() {
            return;
        }
        self.read_at = Instant::now();
        let later = set.packed().find(|packed| packed.first > self.last);
        let Some(packed) = later.or_else(|| set.packed().next()) else { return };
        self.last = packed.first;
        if let Err(failure) = shared.damage.noted(packed.check_lines()) {
            error!(%failure, "a sealed segment does not read");
        }
    }
}
