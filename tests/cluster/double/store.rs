//! What the double keeps: events in commit order, and the rules for appending to a stream.

use std::collections::HashMap;
use std::sync::Mutex;

use tokio::sync::watch;
use uuid::Uuid;

use super::messages::{Expected, Place, Proposed, Recorded, StreamName, UuidMessage};

/// Bytes between two events in the order of commits: places are no ordinals.
const STRIDE: u64 = 137;

#[derive(Default)]
struct State {
    events: Vec<Recorded>,
    streams: HashMap<String, Vec<usize>>,
}

pub struct Store {
    state: Mutex<State>,
    /// How many events there are.
    pub count: watch::Sender<usize>,
}

pub enum Written {
    /// The stream's last revision, and the last event's place.
    Done(u64, Place),
    Conflict,
}

impl Default for Store {
    fn default() -> Self {
        Self { state: Mutex::default(), count: watch::Sender::new(0) }
    }
}

impl Store {
    pub fn append(&self, stream: &str, expected: Expected, events: Vec<Proposed>) -> Written {
        let mut state = self.state.lock().expect("nobody panics");
        let held = state.streams.get(stream).cloned().unwrap_or_default();
        let ids: Vec<Uuid> = events.iter().map(|event| event.id.as_ref().expect("an id").get()).collect();
        let at = match expected {
            Expected::Any(_) | Expected::Exists(_) => held.len(),
            Expected::NoStream(_) => 0,
            Expected::Last(last) => usize::try_from(last).expect("small") + 1,
        };
        let id_of = |index: &usize| state.events[*index].id.as_ref().expect("an id").get();
        let there: Vec<Uuid> = held.iter().skip(at).map(id_of).collect();
        if there.len() >= ids.len() && there[..ids.len()] == ids[..] {
            let last = held[at + ids.len() - 1];
            return Written::Done((at + ids.len() - 1) as u64, place_of(&state.events[last]));
        }
        if at != held.len() {
            return Written::Conflict;
        }
        for (event, revision) in events.into_iter().zip(at..) {
            let index = state.events.len();
            let place = (index as u64 + 1) * STRIDE;
            let mut metadata = event.metadata;
            metadata.insert("created".to_owned(), "17848000000000000".to_owned());
            state.events.push(Recorded {
                id: event.id.map(|id| UuidMessage::of(id.get())),
                stream: Some(StreamName { name: stream.as_bytes().to_vec() }),
                revision: revision as u64,
                prepare: place,
                commit: place,
                metadata,
                custom_metadata: event.custom_metadata,
                data: event.data,
            });
            state.streams.entry(stream.to_owned()).or_default().push(index);
        }
        let last = state.events.last().expect("an append has events");
        let done = Written::Done(last.revision, place_of(last));
        self.count.send_replace(state.events.len());
        done
    }

    pub fn last_of(&self, stream: &str) -> Option<Recorded> {
        let state = self.state.lock().expect("nobody panics");
        let index = state.streams.get(stream)?.last()?;
        Some(state.events[*index].clone())
    }

    /// Events from an index on, at most `limit`, with the index after them.
    pub fn from(&self, index: usize, limit: usize) -> (Vec<Recorded>, usize) {
        let state = self.state.lock().expect("nobody panics");
        let events: Vec<Recorded> = state.events[index..].iter().take(limit).cloned().collect();
        let next = index + events.len();
        (events, next)
    }

    /// The index of the first event after a place.
    pub fn after(&self, place: Place) -> usize {
        let state = self.state.lock().expect("nobody panics");
        let place = (place.commit, place.prepare);
        state.events.partition_point(|event| (event.commit, event.prepare) <= place)
    }
}

fn place_of(event: &Recorded) -> Place {
    Place { commit: event.commit, prepare: event.prepare }
}
