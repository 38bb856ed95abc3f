//! When a delivery happened, and whose clock says so.

use serde::{Deserialize, Serialize};

use crate::payload::Payload;
use crate::stated_time::StatedTime;
use crate::value::Value;
use crate::{Address, UnixMillis};

/// 2000-01-01T00:00:00Z: nothing that a dialer reports happened before.
pub const PLAUSIBLE_FROM: UnixMillis = UnixMillis(946_684_800_000);
/// How far ahead of our clock a producer's clock may run.
pub const CLOCK_AHEAD_MS_MAX: i64 = 5 * 60 * 1_000;

/// Where the time of an event comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeSource {
    /// The producer's own `timestamp`, or the `time` of a CloudEvent.
    Producer,
    /// The time of receipt: the delivery states no time.
    Receipt,
    /// The time of receipt: the stated time is not plausible.
    ReceiptForImplausible,
}

impl TimeSource {
    /// When a delivery happened, and whose clock says so: the time of the envelope, else the `timestamp` of
    /// the body, the first of them that can be true; else the time of receipt.
    ///
    /// Of two that can be true, one that the `joined_at` of the body contradicts gives way to one that it
    /// does not. Where it contradicts all of them, it is the one that cannot stand: what an event says of
    /// itself outweighs what it carries of another.
    pub(crate) fn of(
        address: &Address,
        timestamp: Option<&Value<'_>>,
        joined_at: Option<&Value<'_>>,
        received_at: UnixMillis,
    ) -> (UnixMillis, Self) {
        let envelope = address.time();
        let stated = timestamp.and_then(StatedTime::of);
        let is_plausible = |time: &StatedTime| plausible(time.at, received_at);
        let joined_at = joined_at.and_then(StatedTime::of).filter(is_plausible);
        let can_follow =
            |time: &StatedTime| joined_at.is_none_or(|joined| joined.coarse().can_precede(time.coarse()));
        let mut own = [envelope, stated].into_iter().flatten().filter(is_plausible);
        let first = own.next();
        match first.filter(can_follow).or_else(|| own.find(can_follow)).or(first) {
            Some(time) => (time.at, Self::Producer),
            None if !address.states_time() && timestamp.is_none() => (received_at, Self::Receipt),
            None => (received_at, Self::ReceiptForImplausible),
        }
    }

    /// Concludes from a stored delivery whose clock gave the event's time.
    #[must_use]
    pub fn of_stored(address: &Address, payload: &Payload<'_>, occurred_at: UnixMillis) -> Self {
        let timestamp = payload.get("timestamp");
        let states = |time: StatedTime| time.at == occurred_at;
        if address.time().is_some_and(states) || timestamp.and_then(StatedTime::of).is_some_and(states) {
            Self::Producer
        } else if !address.states_time() && timestamp.is_none() {
            Self::Receipt
        } else {
            Self::ReceiptForImplausible
        }
    }

    /// Whether the time is that of a sender's clock, and not of the receipt.
    #[must_use]
    pub const fn is_stated(self) -> bool {
        matches!(self, Self::Producer)
    }
}

/// Whether a producer's time can be true: from the year 2000 to five minutes after its receipt.
#[must_use]
pub fn plausible(at: UnixMillis, received_at: UnixMillis) -> bool {
    at >= PLAUSIBLE_FROM && at.0 <= received_at.0.saturating_add(CLOCK_AHEAD_MS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_carried_joining_after_the_events_own_time_takes_none_from_it() {
        const AT: i64 = 1_784_711_640_500;
        let of = |timestamp: i64, joined_at: i64| {
            let (timestamp, joined_at) = (Value::Integer(timestamp.into()), Value::Integer(joined_at.into()));
            TimeSource::of(&Address::default(), Some(&timestamp), Some(&joined_at), UnixMillis(AT + 9_000))
        };
        for (timestamp, joined_at) in [(AT, AT), (AT, AT + 1), (AT / 1_000 * 1_000, AT), (AT, AT + 8_000)] {
            let expected = (UnixMillis(timestamp), TimeSource::Producer);
            assert_eq!(of(timestamp, joined_at), expected, "{timestamp} {joined_at}");
        }
        let receipt = (UnixMillis(AT + 9_000), TimeSource::ReceiptForImplausible);
        assert_eq!(of(1, AT), receipt, "a time that cannot be true stays none");
    }
}
