//! Whether all files of a log belong to one ledger and follow each other.

use std::ops::ControlFlow;

use attempt_ledger_domain::Position;
use sha2::{Digest as _, Sha256};

use super::error::OpenError;
use super::evidence::{Evidence, Witness};
use super::format_file::DirectoryFormat;
use super::layout::LogLayout;
use super::options::EmbeddedOptions;
use super::packed_segment::PackedSegment;
use super::plain_segment::PlainSegment;
use super::segments::{Segment, SegmentSet};
use crate::record::{Digest, leaf_hash};

/// Holds the segments against `FORMAT` and against each other. Returns what `FORMAT` should say.
pub(super) fn check_lineage(
    layout: &LogLayout,
    set: &SegmentSet,
    found: &DirectoryFormat,
    options: &EmbeddedOptions,
) -> Result<DirectoryFormat, OpenError> {
    let Some(first) = set.0.first().filter(|_| set.head() > Position(0)) else {
        return match found.ledger {
            Some(_) if !options.is_copy => Err(OpenError::Evidence(Evidence {
                log: layout.log(),
                head: Position(0),
                witnesses: vec![format_witness(layout, found)],
            })),
            _ => Ok(found.clone()),
        };
    };
    let begun = first_leaf(set)?;
    let ledger = found.ledger.unwrap_or(begun);
    let mut unnamed_end = None;
    let mut previous: Option<&Segment> = None;
    for segment in &set.0 {
        let Segment::Packed(packed) = segment else {
            previous = Some(segment);
            continue;
        };
        match packed.lineage {
            Some(lineage) if lineage.ledger != ledger => {
                let reason = format!("it names the ledger {}, {}", lineage.ledger, ours(layout, ledger));
                return Err(foreign(packed, reason));
            }
            Some(lineage) => check_previous(set, packed, lineage.previous, previous)?,
            // A directory that an early release wrote names no ledger, or how far it had packed.
            None if found.ledger.is_none() || found.lineage_from > Some(packed.first.0) => {
                unnamed_end = Some(packed.end().0);
            }
            None => return Err(foreign(packed, format!("it names no ledger, {}", ours(layout, ledger)))),
        }
        previous = Some(segment);
    }
    if begun != ledger {
        let file = match first {
            Segment::Packed(packed) => packed.path.to_path_buf(),
            Segment::Plain(plain) => plain.path.to_path_buf(),
        };
        let reason = format!("its first record is of the ledger {begun}, {}", ours(layout, ledger));
        return Err(OpenError::Foreign { file, reason });
    }
    Ok(DirectoryFormat { ledger: Some(ledger), lineage_from: unnamed_end, ..found.clone() })
}

/// What `FORMAT` knows of a log that is gone.
pub(super) fn format_witness(layout: &LogLayout, format: &DirectoryFormat) -> Witness {
    let file = layout.format();
    let name = match format.ledger {
        Some(ledger) => format!("{} says that the ledger {ledger} was recorded here", file.display()),
        None => format!("{} says that a log was begun here", file.display()),
    };
    Witness { name, position: None }
}

fn check_previous(
    set: &SegmentSet,
    packed: &PackedSegment,
    stated: Option<Digest>,
    previous: Option<&Segment>,
) -> Result<(), OpenError> {
    let Some(previous) = previous else {
        return match stated {
            None => Ok(()),
            Some(_) => Err(foreign(packed, "it follows another segment, and is the first one".to_owned())),
        };
    };
    let known = match previous {
        // What an early release packed states no digest; `verify` recomputes it.
        Segment::Packed(previous) => previous.lineage.map(|lineage| lineage.lines),
        // It was packed once, and restored as the plain file from before.
        Segment::Plain(plain) => {
            let lines = lines_digest(set, plain)?;
            if stated != Some(lines) {
                let reason = format!("{} was packed after another segment", packed.path.display());
                return Err(OpenError::Foreign { file: plain.path.to_path_buf(), reason });
            }
            return Ok(());
        }
    };
    if stated.is_some() && known.is_none_or(|known| Some(known) == stated) {
        return Ok(());
    }
    let before = previous.path().display();
    Err(foreign(packed, format!("it was packed after another segment than {before}, which lies before it")))
}

/// What the lineage of a plain segment would state of its lines.
fn lines_digest(set: &SegmentSet, plain: &PlainSegment) -> Result<Digest, OpenError> {
    let mut hash = Sha256::new();
    let end = plain.first.0 + plain.records();
    set.visit_blocks(plain.first, |block| {
        if block.first.0 >= end {
            return Ok(ControlFlow::Break(()));
        }
        hash.update(&block.bytes);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(Digest(hash.finalize().into()))
}

fn ours(layout: &LogLayout, ledger: Digest) -> String {
    format!("and {} names {ledger}", layout.format().display())
}

fn foreign(packed: &PackedSegment, reason: String) -> OpenError {
    OpenError::Foreign { file: packed.path.to_path_buf(), reason }
}

/// The hash of the first leaf: the ledger's id.
fn first_leaf(set: &SegmentSet) -> Result<Digest, OpenError> {
    let first = Position(1);
    let block = set.block(first, 0)?.expect("the log is not empty");
    Ok(leaf_hash(&block.record(first)?.leaf))
}
