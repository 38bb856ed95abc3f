//! Our cqrs-es event store: cached attempts, one writer each, the log behind them.
//!
//! The cache holds one slot for each attempt in use. Whoever changes an attempt owns its slot's lock until the
//! log has answered, so commands of one attempt follow each other. The cache drops no slot that somebody holds: it
//! would come into being a second time.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use attempt_ledger_domain::{Attempt, AttemptEvent, AttemptId, Revision};
use cqrs_es::{AggregateContext, AggregateError, EventEnvelope, EventStore};
use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, Lifecycle, UnitWeighter};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::loaded::{Loaded, to_attempt};
use super::{LedgerError, LedgerOptions, Place, Submission};
use attempt_ledger_log::{AppendError, EventLog};
use attempt_ledger_system::environment::Environment;

/// `None` until somebody needs the attempt, and again when what is in memory can no longer be trusted.
pub(super) type Slot = Option<Loaded>;

type Slots = Cache<AttemptId, Arc<Mutex<Slot>>, UnitWeighter, DefaultHashBuilder, HeldStay>;

/// Keeps in the cache what somebody holds. It may grow beyond its size by as much as is held at once.
#[derive(Clone)]
struct HeldStay;

impl Lifecycle<AttemptId, Arc<Mutex<Slot>>> for HeldStay {
    type RequestState = ();

    fn is_pinned(&self, _attempt_id: &AttemptId, slot: &Arc<Mutex<Slot>>) -> bool {
        Arc::strong_count(slot) > 1
    }

    fn on_evict(&self, _state: &mut (), _attempt_id: AttemptId, _slot: Arc<Mutex<Slot>>) {}
}

#[derive(Clone)]
pub(super) struct AttemptStore {
    log: Arc<dyn EventLog>,
    environment: Arc<dyn Environment>,
    slots: Arc<Slots>,
}

tokio::task_local! {
    /// What cqrs-es has no room for: the delivery's bytes on their way in, its place on the way out.
    pub(super) static IN_FLIGHT: InFlight;
}

/// Travels with one command through the framework.
pub(super) struct InFlight {
    pub(super) submission: Submission,
    pub(super) place: OnceLock<Place>,
}

/// An attempt on loan to one command.
pub(super) struct Checkout {
    attempt_id: AttemptId,
    /// The aggregate that the framework works on.
    working: Attempt,
    /// What the log has; replaced only after a successful append.
    slot: OwnedMutexGuard<Slot>,
}

impl AggregateContext<Attempt> for Checkout {
    fn aggregate(&mut self) -> &mut Attempt {
        &mut self.working
    }
}

impl AttemptStore {
    pub(super) fn new(
        log: Arc<dyn EventLog>,
        environment: Arc<dyn Environment>,
        options: LedgerOptions,
    ) -> Self {
        let most = options.cached_attempts_max;
        let slots =
            Arc::new(Cache::with(most, most as u64, UnitWeighter, DefaultHashBuilder::default(), HeldStay));
        Self { log, environment, slots }
    }

    /// Locks an attempt and makes sure that it is in memory.
    pub(super) async fn lock(&self, attempt_id: AttemptId) -> Result<OwnedMutexGuard<Slot>, LedgerError> {
        let slot = self.slots.get_or_insert_with(&attempt_id, || Ok::<_, LedgerError>(Arc::default()))?;
        let mut slot = slot.lock_owned().await;
        if slot.is_none() {
            *slot = Some(Loaded::replay(self.log.as_ref(), attempt_id)?);
        }
        Ok(slot)
    }

    /// Takes an attempt out of the cache, because the log has more of it than memory does. Whoever holds its slot
    /// meets a conflict; everybody else reads it anew.
    pub(super) fn forgetter(&self) -> impl Fn(AttemptId) + Send + Sync + use<> {
        let slots = self.slots.clone();
        move |attempt_id| {
            slots.remove(&attempt_id);
        }
    }

    /// Where an event lies that is known to be in the log.
    pub(super) async fn place(
        &self,
        attempt_id: AttemptId,
        revision: Revision,
    ) -> Result<Place, LedgerError> {
        let mut slot = self.lock(attempt_id).await?;
        let mut loaded = slot.take().expect("a locked attempt is loaded");
        if loaded.stored_revision() < revision {
            // This slot came into being while another one of the attempt was still at work.
            loaded = Loaded::replay(self.log.as_ref(), attempt_id)?;
        }
        let place = loaded.place(attempt_id, revision);
        *slot = Some(loaded);
        Ok(place)
    }

    /// Called after an append through this slot. Should the cache have another slot of the attempt by now, that one
    /// may have been read before the append, and goes.
    pub(super) fn supersede(&self, attempt_id: AttemptId, slot: &OwnedMutexGuard<Slot>) {
        let current = self.slots.peek(&attempt_id);
        if current.is_some_and(|current| !Arc::ptr_eq(&current, OwnedMutexGuard::mutex(slot))) {
            self.slots.remove(&attempt_id);
        }
    }

    async fn append(
        &self,
        events: Vec<AttemptEvent>,
        mut context: Checkout,
    ) -> Result<Vec<EventEnvelope<Attempt>>, LedgerError> {
        let mut loaded = context.slot.take().expect("a checkout is loaded");
        let stored = loaded.stored_revision();
        let attempt_id = context.attempt_id;
        let records = IN_FLIGHT.with(|in_flight| {
            let take = |event| loaded.take_event(event, &in_flight.submission, self.environment.as_ref());
            events.iter().map(take).collect()
        });
        let answer = self.log.append(vec![to_attempt(attempt_id, stored, records)]).await;
        let [answer]: [_; 1] = answer.try_into().expect("one answer for one append");
        // On any error the slot stays empty: what the log holds is read again by whoever comes next.
        loaded.locate(&answer?.positions);
        loaded.attempt = context.working;
        let place = loaded.place(attempt_id, loaded.stored_revision());
        IN_FLIGHT.with(|in_flight| in_flight.place.set(place)).expect("a command commits once");
        *context.slot = Some(loaded);
        self.supersede(attempt_id, &context.slot);
        Ok(envelopes(attempt_id, stored.0, events))
    }
}

impl EventStore<Attempt> for AttemptStore {
    type AC = Checkout;

    async fn load_events(
        &self,
        aggregate_id: &str,
    ) -> Result<Vec<EventEnvelope<Attempt>>, AggregateError<<Attempt as cqrs_es::Aggregate>::Error>> {
        let attempt_id = parse_id(aggregate_id)?;
        let events = self.read_events(attempt_id).map_err(to_framework)?;
        Ok(envelopes(attempt_id, 0, events))
    }

    async fn load_aggregate(
        &self,
        aggregate_id: &str,
    ) -> Result<Checkout, AggregateError<<Attempt as cqrs_es::Aggregate>::Error>> {
        let attempt_id = parse_id(aggregate_id)?;
        let slot = self.lock(attempt_id).await.map_err(to_framework)?;
        let working = slot.as_ref().expect("a locked attempt is loaded").attempt.clone();
        Ok(Checkout { attempt_id, working, slot })
    }

    async fn commit(
        &self,
        events: Vec<AttemptEvent>,
        context: Checkout,
        _metadata: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<Attempt>>, AggregateError<<Attempt as cqrs_es::Aggregate>::Error>> {
        self.append(events, context).await.map_err(to_framework)
    }
}

impl AttemptStore {
    fn read_events(&self, attempt_id: AttemptId) -> Result<Vec<AttemptEvent>, LedgerError> {
        super::history::events_of(self.log.as_ref(), attempt_id)
    }
}

fn parse_id<E: std::error::Error>(aggregate_id: &str) -> Result<AttemptId, AggregateError<E>> {
    aggregate_id.parse().map_err(|error| AggregateError::UnexpectedError(Box::new(error)))
}

fn to_framework<E: std::error::Error>(error: LedgerError) -> AggregateError<E> {
    match error {
        LedgerError::Append(AppendError::Conflict { .. }) => AggregateError::AggregateConflict,
        other => AggregateError::UnexpectedError(Box::new(other)),
    }
}

fn envelopes(attempt_id: AttemptId, stored: u32, events: Vec<AttemptEvent>) -> Vec<EventEnvelope<Attempt>> {
    let first = usize::try_from(stored).expect("32 bits fit") + 1;
    let envelope = |(index, payload)| EventEnvelope {
        aggregate_id: attempt_id.to_string(),
        sequence: first + index,
        payload,
        metadata: HashMap::new(),
    };
    events.into_iter().enumerate().map(envelope).collect()
}
