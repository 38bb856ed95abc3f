//! The client crate by its name.

use uuid::Uuid;

pub(crate) use eventstore::{
    BatchAppendClient, BatchAppendOptions, Client, ClientSettings, Credentials, Error, EventData,
    ReadStreamOptions, ResolvedEvent, StreamPosition, SubscribeToAllOptions, Subscription, SubscriptionEvent,
    SubscriptionFilter,
};

/// A place in the cluster's own order.
pub(crate) type WirePosition = eventstore::Position;

type Expectation = eventstore::ExpectedRevision;

/// The crate's name, as it stands in front of the targets of its log lines.
pub(crate) const CRATE: &str = "eventstore";

/// The schemes that the crate takes.
pub(crate) const SCHEMES: &[&str] = &["esdb", "esdb+discover"];

/// A stream that has exactly so many events.
pub(crate) fn with_events(count: u64) -> Expectation {
    match count.checked_sub(1) {
        None => Expectation::NoStream,
        Some(last) => Expectation::Exact(last),
    }
}

/// Whether a subscription has delivered everything that there was when it began.
pub(crate) fn is_caught_up(event: &SubscriptionEvent) -> bool {
    matches!(event, SubscriptionEvent::CaughtUp)
}

/// What the ledger reads of an event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IncomingEvent<'e> {
    /// The stream's name.
    pub stream: &'e str,
    /// The event's number in the stream, from 0.
    pub number: u64,
    /// The event's id.
    pub id: Uuid,
    /// Its place in the cluster's order: commit and prepare.
    pub place: (u64, u64),
    /// What it holds.
    pub data: &'e [u8],
    /// What its writer said about it.
    pub metadata: &'e [u8],
}

/// An event as the subscription or a read gave it.
pub(crate) fn incoming(event: &ResolvedEvent) -> IncomingEvent<'_> {
    let event = event.get_original_event();
    let stream = event.stream_id.as_str();
    IncomingEvent {
        stream,
        number: event.revision,
        id: event.id,
        place: (event.position.commit, event.position.prepare),
        data: &event.data,
        metadata: &event.custom_metadata,
    }
}
