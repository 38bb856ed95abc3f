//! The attempt: the aggregate that judges deliveries.

use std::borrow::Cow;

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::attempt_history::{AttemptHistory, HistoryMisfit};
use crate::past_refusals::PastRefusals;
use crate::recorded_identities::RecordedIdentities;
use crate::time_source::TimeSource;
use crate::{
    AttemptId, ContentHash, Delivery, EventKind, QueueId, QueueType, RULES_VERSION, Refusal, Revision, Rule,
    SenderId, UnixMillis,
};

/// How long an equal body without a producer's timestamp counts as the same delivery.
pub const DUPLICATE_WINDOW_MS: u64 = 10_000;

/// One of the eight events, accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptEvent {
    /// The attempt that it belongs to.
    pub attempt_id: AttemptId,
    /// Which of the eight.
    pub kind: EventKind,
    /// The queue type that it was judged under.
    pub queue_type: QueueType,
    /// The queue, as far as it is known.
    pub queue_id: Option<QueueId>,
    /// When it happened.
    pub occurred_at: UnixMillis,
    /// Whose clock says so.
    pub time_source: TimeSource,
    /// When the ledger took it.
    pub recorded_at: UnixMillis,
    /// What it says.
    pub content: ContentHash,
    /// The sender's own id for it.
    pub sender_id: Option<SenderId>,
}

impl DomainEvent for AttemptEvent {
    fn event_type(&self) -> String {
        self.kind.name().to_owned()
    }

    fn event_version(&self) -> String {
        RULES_VERSION.to_string()
    }
}

/// Why a delivery does not become an event.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotRecorded {
    /// It is recorded already.
    #[error("a duplicate of revision {revision}")]
    Duplicate {
        /// Where.
        revision: Revision,
    },
    /// It was refused before, and still is.
    #[error("refused before: {refusal}")]
    RefusedBefore {
        /// The refusal that keeps it.
        refusal_id: Uuid,
        /// Why.
        refusal: Refusal,
    },
    /// A rule refuses it.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Everything about one attempt that its rules need: the history in time order, and what was refused. What a
/// delivery costs grows with the logarithm of their number only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    history: AttemptHistory,
    identities: RecordedIdentities,
    refused: PastRefusals,
    queue_type: Option<QueueType>,
    queue_id: Option<QueueId>,
    revision: Revision,
    last_recorded_at: UnixMillis,
}

impl Attempt {
    /// The revision of the last event; 0 before the first.
    #[must_use]
    pub const fn revision(&self) -> Revision {
        self.revision
    }

    /// Goes on after a revision: events up to there that were not applied are not remembered. They speak
    /// against nothing, and what repeats them is new until they are recalled.
    pub fn pass_over(&mut self, last: Revision) {
        debug_assert!(self.revision <= last, "revisions only grow");
        self.revision = last;
    }

    /// Knows again what repeats an event that was passed over. The event itself goes on speaking against
    /// nothing.
    pub fn recall(&mut self, event: &AttemptEvent, revision: Revision) {
        self.identities.insert(event.content, event.sender_id, event.occurred_at, revision);
    }

    /// The queue type that the first event fixed.
    #[must_use]
    pub const fn queue_type(&self) -> Option<QueueType> {
        self.queue_type
    }

    /// Judges a delivery against the history. Pure: nothing changes.
    ///
    /// # Errors
    /// [`NotRecorded`] with the revision it repeats or the rule that refuses it.
    pub fn judge(&self, delivery: &Delivery) -> Result<AttemptEvent, NotRecorded> {
        self.check_identity(delivery)?;
        self.judge_new(delivery).map_err(|refusal| self.as_refused_before(delivery, refusal))
    }

    /// Judges a delivery that repeats no recorded event.
    fn judge_new(&self, delivery: &Delivery) -> Result<AttemptEvent, Refusal> {
        let queue_type = self.judged_queue_type(delivery)?;
        let event = AttemptEvent {
            attempt_id: delivery.attempt_id,
            kind: delivery.event,
            queue_type,
            queue_id: delivery.queue_id.or(self.queue_id),
            occurred_at: delivery.occurred_at,
            time_source: delivery.time_source,
            recorded_at: delivery.received_at.max(self.last_recorded_at),
            content: delivery.content,
            sender_id: delivery.sender_id,
        };
        match self.history.check(queue_type, event.kind, event.occurred_at) {
            Ok(()) => Ok(event),
            Err(misfit) => Err(explain(&event, misfit)),
        }
    }

    /// Keeps a refusal, so that a repetition of the delivery gets the same answer.
    pub fn remember_refusal(
        &mut self,
        content: ContentHash,
        sender_id: Option<SenderId>,
        refusal_id: Uuid,
        refusal: Refusal,
    ) {
        self.refused.insert(content, sender_id, refusal_id, refusal);
    }

    /// How many open refusals it remembers.
    #[must_use]
    pub fn refusals_count(&self) -> u64 {
        self.refused.len()
    }

    /// Forgets a refusal that was settled, so that a repetition of the delivery is judged again.
    pub fn forget_refusal(&mut self, refusal_id: Uuid) {
        self.refused.remove(refusal_id);
    }

    fn check_identity(&self, delivery: &Delivery) -> Result<(), NotRecorded> {
        let Some(sender_id) = delivery.sender_id else {
            return match self.repeated_content(delivery) {
                Some(revision) => Err(NotRecorded::Duplicate { revision }),
                None => Ok(()),
            };
        };
        match self.identities.of_sender_id(sender_id) {
            None => Ok(()),
            Some((revision, content)) if content == delivery.content => {
                Err(NotRecorded::Duplicate { revision })
            }
            Some((revision, _)) => {
                let detail = format!("the id was used at revision {revision} for other content");
                Err(self.as_refused_before(delivery, Refusal::new(Rule::IdentityConflict, detail)))
            }
        }
    }

    /// The newest event that a delivery without an id repeats.
    ///
    /// A body that states a time, plausible or not, is the same delivery whenever it comes again. Without
    /// one, two honest events can have equal bodies, so only a repetition within a short window is. Both
    /// times are then those of receipt; for a delivery that is judged again, of its first one. The window is
    /// counted from the last equal event.
    fn repeated_content(&self, delivery: &Delivery) -> Option<Revision> {
        if delivery.time_source != TimeSource::Receipt {
            let (_, revision) = self.identities.last_of_content(delivery.content, UnixMillis(i64::MAX))?;
            return Some(revision);
        }
        let window_ms = i64::try_from(DUPLICATE_WINDOW_MS).expect("ten seconds fit");
        let end = UnixMillis(delivery.occurred_at.0.saturating_add(window_ms));
        let (at, revision) = self.identities.last_of_content(delivery.content, end)?;
        (delivery.occurred_at.0.abs_diff(at.0) <= DUPLICATE_WINDOW_MS).then_some(revision)
    }

    /// The refusal that keeps this delivery already, as it was explained then.
    #[must_use]
    pub fn refused_before(&self, delivery: &Delivery) -> Option<(Uuid, Refusal)> {
        self.refused.find(delivery.content, delivery.sender_id).cloned()
    }

    /// A repetition of a refused delivery gets the first answer, unless it would be accepted by now.
    fn as_refused_before(&self, delivery: &Delivery, refusal: Refusal) -> NotRecorded {
        match self.refused_before(delivery) {
            Some((refusal_id, refusal)) => NotRecorded::RefusedBefore { refusal_id, refusal },
            None => NotRecorded::Refused(refusal),
        }
    }

    fn judged_queue_type(&self, delivery: &Delivery) -> Result<QueueType, Refusal> {
        let stated = delivery.queue_type.or(self.queue_type).ok_or_else(|| {
            let queue = delivery.queue_id.map_or_else(
                || Cow::Borrowed("the body names no queue"),
                |queue_id| Cow::Owned(format!("queue {queue_id} is not defined")),
            );
            Refusal::new(
                Rule::UnknownQueueType,
                format!("neither the URL nor the body names one of the eight queue types, and {queue}"),
            )
        })?;
        crate::lifecycle::event_exists(stated, delivery.event).map_err(|rule| {
            Refusal::new(rule, format!("{} arrived for a queue of type {stated}", delivery.event))
        })?;
        if let Some(began_with) = self.queue_type.filter(|began_with| *began_with != stated) {
            return Err(Refusal::new(
                Rule::QueueChanged,
                format!("the attempt began in a queue of type {began_with}, not {stated}"),
            ));
        }
        match (self.queue_id, delivery.queue_id) {
            (Some(began_in), Some(named)) if began_in != named => Err(Refusal::new(
                Rule::QueueChanged,
                format!("the attempt began in queue {began_in}, not {named}"),
            )),
            _ => Ok(stated),
        }
    }
}

fn explain(event: &AttemptEvent, misfit: HistoryMisfit) -> Refusal {
    let (kind, at) = (event.kind, event.occurred_at);
    let (rule, detail) = match misfit {
        HistoryMisfit::After(None, rule) => (rule, format!("{kind} cannot come first")),
        HistoryMisfit::After(Some((before, before_at)), rule) => {
            (rule, format!("{kind} at {at} ms would follow {before} at {before_at} ms"))
        }
        HistoryMisfit::Before((later, later_at), rule) => {
            (rule, format!("{kind} at {at} ms would come before {later} at {later_at} ms"))
        }
    };
    Refusal::new(rule, detail)
}

impl Aggregate for Attempt {
    const TYPE: &'static str = "attempt";
    type Command = Delivery;
    type Event = AttemptEvent;
    type Error = NotRecorded;
    type Services = ();

    async fn handle(
        &mut self,
        delivery: Delivery,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), NotRecorded> {
        let event = self.judge(&delivery)?;
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: AttemptEvent) {
        self.revision = self.revision.next();
        self.queue_type = self.queue_type.or(Some(event.queue_type));
        self.queue_id = self.queue_id.or(event.queue_id);
        self.last_recorded_at = self.last_recorded_at.max(event.recorded_at);
        debug_assert_eq!(
            self.queue_type,
            Some(event.queue_type),
            "an attempt stays in the queue type that it began with"
        );
        self.identities.insert(event.content, event.sender_id, event.occurred_at, self.revision);
        self.history.insert(event.queue_type, event.kind, event.occurred_at, self.revision);
    }
}
