//! The one store that all nodes of a double serve: writes under the official rules, and news of growth.

use std::sync::{Mutex, MutexGuard};

use serde_json::{Value, json};
use tokio::sync::watch;
use uuid::Uuid;

use crate::expected::Expected;
use crate::record::{Proposal, TOMBSTONE_TYPE};
use crate::retention::DELETED;
use crate::rules::{Verdict, judge};
use crate::state::{State, metadata_stream};

/// Events in memory.
pub(crate) struct Store {
    state: Mutex<State>,
    growth: watch::Sender<usize>,
}

/// Where a write ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// The revision of the last event of this write; none if it had no events and there is no stream.
    pub revision: Option<u64>,
    pub position: u64,
}

/// Why a write was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    WrongExpectedVersion { current: Option<u64> },
    StreamDeleted,
}

impl Store {
    /// A store that has what a new database has: a few events of the system's own.
    pub fn new() -> Self {
        let mut state = State::default();
        state.push_empty_record();
        state.push("$$$settings", Proposal::stream_metadata(&json!({ "$maxCount": 1 })));
        let mut user =
            Proposal::stream_metadata(&json!({ "loginName": "admin", "fullName": "Administrator" }));
        user.event_type = "$UserCreated".to_owned();
        state.push("$user-admin", user);
        let growth = watch::Sender::new(state.events.len());
        Self { state: Mutex::new(state), growth }
    }

    /// Everything that is kept, for as long as the guard lives.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no writer panics")
    }

    /// How many events there are; it changes after the events can be read.
    pub fn growth(&self) -> watch::Receiver<usize> {
        self.growth.subscribe()
    }

    pub fn append(
        &self,
        stream: &str,
        expected: Expected,
        proposals: Vec<Proposal>,
    ) -> Result<Written, Refusal> {
        let mut state = self.state();
        let ids: Vec<Uuid> = proposals.iter().map(|proposal| proposal.id).collect();
        let current = state.end_of(stream).last;
        let revives = match judge(&state, stream, expected, &ids) {
            Verdict::Write { revives } => revives,
            Verdict::AlreadyThere { last } => {
                let event = state.event(stream, last).expect("the verdict names an event");
                return Ok(Written { revision: Some(last), position: event.position });
            }
            Verdict::Conflict => return Err(Refusal::WrongExpectedVersion { current }),
            Verdict::Deleted => return Err(Refusal::StreamDeleted),
        };
        let owner =
            stream.strip_prefix("$$").filter(|owner| state.is_softly_deleted(owner)).map(str::to_owned);
        let mut position = None;
        for proposal in proposals {
            position = Some(state.push(stream, proposal));
        }
        let position = position.unwrap_or_else(|| state.push_empty_record());
        let written = Written { revision: state.end_of(stream).last, position };
        if revives {
            revive(&mut state, stream, current);
        }
        if let Some(owner) = owner {
            let last = state.end_of(&owner).last;
            revive(&mut state, &owner, last);
        }
        self.announce(state);
        Ok(written)
    }

    /// Hides a stream's events; the next write brings it back with the revision after its last.
    pub fn delete(&self, stream: &str, expected: Expected) -> Result<u64, Refusal> {
        let mut state = self.state();
        allow_deletion(&state, stream, expected)?;
        if state.end_of(stream).last.is_none() && !state.has_metadata(stream) {
            return Err(Refusal::WrongExpectedVersion { current: None });
        }
        let metadata = Proposal::stream_metadata(&json!({ "$tb": DELETED }));
        let position = state.push(&metadata_stream(stream), metadata);
        self.announce(state);
        Ok(position)
    }

    /// Ends a stream for good, whether it exists or not.
    pub fn tombstone(&self, stream: &str, expected: Expected) -> Result<u64, Refusal> {
        let mut state = self.state();
        allow_deletion(&state, stream, expected)?;
        let mut proposal = Proposal::stream_metadata(&Value::Null);
        proposal.event_type = TOMBSTONE_TYPE.to_owned();
        proposal.data = bytes::Bytes::new();
        let position = state.push(stream, proposal);
        self.announce(state);
        Ok(position)
    }

    fn announce(&self, state: MutexGuard<'_, State>) {
        let events = state.events.len();
        drop(state);
        // Writers may get here in another order than they wrote; the news must not go back.
        self.growth.send_if_modified(|known| {
            let is_news = events > *known;
            *known = events.max(*known);
            is_news
        });
    }
}

fn allow_deletion(state: &State, stream: &str, expected: Expected) -> Result<(), Refusal> {
    match judge(state, stream, expected, &[Uuid::new_v4()]) {
        Verdict::Deleted => Err(Refusal::StreamDeleted),
        Verdict::Write { .. } => Ok(()),
        Verdict::Conflict | Verdict::AlreadyThere { .. } => {
            Err(Refusal::WrongExpectedVersion { current: state.end_of(stream).last })
        }
    }
}

/// Keeps what the metadata says but for its `$tb`, which now hides only what was there before.
fn revive(state: &mut State, stream: &str, last_hidden: Option<u64>) {
    let name = metadata_stream(stream);
    let newest = state.end_of(&name).last.and_then(|last| state.event(&name, last));
    let Some(mut metadata) =
        newest.and_then(|event| serde_json::from_slice::<Value>(&event.proposal.data).ok())
    else {
        return;
    };
    let Some(rules) = metadata.as_object_mut() else { return };
    rules.insert("$tb".to_owned(), json!(last_hidden.map_or(0, |last| last + 1)));
    state.push(&name, Proposal::stream_metadata(&metadata));
}
