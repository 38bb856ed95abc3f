//! When attempts begin: a working day with a morning and an afternoon peak, or a steady stream.

use super::options::{ArrivalPattern, SeedOptions};

/// Attempts in each hour of a day, relative to each other.
const DAY: [u64; 24] =
    [2, 1, 1, 1, 1, 2, 5, 15, 45, 90, 120, 125, 95, 80, 100, 115, 110, 85, 60, 40, 25, 12, 6, 3];

const STEADY: [u64; 1] = [1];

/// The moment at which an attempt begins, and what the contact centre is like then.
#[derive(Clone, Copy)]
pub(super) struct AttemptStart {
    /// Milliseconds since 1970.
    pub(super) at: i64,
    /// How busy the centre is, from 0 to 100.
    pub(super) load_percent: i64,
    /// Whether the dialers run: they rest from eight in the evening to eight in the morning.
    pub(super) office_hours: bool,
}

/// Spreads a known number of attempts over a span of time.
///
/// Attempt `n` of `N` falls into the `n`-th of `N` equal parts of the curve's area, so moments
/// ascend, their number is exact, and none depends on the one before.
pub(super) struct Calendar {
    start: i64,
    span_ms: u64,
    attempts: u64,
    weights: &'static [u64],
    total: u64,
    peak: u64,
}

impl Calendar {
    pub(super) fn new(options: &SeedOptions) -> Self {
        let weights: &'static [u64] = match options.arrivals {
            ArrivalPattern::Day => &DAY,
            ArrivalPattern::Steady => &STEADY,
        };
        Self {
            start: options.start.0,
            span_ms: options.span_ms,
            attempts: options.attempts.max(1),
            weights,
            total: weights.iter().sum(),
            peak: weights.iter().copied().max().unwrap_or(1),
        }
    }

    /// No attempt from `index` on begins before this.
    pub(super) fn earliest(&self, index: u64) -> i64 {
        self.moment(index, 0).at
    }

    /// When attempt `index` begins; `jitter` is its place within its own part of the curve.
    pub(super) fn moment(&self, index: u64, jitter: u32) -> AttemptStart {
        let part = (u128::from(index) << 32) | u128::from(jitter);
        let mut area = part * u128::from(self.total) / u128::from(self.attempts);
        let mut slot = 0;
        while slot + 1 < self.weights.len() && area >= u128::from(self.weights[slot]) << 32 {
            area -= u128::from(self.weights[slot]) << 32;
            slot += 1;
        }
        let place = ((slot as u128) << 32) + area / u128::from(self.weights[slot]);
        let elapsed = (place * u128::from(self.span_ms) / self.weights.len() as u128) >> 32;
        let steady = self.weights.len() == 1;
        AttemptStart {
            at: self.start.saturating_add(i64::try_from(elapsed).unwrap_or(i64::MAX)),
            load_percent: if steady { 60 } else { (self.weights[slot] * 100 / self.peak) as i64 },
            office_hours: steady || (8..20).contains(&slot),
        }
    }

    /// How many attempts there would be if the busiest moment lasted for the whole span.
    pub(super) fn attempts_at_peak(&self) -> u64 {
        let slots = self.weights.len() as u64;
        self.attempts.saturating_mul(self.peak * slots) / self.total
    }
}
