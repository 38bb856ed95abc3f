//! The client crate by its name: `eventstore`, or its successor under the feature `kurrentdb`.

#[cfg(not(any(feature = "eventstore", feature = "kurrentdb")))]
compile_error!("the cluster backend needs a client: enable the feature `eventstore` or `kurrentdb`");

use uuid::Uuid;

#[cfg(all(feature = "eventstore", not(feature = "kurrentdb")))]
use eventstore as chosen;
#[cfg(feature = "kurrentdb")]
use kurrentdb as chosen;

pub(crate) use chosen::{
    BatchAppendClient, BatchAppendOptions, Client, ClientSettings, Credentials, Error, EventData,
    ReadStreamOptions, ResolvedEvent, StreamPosition, SubscribeToAllOptions, Subscription, SubscriptionEvent,
    SubscriptionFilter,
};

/// A place in the cluster's own order.
pub(crate) type WirePosition = chosen::Position;

#[cfg(not(feature = "kurrentdb"))]
type Expectation = chosen::ExpectedRevision;
#[cfg(feature = "kurrentdb")]
type Expectation = chosen::StreamState;

/// The crate's name, as it stands in front of the targets of its log lines.
#[cfg(not(feature = "kurrentdb"))]
pub(crate) const CRATE: &str = "eventstore";
/// The crate's name, as it stands in front of the targets of its log lines.
#[cfg(feature = "kurrentdb")]
pub(crate) const CRATE: &str = "kurrentdb";

/// The schemes that the crate takes.
#[cfg(not(feature = "kurrentdb"))]
pub(crate) const SCHEMES: &[&str] = &["esdb", "esdb+discover"];
/// The schemes that the crate takes.
#[cfg(feature = "kurrentdb")]
pub(crate) const SCHEMES: &[&str] = &[
    "esdb",
    "esdb+discover",
    "kurrentdb",
    "kurrentdb+discover",
    "kurrent",
    "kurrent+discover",
    "kdb",
    "kdb+discover",
];

/// A stream that has exactly so many events.
pub(crate) fn with_events(count: u64) -> Expectation {
    match count.checked_sub(1) {
        None => Expectation::NoStream,
        #[cfg(not(feature = "kurrentdb"))]
        Some(last) => Expectation::Exact(last),
        #[cfg(feature = "kurrentdb")]
        Some(last) => Expectation::StreamRevision(last),
    }
}

/// Whether a subscription has delivered everything that there was when it began.
pub(crate) fn is_caught_up(event: &SubscriptionEvent) -> bool {
    #[cfg(not(feature = "kurrentdb"))]
    return matches!(event, SubscriptionEvent::CaughtUp);
    #[cfg(feature = "kurrentdb")]
    return matches!(event, SubscriptionEvent::CaughtUp(..));
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
    #[cfg(not(feature = "kurrentdb"))]
    let stream = event.stream_id.as_str();
    #[cfg(feature = "kurrentdb")]
    let stream = event.stream_id();
    IncomingEvent {
        stream,
        number: event.revision,
        id: event.id,
        place: (event.position.commit, event.position.prepare),
        data: &event.data,
        metadata: &event.custom_metadata,
    }
}
