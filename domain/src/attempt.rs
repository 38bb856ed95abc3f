//! The attempt: the aggregate that judges deliveries.

use std::borrow::Cow;

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::delivery::TimeSource;
use crate::lifecycle::check_run;
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

/// One step of the history, in time order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct HistoryStep {
    event: AttemptEvent,
    revision: Revision,
}

/// A delivery that was refused before, so that its repetition gets the same answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct PastRefusal {
    content: ContentHash,
    sender_id: Option<SenderId>,
    refusal_id: Uuid,
    refusal: Refusal,
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

/// Everything about one attempt that its rules need: the history in time order, and what was refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    steps: Vec<HistoryStep>,
    refused: Vec<PastRefusal>,
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
        let place = self.place_of(&event);
        let before = self.steps[..place].iter().map(|step| step.event.kind);
        let after = self.steps[place..].iter().map(|step| step.event.kind);
        match check_run(queue_type, before.chain([event.kind]).chain(after)) {
            Ok(_) => Ok(event),
            Err((at, rule)) => Err(self.explain(&event, place, at, rule)),
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
        self.refused.push(PastRefusal { content, sender_id, refusal_id, refusal });
    }

    /// Forgets a refusal that was settled, so that a repetition of the delivery is judged again.
    pub fn forget_refusal(&mut self, refusal_id: Uuid) {
        self.refused.retain(|refused| refused.refusal_id != refusal_id);
    }

    fn check_identity(&self, delivery: &Delivery) -> Result<(), NotRecorded> {
        // The newest first: without a producer's time the window is counted from the last equal event.
        for step in self.steps.iter().rev() {
            let event = &step.event;
            let same_content = event.content == delivery.content;
            if let Some(sender_id) = delivery.sender_id {
                if event.sender_id != Some(sender_id) {
                    continue;
                }
                if same_content {
                    return Err(NotRecorded::Duplicate { revision: step.revision });
                }
                let refusal = Refusal::new(
                    Rule::IdentityConflict,
                    format!("the id was used at revision {} for other content", step.revision),
                );
                return Err(self.as_refused_before(delivery, refusal));
            }
            if same_content && event.sender_id.is_none() && is_repetition(event, delivery) {
                return Err(NotRecorded::Duplicate { revision: step.revision });
            }
        }
        Ok(())
    }

    /// The refusal that keeps this delivery already, as it was explained then.
    #[must_use]
    pub fn refused_before(&self, delivery: &Delivery) -> Option<(Uuid, Refusal)> {
        let past = self
            .refused
            .iter()
            .find(|refused| refused.content == delivery.content && refused.sender_id == delivery.sender_id)?;
        Some((past.refusal_id, past.refusal.clone()))
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
                format!("neither the URL nor the body states a queue type, and {queue}"),
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

    /// Where an event belongs in time order: by time, then rank, then after its equals.
    fn place_of(&self, event: &AttemptEvent) -> usize {
        let key = (event.occurred_at, event.kind.rank());
        self.steps.partition_point(|step| (step.event.occurred_at, step.event.kind.rank()) <= key)
    }

    fn explain(&self, event: &AttemptEvent, place: usize, at: usize, rule: Rule) -> Refusal {
        let detail = if at == place {
            let before = place.checked_sub(1).map(|index| &self.steps[index].event);
            before.map_or_else(
                || format!("{} cannot come first", event.kind),
                |before| {
                    format!(
                        "{} at {} ms would follow {} at {} ms",
                        event.kind, event.occurred_at, before.kind, before.occurred_at
                    )
                },
            )
        } else {
            // The new event stands earlier and makes a recorded one illegal.
            let index = if at < place { at } else { at - 1 };
            let later = &self.steps[index].event;
            format!(
                "{} at {} ms would come before {} at {} ms",
                event.kind, event.occurred_at, later.kind, later.occurred_at
            )
        };
        Refusal::new(rule, detail)
    }
}

/// Whether an equal body is the same delivery again. With a producer's timestamp it always is; without, two
/// honest events can have equal bodies, so only a repetition within a short window is. Both times are then
/// those of receipt; for a delivery that is judged again, of its first one.
fn is_repetition(event: &AttemptEvent, delivery: &Delivery) -> bool {
    delivery.time_source == TimeSource::Producer
        || delivery.occurred_at.0.abs_diff(event.occurred_at.0) <= DUPLICATE_WINDOW_MS
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
        let place = self.place_of(&event);
        self.steps.insert(place, HistoryStep { event, revision: self.revision });
        debug_assert!(
            self.queue_type
                .is_none_or(|it| check_run(it, self.steps.iter().map(|step| step.event.kind)).is_ok()),
            "the recorded events are a run of the lifecycle"
        );
    }
}
