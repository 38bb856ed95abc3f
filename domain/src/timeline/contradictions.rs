//! What deliveries that are set aside say about phases.

use std::collections::HashMap;

use super::lane::Phase;
use super::logged_delivery::LoggedDelivery;
use crate::UnixMillis;

/// The times that are set aside, in order, and by the name of their event.
pub(super) struct Contradictions {
    times: Vec<UnixMillis>,
    /// The first and the last time of each event.
    spans: HashMap<&'static str, (UnixMillis, UnixMillis)>,
}

impl Contradictions {
    pub(super) fn of(aside: &[&LoggedDelivery]) -> Self {
        let mut times: Vec<UnixMillis> = aside.iter().map(|one| one.occurred_at).collect();
        times.sort_unstable();
        let mut spans = HashMap::new();
        for one in aside {
            let at = one.occurred_at;
            let span = spans.entry(one.event.name()).or_insert((at, at));
            *span = (span.0.min(at), span.1.max(at));
        }
        Self { times, spans }
    }

    /// Whether one of the deliveries speaks against a phase: it lies within it, or names another time for the
    /// event that bounds it.
    pub(super) fn dispute(&self, phase: &Phase) -> bool {
        let after_start = self.times.partition_point(|at| *at <= phase.start);
        let next = self.times.get(after_start);
        let is_inside = next.is_some_and(|at| phase.end.is_none_or(|end| *at < end));
        let names_end = phase.ended_by.as_deref().is_some_and(|name| self.spans.contains_key(name));
        let names_start = self.spans.get(phase.started_by.as_str());
        is_inside || names_end || names_start.is_some_and(|span| *span != (phase.start, phase.start))
    }
}
