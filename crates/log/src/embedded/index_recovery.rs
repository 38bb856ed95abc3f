//! Brings the index up to date with the packed segments when the log is opened.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use attempt_ledger_domain::Position;
use attempt_ledger_system::aside::set_aside;
use attempt_ledger_system::environment::{Environment as _, System};
use tracing::{error, info, warn};

use super::error::OpenError;
use super::evidence::{Evidence, Witness};
use super::index::KeyIndex;
use super::index_value::{IndexMarker, KEYS_VERSION};
use super::layout::LogLayout;
use super::options::{EmbeddedOptions, INDEXED_AT_OPENING_MAX, TABLE_BYTES_AT_OPENING_MAX};
use super::packed_keys::{IndexExtent, IndexState, PackedKeys};
use super::packer_gate::PackerGate;
use super::plain_segment::PlainSegment;
use super::segments::SegmentSet;
use crate::{Key, ReadError};

/// The keys and what it took to have them.
pub(super) struct RecoveredIndex {
    pub keys: PackedKeys,
    pub is_rebuilt: bool,
    pub segments_added: usize,
    /// The index of a copy that has seen more than the copy holds.
    pub ahead: Option<Witness>,
    /// What was wrong with the index that was there.
    pub fault: Option<String>,
}

/// An index, held against the log.
pub(super) enum OpenedIndex {
    Fit(IndexExtent),
    /// It has seen more than the log holds.
    Ahead(Witness),
    /// Another release made it, under other keys.
    OtherKeys,
    /// It was made of packed segments of which the last one lies here plain.
    OfPlainSegments,
    /// It was made of other segments.
    OfOtherSegments,
}

pub(super) fn witness_in(directory: &Path, head: Position, options: &EmbeddedOptions) -> Option<Witness> {
    if !directory.exists() {
        return None;
    }
    let index = KeyIndex::open(directory, options.index_cache_bytes).ok()?;
    let marker = index.marker().ok()??;
    witness(directory, marker, head)
}

fn witness(directory: &Path, marker: IndexMarker, head: Position) -> Option<Witness> {
    let position = Position(marker.end.0 - 1);
    let name = format!("the keys in {}", directory.display());
    (position > head).then_some(Witness { name, position: Some(position) })
}

/// Opens the index, or deletes and rebuilds it when it is not the index of these segments. What takes longer
/// than an opening may is left to the packer.
pub(super) fn recover_index(
    layout: &LogLayout,
    set: &SegmentSet,
    options: &EmbeddedOptions,
    packer_gate: &Arc<PackerGate>,
) -> Result<RecoveredIndex, OpenError> {
    let mut ahead = None;
    let mut fault = None;
    let opened = match open_newest(layout, set, options, &mut fault) {
        Ok((OpenedIndex::Ahead(witness), _)) if options.is_copy => {
            // The copy is filled again; whether it then holds as much is judged when it is.
            let directory = layout.index();
            set_aside(&directory, System.now()).map_err(OpenError::io(&directory))?;
            ahead = Some(witness);
            open_newest(layout, set, options, &mut fault)
        }
        opened => opened,
    };
    let (state, is_new) = match opened {
        Ok((OpenedIndex::Fit(current), is_new)) => {
            (IndexState { current: Some(current), ..IndexState::default() }, is_new)
        }
        Ok((OpenedIndex::Ahead(witness), _)) => {
            let (log, head, witnesses) = (layout.log(), set.head(), vec![witness]);
            return Err(OpenError::Evidence(Evidence { log, head, witnesses }));
        }
        Ok((OpenedIndex::OtherKeys | OpenedIndex::OfPlainSegments | OpenedIndex::OfOtherSegments, _)) => {
            unreachable!("an index that is begun has today's keys, and no segments")
        }
        Err(reason) => {
            // The log answers without it, and the packer tries again.
            error!(%reason, "the index can neither be opened nor begun");
            (IndexState { damage: Some(reason.to_string()), ..IndexState::default() }, true)
        }
    };
    let is_open = state.current.is_some();
    let keys = PackedKeys::new(layout, options, state, packer_gate);
    let mut segments_added = 0;
    let mut records = 0;
    while is_open && records < INDEXED_AT_OPENING_MAX && keys.is_behind(set) {
        match keys.advance(set) {
            Ok(None) => break,
            Ok(Some(added)) => records += added,
            Err(ReadError::Index { .. }) => break,
            // The log itself does not read: no index would help.
            Err(error) => return Err(error.into()),
        }
        segments_added += 1;
    }
    let is_behind = keys.is_behind(set);
    let is_rebuilt = is_new && (segments_added > 0 || is_behind);
    match (is_rebuilt, is_behind) {
        (_, true) => info!(segments = segments_added, "the index is brought forward while the log serves"),
        (true, false) => info!(segments = segments_added, "the index is rebuilt"),
        (false, false) => {}
    }
    Ok(RecoveredIndex { keys, is_rebuilt, segments_added, ahead, fault })
}

/// The newest index under its usual name, and whether it had to be begun again.
fn open_newest(
    layout: &LogLayout,
    set: &SegmentSet,
    options: &EmbeddedOptions,
    fault: &mut Option<String>,
) -> Result<(OpenedIndex, bool), ReadError> {
    let directory = layout.index();
    // A higher number is what a rebuild has left: those before it are damaged.
    if let Some((number, newest)) = layout.indexes().pop()
        && number > 0
    {
        // What the damaged one has seen still counts: it is not removed before it was heard.
        if let Some(witness) = witness_in(&directory, set.head(), options) {
            return Ok((OpenedIndex::Ahead(witness), false));
        }
        remove(&directory)?;
        fs::rename(&newest, &directory).map_err(|error| failed(&newest, &error))?;
    }
    for (number, other) in layout.indexes() {
        if number > 0 {
            remove(&other)?;
        }
    }
    let existed = directory.exists();
    match open(&directory, set, options) {
        Ok(OpenedIndex::OtherKeys) => info!("another release made the index; it is made anew"),
        Ok(OpenedIndex::OfPlainSegments) => {
            let aside = set_aside(&directory, System.now()).map_err(|error| failed(&directory, &error))?;
            info!(?aside, "a packed segment of the index lies here plain; the index is made anew");
        }
        Ok(OpenedIndex::OfOtherSegments) => {
            // It knows of records that are not here.
            let aside = set_aside(&directory, System.now()).map_err(|error| failed(&directory, &error))?;
            warn!(?aside, "the index belongs to another log; it is kept aside and made anew");
            let kept = aside.unwrap_or_default();
            *fault = Some(format!(
                "{}: it belonged to another log, and is kept as {}",
                directory.display(),
                kept.display()
            ));
        }
        Ok(current) => return Ok((current, !existed)),
        Err(error) => {
            warn!(%error, "the index does not fit the log; it is rebuilt");
            *fault = Some(error.to_string());
        }
    }
    remove(&directory)?;
    Ok((open(&directory, set, options)?, true))
}

/// Opens an index, or says why it is none of this log.
pub(super) fn open(
    directory: &Path,
    set: &SegmentSet,
    options: &EmbeddedOptions,
) -> Result<OpenedIndex, ReadError> {
    let index = KeyIndex::open(directory, options.index_cache_bytes)?;
    let marker = index.marker()?;
    if let Some(witness) = marker.and_then(|marker| witness(directory, marker, set.head())) {
        return Ok(OpenedIndex::Ahead(witness));
    }
    if marker.is_some_and(|marker| marker.keys_version != KEYS_VERSION) {
        return Ok(OpenedIndex::OtherKeys);
    }
    let end = match marker {
        None => Position(1),
        Some(marker) if set.packed().any(|packed| IndexMarker::of(packed) == marker) => marker.end,
        Some(marker) if set.plain().any(|plain| ends_at(plain, marker.end)) => {
            return Ok(OpenedIndex::OfPlainSegments);
        }
        Some(_) => return Ok(OpenedIndex::OfOtherSegments),
    };
    if index.table_bytes() <= TABLE_BYTES_AT_OPENING_MAX {
        index.check_tables()?;
    }
    // Opening the log asks for this key anyway: what cannot answer it shall be rebuilt at once.
    index.postings(Key::Queues)?;
    Ok(OpenedIndex::Fit(IndexExtent { index: Arc::new(index), end }))
}

/// Whether a full segment ends before a position, and could have been packed there.
fn ends_at(plain: &PlainSegment, end: Position) -> bool {
    plain.records() > 0 && plain.first.0 + plain.records() == end.0
}

fn remove(directory: &Path) -> Result<(), ReadError> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(directory, &error)),
        _ => Ok(()),
    }
}

fn failed(directory: &Path, error: &io::Error) -> ReadError {
    ReadError::Index { reason: format!("{}: {error}", directory.display()) }
}
