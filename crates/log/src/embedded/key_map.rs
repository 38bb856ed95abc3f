//! The keys of one segment in memory: chains of ordinals, one allocation for all of them.

use std::collections::HashMap;

use attempt_ledger_domain::{AttemptId, Position, Revision};

use crate::Key;
use crate::record::{Digest, Leaf, RecordKind};

/// One record under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Posting {
    pub position: Position,
    /// Whether the record counts towards the attempt's revision.
    pub is_event: bool,
}

#[derive(Clone, Copy, Debug)]
struct Link {
    ordinal: u32,
    is_event: bool,
    /// The link before this one in the same chain; a link that points at itself is the first.
    previous: u32,
}

/// Maps keys to the ordinals (0, 1, 2 …) of a segment's records.
#[derive(Debug, Default)]
pub(super) struct KeyMap {
    last_links: HashMap<Key, u32>,
    links: Vec<Link>,
    refusals: Vec<u32>,
}

impl KeyMap {
    /// Adds a record. Ordinals come in ascending order.
    pub fn insert(&mut self, ordinal: u32, leaf: &Leaf<'_>, identity: Option<Digest>) {
        let is_event = leaf.kind == RecordKind::Event;
        for key in Key::of(leaf, identity) {
            let link = u32::try_from(self.links.len()).expect("a segment has fewer than 2^31 records");
            let previous = self.last_links.insert(key, link).unwrap_or(link);
            self.links.push(Link { ordinal, is_event, previous });
        }
        if leaf.kind == RecordKind::Refusal && leaf.settles.is_none() {
            self.refusals.push(ordinal);
        }
    }

    /// The records under a key, ascending, in a segment that starts at `first`.
    pub fn postings(&self, key: Key, first: Position) -> Vec<Posting> {
        self.last_links.get(&key).map(|last| self.chain(*last, first)).unwrap_or_default()
    }

    fn chain(&self, last: u32, first: Position) -> Vec<Posting> {
        let mut postings = Vec::new();
        let mut at = last;
        loop {
            let Link { ordinal, is_event, previous } = self.links[at as usize];
            postings.push(Posting { position: Position(first.0 + u64::from(ordinal)), is_event });
            if previous == at {
                break;
            }
            at = previous;
        }
        postings.reverse();
        postings
    }

    /// How many events of the attempt are here.
    pub fn events(&self, attempt: AttemptId) -> Revision {
        let mut count = 0;
        let mut next = self.last_links.get(&Key::Attempt(attempt)).copied();
        while let Some(at) = next {
            let link = self.links[at as usize];
            count += u32::from(link.is_event);
            next = (link.previous != at).then_some(link.previous);
        }
        Revision(count)
    }

    /// The ordinals of refusals, ascending.
    pub fn refusals(&self) -> &[u32] {
        &self.refusals
    }

    /// Every key with its records.
    pub fn iter(&self, first: Position) -> impl Iterator<Item = (Key, Vec<Posting>)> + '_ {
        self.last_links.iter().map(move |(key, last)| (*key, self.chain(*last, first)))
    }
}
