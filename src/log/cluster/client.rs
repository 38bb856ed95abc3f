//! The only file that names the client crate: `eventstore`, or its successor under the feature `kurrentdb`.

#[cfg(not(any(feature = "eventstore", feature = "kurrentdb")))]
compile_error!("the cluster backend needs a client: enable the feature `eventstore` or `kurrentdb`");

#[cfg(all(feature = "eventstore", not(feature = "kurrentdb")))]
use eventstore as chosen;
#[cfg(feature = "kurrentdb")]
use kurrentdb as chosen;

pub use chosen::{
    BatchAppendClient, BatchAppendOptions, Client, ClientSettings, Error, EventData, ReadStreamOptions,
    RecordedEvent, ResolvedEvent, StreamPosition, SubscribeToAllOptions, Subscription, SubscriptionEvent,
    SubscriptionFilter,
};

/// A place in the cluster's own order.
pub type WirePosition = chosen::Position;

#[cfg(not(feature = "kurrentdb"))]
type Expectation = chosen::ExpectedRevision;
#[cfg(feature = "kurrentdb")]
type Expectation = chosen::StreamState;

/// The crate's name, as it stands in front of the targets of its log lines.
#[cfg(not(feature = "kurrentdb"))]
pub const CRATE: &str = "eventstore";
/// The crate's name, as it stands in front of the targets of its log lines.
#[cfg(feature = "kurrentdb")]
pub const CRATE: &str = "kurrentdb";

/// The schemes that the crate takes.
#[cfg(not(feature = "kurrentdb"))]
pub const SCHEMES: &[&str] = &["esdb", "esdb+discover"];
/// The schemes that the crate takes.
#[cfg(feature = "kurrentdb")]
pub const SCHEMES: &[&str] = &[
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
#[must_use]
pub fn with_events(count: u64) -> Expectation {
    match count.checked_sub(1) {
        None => Expectation::NoStream,
        #[cfg(not(feature = "kurrentdb"))]
        Some(last) => Expectation::Exact(last),
        #[cfg(feature = "kurrentdb")]
        Some(last) => Expectation::StreamRevision(last),
    }
}

/// A client whose tasks live in the current runtime. It connects on first use.
pub fn connect(settings: ClientSettings) -> Result<Client, String> {
    Client::new(settings).map_err(|error| error.to_string())
}

/// Whether a subscription has told everything that there was when it began.
#[must_use]
pub fn is_caught_up(event: &SubscriptionEvent) -> bool {
    #[cfg(not(feature = "kurrentdb"))]
    return matches!(event, SubscriptionEvent::CaughtUp);
    #[cfg(feature = "kurrentdb")]
    return matches!(event, SubscriptionEvent::CaughtUp(..));
}
