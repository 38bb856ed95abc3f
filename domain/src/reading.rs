//! What a submission turns out to be.

use crate::delivery::{Delivery, UnreadableDelivery};
use crate::hook_name::HookName;
use crate::observation_delivery::ObservationDelivery;
use crate::payload::Payload;
use crate::queue_definitions::QueueDefinitions;
use crate::routing_fields::{RoutingFields, read_hook};
use crate::{Address, AttemptId, UnixMillis};

/// A delivery that could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// One of the eight events: its attempt judges it.
    Event(Delivery),
    /// Anything else that the dialer reports.
    Observation(ObservationDelivery),
}

impl Reading {
    /// Reads a body under its address. `scratch` is reused between calls.
    ///
    /// # Errors
    /// [`UnreadableDelivery`] when the body is not an object, names nothing that a dialer reports, or names
    /// one of the eight events and no attempt.
    pub fn of(
        address: &Address,
        body: &[u8],
        received_at: UnixMillis,
        definitions: &impl QueueDefinitions,
        scratch: &mut Vec<u8>,
    ) -> Result<Self, Box<UnreadableDelivery>> {
        let payload =
            Payload::read(address, body).map_err(|fault| Box::new(UnreadableDelivery::malformed(&fault)))?;
        let named = RoutingFields::find(&payload);
        let event = match read_hook(address, &named) {
            Ok(HookName::Observation(observation)) => {
                let observed = ObservationDelivery::of(
                    observation,
                    &named,
                    address,
                    &payload,
                    received_at,
                    definitions,
                    scratch,
                );
                return Ok(Self::Observation(observed));
            }
            Ok(HookName::Event(event)) => Ok(event),
            Err(refusal) => Err(refusal),
        };
        Delivery::of(event, &named, address, &payload, received_at, definitions, scratch).map(Self::Event)
    }

    /// The event; `None` for an observation.
    #[must_use]
    pub fn event(&self) -> Option<&Delivery> {
        match self {
            Self::Event(delivery) => Some(delivery),
            Self::Observation(_) => None,
        }
    }

    /// The attempt that judges it; none judges an observation.
    #[must_use]
    pub fn judging_attempt(&self) -> Option<AttemptId> {
        self.event().map(|delivery| delivery.attempt_id)
    }

    /// Says that it was received at another time than it was read for.
    pub fn set_received_at(&mut self, at: UnixMillis) {
        match self {
            Self::Event(delivery) => delivery.received_at = at,
            Self::Observation(delivery) => delivery.received_at = at,
        }
    }

    /// Whether it states when it happened, and that can be true.
    #[must_use]
    pub const fn has_stated_time(&self) -> bool {
        match self {
            Self::Event(delivery) => delivery.time_source.is_stated(),
            Self::Observation(delivery) => delivery.time_source.is_stated(),
        }
    }
}
