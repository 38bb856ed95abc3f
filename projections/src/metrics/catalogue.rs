//! Every metric, by subject.

mod dialing;
mod handling;
mod offers;
mod outcomes;
mod quality;
mod unknowable;
mod waits;

use super::{Definition, HistoryKind};

const QUEUE: &[HistoryKind] = &[HistoryKind::Queue];
const AGENT: &[HistoryKind] = &[HistoryKind::Agent];
const BOTH: &[HistoryKind] = &[HistoryKind::Queue, HistoryKind::Agent];

/// Every metric, in the order in which they are shown.
pub fn catalogue() -> impl Iterator<Item = &'static Definition> {
    [
        outcomes::OUTCOMES,
        waits::WAITS,
        handling::HANDLING,
        offers::OFFERS,
        dialing::DIALING,
        quality::QUALITY,
        unknowable::UNKNOWABLE,
    ]
    .into_iter()
    .flatten()
}
