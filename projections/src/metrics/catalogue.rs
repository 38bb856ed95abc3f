//! Every metric, by subject.

mod dialing;
mod dropped;
mod handling;
mod histories;
mod leg_ends;
mod offers;
mod outcomes;
mod quality;
mod unknowable;
mod waits;

use super::definition::Definition;
use super::unit::HistoryKind;

/// Every metric, in the order in which they are shown.
pub fn catalogue() -> impl Iterator<Item = &'static Definition> {
    [
        outcomes::OUTCOMES,
        waits::WAITS,
        handling::HANDLING,
        offers::OFFERS,
        dialing::DIALING,
        dropped::DROPPED,
        quality::QUALITY,
        unknowable::UNKNOWABLE,
    ]
    .into_iter()
    .flatten()
}

/// The definition with a key.
#[must_use]
pub fn find(key: &str) -> Option<&'static Definition> {
    catalogue().find(|definition| definition.key == key)
}

/// The metrics of a queue's or an agent's history, in the order of the catalogue.
pub fn metrics_of(whose: HistoryKind) -> impl Iterator<Item = &'static Definition> {
    catalogue().filter(move |definition| definition.histories.contains(&whose))
}
