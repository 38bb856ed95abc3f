//! Finds the records of packed segments by key: in the index, and where that is damaged or behind, in the
//! segments themselves. The index is derived: nothing that it lacks keeps a record from being found.
//!
//! A damaged index goes on answering for the keys that it can read. The packer's thread fills another one in
//! `DIR/index.N`, which then takes its place; opening the log renames it to `DIR/index`.

use std::fs;
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use attempt_ledger_domain::Position;
use attempt_ledger_system::lock::take_over;
use tokio::runtime::{Handle, RuntimeFlavor};
use tracing::{info, warn};

use super::index::KeyIndex;
use super::index_value::IndexMarker;
use super::key_checksums::key_map_of;
use super::key_map::Posting;
use super::layout::LogLayout;
use super::options::{EmbeddedOptions, TABLE_BYTES_AT_OPENING_MAX};
use super::packed_segment::PackedSegment;
use super::packer_gate::PackerGate;
use super::segment_keys::SegmentKeyCache;
use super::segments::SegmentSet;
use crate::{Key, ReadError};

/// An index, and the first position that it does not know.
#[derive(Clone)]
pub(super) struct IndexExtent {
    pub index: Arc<KeyIndex>,
    pub end: Position,
}

/// Which indexes there are. The packer's thread alone replaces and extends them.
#[derive(Default)]
pub(super) struct IndexState {
    /// The index in use; `None` when it could not be opened.
    pub current: Option<IndexExtent>,
    /// The one that shall take its place.
    pub replacement: Option<IndexExtent>,
    /// Why it shall.
    pub damage: Option<String>,
}

/// All keys of the packed segments.
pub(super) struct PackedKeys {
    layout: LogLayout,
    options: EmbeddedOptions,
    /// Held by readers for one lookup, and by the packer to exchange pointers.
    state: RwLock<IndexState>,
    segment_keys: SegmentKeyCache,
    packer_gate: Arc<PackerGate>,
}

impl PackedKeys {
    pub fn new(
        layout: &LogLayout,
        options: &EmbeddedOptions,
        state: IndexState,
        packer_gate: &Arc<PackerGate>,
    ) -> Self {
        Self {
            layout: layout.clone(),
            options: options.clone(),
            state: RwLock::new(state),
            segment_keys: SegmentKeyCache::default(),
            packer_gate: Arc::clone(packer_gate),
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, IndexState> {
        take_over(self.state.read())
    }

    fn write(&self) -> RwLockWriteGuard<'_, IndexState> {
        take_over(self.state.write())
    }

    /// Why the index is being rebuilt; `None` while it is whole.
    pub fn damage(&self) -> Option<String> {
        self.read().damage.clone()
    }

    /// The records of packed segments under a key, ascending.
    pub fn postings(&self, key: Key, set: &SegmentSet) -> Result<Vec<Posting>, ReadError> {
        let end = set.packed_end();
        let (mut postings, known_end) = self.indexed(key, end);
        if known_end < end || set.is_mixed() {
            on_this_thread(|| {
                for packed in set.packed().filter(|packed| packed.first >= known_end) {
                    postings.extend(self.segment_keys.postings(key, packed)?);
                }
                Ok(())
            })?;
        }
        Ok(postings)
    }

    /// What the indexes say about a key, and up to which position that is all.
    fn indexed(&self, key: Key, end: Position) -> (Vec<Posting>, Position) {
        let state = self.read();
        let mut failures = Vec::new();
        let (mut found, mut known_end) = (Vec::new(), Position(1));
        for extent in [&state.current, &state.replacement].into_iter().flatten() {
            if extent.end <= known_end {
                continue;
            }
            match extent.index.postings(key) {
                Ok(mut postings) => {
                    known_end = extent.end.min(end);
                    postings.truncate(postings.partition_point(|posting| posting.position < known_end));
                    found = postings;
                }
                Err(error) => failures.push((Arc::clone(&extent.index), error)),
            }
        }
        drop(state);
        for (index, error) in failures {
            self.report(&index, &error);
        }
        (found, known_end)
    }

    /// Notes that an index is damaged. Said once: from then on it is being replaced.
    fn report(&self, index: &Arc<KeyIndex>, error: &ReadError) {
        let is_same = |extent: &IndexExtent| Arc::ptr_eq(&extent.index, index);
        let directory = index.directory.display();
        let mut state = self.write();
        if state.replacement.take_if(|extent| is_same(extent)).is_some() {
            warn!(%directory, %error, "the new index is damaged as well; another one is begun");
        } else if state.damage.is_none() && state.current.as_ref().is_some_and(is_same) {
            warn!(
                %directory, %error,
                "the index is damaged: it is rebuilt, and the log itself answers what it cannot"
            );
            state.damage = Some(error.to_string());
        } else {
            return;
        }
        drop(state);
        self.packer_gate.wake();
    }

    /// Compares the tables of an index that is too large for an opening with their checksums.
    pub fn check_tables(&self) {
        let current = self.read().current.clone();
        let Some(IndexExtent { index, .. }) = current else { return };
        if index.table_bytes() > TABLE_BYTES_AT_OPENING_MAX
            && let Err(error) = index.check_tables()
        {
            self.report(&index, &error);
        }
    }

    /// Whether the index needs the packer's thread.
    pub fn is_behind(&self, set: &SegmentSet) -> bool {
        let state = self.read();
        let is_whole = state.current.as_ref().is_some_and(|current| current.end >= set.packed_end());
        state.damage.is_some() || !is_whole
    }

    /// Adds a segment that is about to become packed. An index that cannot take it gets it later.
    pub fn add<I>(&self, first: Position, entries: I, marker: IndexMarker)
    where
        I: Iterator<Item = (Key, Vec<Posting>)>,
    {
        let current = {
            let state = self.read();
            state.current.clone().filter(|current| state.damage.is_none() && current.end == first)
        };
        let Some(IndexExtent { index, .. }) = current else { return };
        match index.add(first, entries, marker) {
            Ok(()) => self.extend(&index, marker.end),
            Err(error) => self.report(&index, &error),
        }
    }

    fn extend(&self, index: &Arc<KeyIndex>, end: Position) {
        let mut guard = self.write();
        let state = &mut *guard;
        for extent in [&mut state.current, &mut state.replacement].into_iter().flatten() {
            if Arc::ptr_eq(&extent.index, index) {
                assert!(extent.end <= end, "an index only grows");
                extent.end = end;
            }
        }
    }

    /// Brings the index one segment forward, the replacement before the one in use. Returns the number of
    /// records added; `None` when nothing is left to do.
    pub fn advance(&self, set: &SegmentSet) -> Result<Option<u64>, ReadError> {
        let (extent, is_damaged) = {
            let state = self.read();
            let is_damaged = state.damage.is_some();
            let extent = if is_damaged { &state.replacement } else { &state.current };
            (extent.clone(), is_damaged)
        };
        let Some(IndexExtent { index, end }) = extent else {
            self.begin_replacement()?;
            return Ok(Some(0));
        };
        let next = set.packed().find(|packed| packed.first >= end);
        // What follows a plain segment waits for that to be packed.
        let Some(packed) = next.filter(|packed| packed.first == end) else {
            if is_damaged {
                drop(index);
                self.replace();
            }
            return Ok(None);
        };
        match self.add_packed(&index, packed) {
            Ok(()) => Ok(Some(packed.records)),
            Err(error) => {
                if matches!(error, ReadError::Index { .. }) {
                    self.report(&index, &error);
                }
                Err(error)
            }
        }
    }

    fn add_packed(&self, index: &Arc<KeyIndex>, packed: &PackedSegment) -> Result<(), ReadError> {
        let keys = key_map_of(packed)?;
        index.add(packed.first, keys.iter(packed.first), IndexMarker::of(packed))?;
        self.extend(index, packed.end());
        self.segment_keys.forget_before(packed.end());
        Ok(())
    }

    fn begin_replacement(&self) -> Result<(), ReadError> {
        let number = self.layout.indexes().last().map_or(0, |(number, _)| *number) + 1;
        let directory = self.layout.index_numbered(number);
        let opened = KeyIndex::open(&directory, self.options.index_cache_bytes);
        let index = Arc::new(opened.inspect_err(|_| {
            // The next try takes this number again: directories of tries that failed must not pile up.
            drop(fs::remove_dir_all(&directory));
        })?);
        let extent = IndexExtent { index, end: Position(1) };
        let mut state = self.write();
        state.damage.get_or_insert_with(|| "it could not be opened".to_owned());
        state.replacement = Some(extent);
        Ok(())
    }

    /// Puts the replacement in the place of the damaged index, and removes that.
    fn replace(&self) {
        let mut guard = self.write();
        let state = &mut *guard;
        let old = std::mem::replace(&mut state.current, state.replacement.take());
        state.damage = None;
        let kept = state.current.as_ref().map(|current| current.index.directory.clone());
        drop(guard);
        // Closing it waits for its threads: not under the lock.
        drop(old);
        for (_, directory) in self.layout.indexes() {
            if Some(&directory) != kept.as_ref()
                && let Err(error) = fs::remove_dir_all(&directory)
            {
                // Opening the log removes it.
                warn!(directory = %directory.display(), %error, "a damaged index could not be removed");
            }
        }
        info!("the index is rebuilt");
    }

    /// Compares the index with the segments.
    ///
    /// # Errors
    /// [`ReadError::Index`] with the first difference.
    pub fn check(&self, set: &SegmentSet) -> Result<(), ReadError> {
        let differs = |what: String| Err(ReadError::Index { reason: what });
        let (current, damage) = {
            let state = self.read();
            (state.current.clone(), state.damage.clone())
        };
        let Some(IndexExtent { index, end }) = current.filter(|_| damage.is_none()) else {
            return differs(damage.unwrap_or_else(|| "it could not be opened".to_owned()));
        };
        // The packer may have added a segment since the set was taken.
        let end = end.min(set.packed_end());
        let mut logged = 0;
        for packed in set.packed().take_while(|packed| packed.first < end) {
            for (key, expected) in key_map_of(packed.as_ref())?.iter(packed.first) {
                let mut found = index.postings(key)?;
                found.retain(|posting| (packed.first..packed.end()).contains(&posting.position));
                if found != expected {
                    return differs(format!("{} does not lead to its records", key_in_words(key)));
                }
                logged += expected.len();
            }
        }
        let mut indexed = 0;
        index
            .visit(|postings| indexed += postings.iter().filter(|posting| posting.position < end).count())?;
        if indexed != logged {
            return differs(format!("it leads to {indexed} records by key, the log has {logged}"));
        }
        Ok(())
    }
}

fn key_in_words(key: Key) -> String {
    match key {
        Key::Attempt(id) => format!("attempt {id}"),
        Key::Refusal(id) => format!("refusal {id}"),
        Key::Delivery(digest) => format!("the delivery with identity {digest}"),
        Key::Queues => "the list of queue definitions".to_owned(),
    }
}

/// Reads segments, which takes long. Other tasks of a runtime's thread go on elsewhere meanwhile.
fn on_this_thread<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}
