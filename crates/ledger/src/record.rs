//! From the bytes of a record to domain facts.

use std::borrow::Cow;

use attempt_ledger_domain::timeline::{
    DeliveryOutcome, Details, LoggedDelivery, StatedWait, TimelineObservation, payload_flags, stated_fields,
};
use attempt_ledger_domain::{
    AttemptEvent, ContentHash, HookName, MalformedPayload, Observation, Payload, Position, QueueDefinition,
    Rule, SenderId, StatedTime, TimeSource,
};
use attempt_ledger_log::StoredRecord;
use attempt_ledger_log::record::{Digest, Leaf, Opening, leaf_hash};
use bytes::Bytes;

use crate::error::LedgerError;

/// A stored record with its parts parsed.
#[derive(Clone, Debug)]
pub struct Record<'a> {
    /// Its place in the log.
    pub position: Position,
    /// What hashes and proofs rely on.
    pub leaf: Leaf<'a>,
    /// What was sent, and how.
    pub opening: Opening<'a>,
    /// The leaf as it lies in the log: what is hashed.
    leaf_bytes: Bytes,
}

impl<'a> Record<'a> {
    pub(crate) fn parse(stored: &'a StoredRecord) -> Result<Self, LedgerError> {
        let fault = |reason: String| LedgerError::Record { position: stored.position, reason };
        let leaf = Leaf::parse(&stored.leaf).map_err(|error| fault(error.to_string()))?;
        let opening = Opening::parse(&stored.opening).map_err(|error| fault(error.to_string()))?;
        Ok(Self { position: stored.position, leaf, opening, leaf_bytes: stored.leaf.clone() })
    }

    /// The same record, owning its text.
    pub(crate) fn into_owned(self) -> Record<'static> {
        let Self { position, leaf, opening, leaf_bytes } = self;
        Record { position, leaf: leaf.into_owned(), opening: opening.into_owned(), leaf_bytes }
    }

    /// The RFC 6962 hash of the leaf's stored bytes.
    #[must_use]
    pub fn leaf_hash(&self) -> Digest {
        leaf_hash(&self.leaf_bytes)
    }

    /// The body, read as the guard read it.
    ///
    /// # Errors
    /// [`MalformedPayload`] when it is no delivery: a decision, a definition, or refused as malformed.
    pub fn body(&self) -> Result<Payload<'_>, MalformedPayload> {
        Payload::read(&self.opening.address, self.opening.payload.as_bytes())
    }

    /// What is odd about a delivery: `late`, `clock_implausible`, `unparsable:…`, `shadowed:…`,
    /// `unreadable_character`.
    #[must_use]
    pub fn flags(&self) -> Vec<String> {
        let of_delivery = || self.delivery_with_details().map(|one| one.flags);
        self.observation().map(|one| one.flags).or_else(of_delivery).unwrap_or_default()
    }

    /// The hook that it came from, as far as it is known; none for decisions and definitions.
    pub(crate) fn hook(&self) -> Option<HookName> {
        let observation = self.leaf.observation.map(HookName::Observation);
        observation.or_else(|| self.leaf.event.map(HookName::Event))
    }

    /// The observation as timelines show it; `None` for every other record.
    pub(crate) fn observation(&self) -> Option<TimelineObservation> {
        let (observation, occurred_at) = (self.leaf.observation?, self.leaf.occurred_at?);
        let (address, recorded_at, body) = (&self.opening.address, self.leaf.recorded_at, self.body().ok()?);
        let time_source = TimeSource::of_stored(address, &body, occurred_at);
        Some(TimelineObservation {
            id: self.leaf.id,
            position: self.position,
            observation,
            occurred_at,
            recorded_at,
            fields: stated_fields(&body),
            flags: payload_flags(address, &body, observation.into(), occurred_at, recorded_at, time_source),
        })
    }

    /// What the record says of where and when the dialer looked for an agent; `None` where it is no
    /// `wait_agent`.
    pub(crate) fn stated_wait(&self) -> Option<StatedWait> {
        let occurred_at =
            self.leaf.occurred_at.filter(|_| self.leaf.observation == Some(Observation::WaitAgent))?;
        let time_source = TimeSource::of_stored(&self.opening.address, &self.body().ok()?, occurred_at);
        Some(StatedWait {
            queue_id: self.leaf.queue_id,
            queue_type: self.leaf.queue_type,
            stated_at: time_source.is_stated().then_some(occurred_at),
        })
    }

    pub(crate) fn fault(&self, reason: &str) -> LedgerError {
        LedgerError::Record { position: self.position, reason: reason.to_owned() }
    }

    pub(crate) fn sender_id(&self) -> Option<SenderId> {
        self.opening.address.sender_id()
    }

    /// The event that a record of kind `event` holds.
    pub(crate) fn event(&self) -> Result<AttemptEvent, LedgerError> {
        let lacks = |what| self.fault(what);
        let kind = self.leaf.event.ok_or_else(|| lacks("the event's name is missing"))?;
        let occurred_at = self.leaf.occurred_at.ok_or_else(|| lacks("the event's time is missing"))?;
        let body = self.body().map_err(|error| self.fault(&error.to_string()))?;
        Ok(AttemptEvent {
            attempt_id: self.leaf.attempt_id.ok_or_else(|| lacks("the attempt is missing"))?,
            kind,
            queue_type: self.leaf.queue_type.ok_or_else(|| lacks("the queue type is missing"))?,
            queue_id: self.leaf.queue_id,
            occurred_at,
            time_source: TimeSource::of_stored(&self.opening.address, &body, occurred_at),
            recorded_at: self.leaf.recorded_at,
            content: ContentHash::of(kind, self.opening.address.envelope_time(), &body, &mut Vec::new()),
            sender_id: self.sender_id(),
        })
    }

    /// The definition that a record of kind `queue` holds.
    pub(crate) fn definition(&self) -> Result<QueueDefinition, LedgerError> {
        serde_json::from_slice(self.opening.payload.as_bytes())
            .map_err(|error| self.fault(&error.to_string()))
    }

    /// What a refusal of an attempt's delivery remembers; `None` when it named no event.
    pub(crate) fn refused_content(&self) -> Option<(ContentHash, Rule, Cow<'_, str>)> {
        let (event, rule) = (self.leaf.event?, self.leaf.rule?);
        let body = self.body().ok()?;
        let detail = self.opening.detail.clone().unwrap_or_default();
        Some((
            ContentHash::of(event, self.opening.address.envelope_time(), &body, &mut Vec::new()),
            rule,
            detail,
        ))
    }

    /// The delivery, as far as its place in time and its identity; `None` for records that are no delivery of
    /// an event. Whether a refusal was dismissed is said by later records.
    #[must_use]
    pub fn delivery(&self) -> Option<LoggedDelivery> {
        Some(self.delivery_and_body()?.0)
    }

    /// The delivery as timelines see it.
    pub(crate) fn delivery_with_details(&self) -> Option<LoggedDelivery> {
        let (mut delivery, body) = self.delivery_and_body()?;
        delivery.details = Details::of(&body);
        let envelope_time = self.opening.address.time().map(StatedTime::coarse);
        let is_its_time = envelope_time.filter(|time| time.at == delivery.occurred_at);
        delivery.details.timestamp = is_its_time.or(delivery.details.timestamp);
        delivery.flags = payload_flags(
            &self.opening.address,
            &body,
            delivery.event.into(),
            delivery.occurred_at,
            delivery.recorded_at,
            delivery.time_source,
        );
        Some(delivery)
    }

    fn delivery_and_body(&self) -> Option<(LoggedDelivery, Payload<'_>)> {
        let event = self.leaf.event?;
        let arrival = match (self.leaf.revision, self.leaf.rule) {
            (Some(revision), _) => DeliveryOutcome::Recorded { revision },
            (None, Some(rule)) => DeliveryOutcome::Refused { rule, dismissed: false },
            (None, None) => return None,
        };
        let body = self.body().ok()?;
        let occurred_at = self.leaf.occurred_at.unwrap_or(self.leaf.recorded_at);
        let delivery = LoggedDelivery {
            id: self.leaf.id,
            position: self.position,
            arrival,
            event,
            queue_type: self.leaf.queue_type,
            queue_id: self.leaf.queue_id,
            occurred_at,
            time_source: TimeSource::of_stored(&self.opening.address, &body, occurred_at),
            recorded_at: self.leaf.recorded_at,
            content: ContentHash::of(event, self.opening.address.envelope_time(), &body, &mut Vec::new()),
            sender_id: self.sender_id(),
            details: Details::of_agent(&body),
            flags: Vec::new(),
        };
        Some((delivery, body))
    }
}
