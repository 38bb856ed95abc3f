//! The keys of a plain segment: a map that grows with it, or a table that its keys file held.

use attempt_ledger_domain::{AttemptId, Revision};

use super::key_map::KeyMap;
use super::key_table::KeyTable;
use crate::record::{Digest, Leaf};

#[derive(Debug)]
pub(super) enum PlainKeys {
    /// Of records that this process has written or read.
    Map(KeyMap),
    /// Of a full segment whose records nobody has read since the log was opened.
    Table(KeyTable),
}

impl Default for PlainKeys {
    fn default() -> Self {
        Self::Map(KeyMap::default())
    }
}

impl PlainKeys {
    /// The map of a segment that was read or written.
    ///
    /// # Panics
    /// When the segment was not: callers have it read before.
    pub fn map(&self) -> &KeyMap {
        match self {
            Self::Map(map) => map,
            Self::Table(_) => panic!("a segment is read before its keys are used as truth"),
        }
    }

    /// Adds a record to a segment that is not full.
    pub fn insert(&mut self, ordinal: u32, leaf: &Leaf<'_>, identity: Option<Digest>) {
        match self {
            Self::Map(map) => map.insert(ordinal, leaf, identity),
            Self::Table(_) => panic!("a full segment takes no records"),
        }
    }

    /// How many events of the attempt are here.
    pub fn events(&self, attempt: AttemptId) -> Revision {
        match self {
            Self::Map(map) => map.events(attempt),
            Self::Table(table) => table.events(attempt),
        }
    }

    /// The ordinals of refusals, ascending.
    pub fn refusals(&self) -> &[u32] {
        match self {
            Self::Map(map) => map.refusals(),
            Self::Table(table) => &table.refusals,
        }
    }
}
