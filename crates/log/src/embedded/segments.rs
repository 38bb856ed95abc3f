//! The set of segments, as one value that readers take a snapshot of.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, RwLock};

use attempt_ledger_domain::Position;
use attempt_ledger_system::lock::take_over;

use super::block::LineBlock;
use super::options::SCAN_BYTES;
use super::packed_segment::PackedSegment;
use super::plain_segment::PlainSegment;
use crate::ReadError;

/// One segment, in either of its forms.
#[derive(Clone, Debug)]
pub(super) enum Segment {
    Packed(Arc<PackedSegment>),
    Plain(Arc<PlainSegment>),
}

impl Segment {
    pub fn first(&self) -> Position {
        match self {
            Self::Packed(segment) => segment.first,
            Self::Plain(segment) => segment.first,
        }
    }

    pub fn records(&self) -> u64 {
        match self {
            Self::Packed(segment) => segment.records,
            Self::Plain(segment) => segment.records(),
        }
    }

    pub fn path(&self) -> &Path {
        match self {
            Self::Packed(segment) => &segment.path,
            Self::Plain(segment) => &segment.path,
        }
    }

    /// The lines from `position` on, in one piece; `None` beyond the end.
    pub fn block(&self, position: Position, bytes_max: usize) -> Result<Option<LineBlock>, ReadError> {
        match self {
            Self::Packed(segment) => segment.block(position),
            Self::Plain(segment) => segment.block(position, bytes_max),
        }
    }

    /// The ordinals of refusals, ascending, below `end`.
    pub fn refusals_below(&self, end: u64) -> Result<Vec<u32>, ReadError> {
        let mut ordinals = match self {
            Self::Packed(segment) => segment.refusals()?,
            Self::Plain(segment) => segment.index().keys.refusals().to_vec(),
        };
        ordinals.truncate(ordinals.partition_point(|ordinal| u64::from(*ordinal) < end));
        Ok(ordinals)
    }
}

/// All segments, ascending and contiguous: packed ones first, then plain ones, of which the last is active.
/// One that was restored as the plain file that it once was lies between packed ones until it is packed.
#[derive(Clone, Debug)]
pub(super) struct SegmentSet(pub Vec<Segment>);

impl SegmentSet {
    /// Each segment begins where the one before it ends.
    ///
    /// # Panics
    /// When that is not so: a reader would miss records or find them twice.
    pub fn assert_contiguous(&self) {
        for pair in self.0.windows(2) {
            assert_eq!(pair[0].first().0 + pair[0].records(), pair[1].first().0, "segments are contiguous");
        }
    }

    /// The position of the last record.
    pub fn head(&self) -> Position {
        self.0.last().map_or(Position(0), |last| Position(last.first().0 + last.records() - 1))
    }

    /// The packed segments, ascending.
    pub fn packed(&self) -> impl Iterator<Item = &Arc<PackedSegment>> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Packed(packed) => Some(packed),
            Segment::Plain(_) => None,
        })
    }

    /// The plain segments, ascending.
    pub fn plain(&self) -> impl Iterator<Item = &Arc<PlainSegment>> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Plain(plain) => Some(plain),
            Segment::Packed(_) => None,
        })
    }

    /// Everything before this position is in packed segments, hence in the index.
    pub fn packed_end(&self) -> Position {
        self.plain().next().map_or(Position(u64::MAX), |plain| plain.first)
    }

    /// Whether packed segments follow a plain one.
    pub fn is_mixed(&self) -> bool {
        self.0.windows(2).any(|pair| matches!(pair, [Segment::Plain(_), Segment::Packed(_)]))
    }

    /// The oldest segment that can be packed: plain and not active.
    pub fn oldest_full(&self) -> Option<Arc<PlainSegment>> {
        self.full().next().map(Arc::clone)
    }

    /// The segments that can be packed, ascending.
    pub fn full(&self) -> impl Iterator<Item = &Arc<PlainSegment>> {
        self.plain().take(self.full_count())
    }

    /// How many segments wait for the packer.
    pub fn full_count(&self) -> usize {
        self.plain().count().saturating_sub(1)
    }

    /// The segment that would hold a position.
    pub fn segment_of(&self, position: Position) -> Option<&Segment> {
        let after = self.0.partition_point(|segment| segment.first() <= position);
        after.checked_sub(1).map(|at| &self.0[at])
    }

    /// The block that holds a position; `None` when no segment does.
    pub fn block(&self, position: Position, bytes_max: usize) -> Result<Option<LineBlock>, ReadError> {
        match self.segment_of(position) {
            Some(segment) => segment.block(position, bytes_max),
            None => Ok(None),
        }
    }

    /// Visits blocks from `from` on until the visitor breaks or the log ends.
    pub fn visit_blocks<V>(&self, from: Position, mut visit: V) -> Result<(), ReadError>
    where
        V: FnMut(&LineBlock) -> Result<ControlFlow<()>, ReadError>,
    {
        let mut next = from;
        while let Some(block) = self.block(next, SCAN_BYTES)? {
            if visit(&block)?.is_break() {
                break;
            }
            next = Position(block.first.0 + block.records);
        }
        Ok(())
    }
}

/// The current set. The lock is held only to copy or to exchange one pointer; changes are made by the writer
/// (a new active segment) and by the packer (a packed one for a plain one).
#[derive(Debug)]
pub(super) struct Segments(RwLock<Arc<SegmentSet>>);

impl Segments {
    pub fn new(set: SegmentSet) -> Self {
        set.assert_contiguous();
        Self(RwLock::new(Arc::new(set)))
    }

    pub fn snapshot(&self) -> Arc<SegmentSet> {
        take_over(self.0.read()).clone()
    }

    pub fn push(&self, segment: Segment) {
        let mut current = take_over(self.0.write());
        let mut set = SegmentSet::clone(&current);
        set.0.push(segment);
        set.assert_contiguous();
        *current = Arc::new(set);
    }

    /// Puts a packed segment in the place of the plain one with the same records.
    pub fn replace(&self, packed: PackedSegment) {
        let mut current = take_over(self.0.write());
        let mut set = SegmentSet::clone(&current);
        let plain = set.0.iter_mut().find(|segment| segment.first() == packed.first);
        let plain = plain.expect("the packer packs a segment of the log");
        assert_eq!(plain.records(), packed.records, "both forms hold the same records");
        *plain = Segment::Packed(Arc::new(packed));
        set.assert_contiguous();
        *current = Arc::new(set);
    }
}
