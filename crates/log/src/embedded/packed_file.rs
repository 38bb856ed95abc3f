//! Packs one full plain segment into a file of compressed frames, and checks the result before anybody relies
//! on it.

use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use attempt_ledger_domain::Position;
use attempt_ledger_system::cancellation::is_cancelled;
use attempt_ledger_system::disk::Disk;
use sha2::{Digest as _, Sha256};
use zstd::bulk::Compressor;
use zstd::zstd_safe::CParameter;

use super::frame_table::{FrameTable, PackedFrame};
use super::lineage::Lineage;
use super::open_files::OpenFiles;
use super::options::{EmbeddedOptions, SCAN_BYTES};
use super::packed_segment::PackedSegment;
use super::plain_segment::PlainSegment;
use crate::ReadError;
use crate::record::Digest;

/// Compresses lines into a file, frame by frame.
struct PackWriter<'s> {
    disk: &'s dyn Disk,
    path: &'s Path,
    file: File,
    end: u64,
    compressor: Compressor<'static>,
    lines: Vec<u8>,
    lines_count: u32,
    table: FrameTable,
    hash: Sha256,
    ancestry: Ancestry,
}

/// What comes before a segment that is packed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ancestry {
    pub ledger: Digest,
    pub previous: Option<Digest>,
}

/// Writes `path`, unsynced; the plain segment stays as it is. Every record is checked on its way. `between`
/// runs again and again meanwhile.
pub(super) fn write_packed(
    disk: &dyn Disk,
    plain: &PlainSegment,
    path: &Path,
    options: &EmbeddedOptions,
    zstd_level: i32,
    ancestry: Ancestry,
    between: &mut dyn FnMut(),
) -> Result<File, ReadError> {
    let io = io_error(path);
    let mut compressor = Compressor::new(zstd_level).map_err(&io)?;
    compressor.set_parameter(CParameter::ChecksumFlag(true)).map_err(&io)?;
    let mut writer = PackWriter {
        disk,
        path,
        file: disk.create(path).map_err(&io)?,
        end: 0,
        compressor,
        lines: Vec::with_capacity(options.frame_bytes_max * 2),
        lines_count: 0,
        table: FrameTable { first: plain.first, ..FrameTable::default() },
        hash: Sha256::new(),
        ancestry,
    };
    let mut next = plain.first;
    while let Some(block) = plain.block(next, SCAN_BYTES)? {
        if is_cancelled() {
            return Err(ReadError::Cancelled);
        }
        between();
        let mut failure = None;
        let _ = block.visit(next, |line| {
            let bytes = &block.bytes[line.line.start..=line.line.end];
            match writer.add(bytes, options.frame_bytes_max) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failure = Some(error);
                    ControlFlow::Break(())
                }
            }
        })?;
        if let Some(error) = failure {
            return Err(io(error));
        }
        next = Position(block.first.0 + block.records);
    }
    writer.table.records = next.0 - plain.first.0;
    writer.table.refusals = plain.index().keys.refusals().to_vec();
    writer.finish().map_err(&io)
}

impl PackWriter<'_> {
    fn add(&mut self, line: &[u8], frame_bytes_max: usize) -> io::Result<()> {
        if !self.lines.is_empty() && self.lines.len() + line.len() > frame_bytes_max {
            self.end_frame()?;
        }
        self.hash.update(line);
        self.lines.extend_from_slice(line);
        self.lines_count += 1;
        Ok(())
    }

    fn end_frame(&mut self) -> io::Result<()> {
        let compressed = self.compressor.compress(&self.lines)?;
        let length =
            |bytes: usize| u32::try_from(bytes).map_err(|_| io::Error::other("a frame is larger than 4 GiB"));
        self.table.frames.push(PackedFrame {
            compressed: length(compressed.len())?,
            raw: length(self.lines.len())?,
            records: self.lines_count,
        });
        self.append(&compressed)?;
        self.lines.clear();
        self.lines_count = 0;
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.disk.write_at(&self.file, bytes, self.end)?;
        self.end += bytes.len() as u64;
        Ok(())
    }

    fn finish(mut self) -> io::Result<File> {
        if !self.lines.is_empty() {
            self.end_frame()?;
        }
        let Ancestry { ledger, previous } = self.ancestry;
        let lines = Digest(self.hash.clone().finalize().into());
        let end = with_lineage(&mut self.table, Lineage { ledger, lines, previous })?;
        self.append(&end)?;
        assert!(self.path.extension().is_some_and(|end| end == "tmp"), "it gets its name when checked");
        Ok(self.file)
    }
}

/// The end of a packed file: the lineage, and the table that lists it.
fn with_lineage(table: &mut FrameTable, lineage: Lineage) -> io::Result<Vec<u8>> {
    let mut end = lineage.encode();
    let compressed = u32::try_from(end.len()).map_err(io::Error::other)?;
    table.frames.push(PackedFrame { compressed, raw: 0, records: 0 });
    end.extend_from_slice(&table.encode());
    Ok(end)
}

/// Writes a copy of a packed segment that has no lineage, with one: unsynced, with the same frames in the
/// same place.
pub(super) fn write_upgraded(
    disk: &dyn Disk,
    packed: &PackedSegment,
    path: &Path,
    ancestry: Ancestry,
) -> Result<File, ReadError> {
    let Ancestry { ledger, previous } = ancestry;
    let lineage = Lineage { ledger, lines: packed.lines_digest()?, previous };
    let (frames, mut table) = (packed.compressed()?, packed.table()?);
    let mut written = || {
        let file = disk.create(path)?;
        disk.write_at(&file, &frames, 0)?;
        disk.write_at(&file, &with_lineage(&mut table, lineage)?, frames.len() as u64)?;
        Ok(file)
    };
    written().map_err(io_error(path))
}

/// Reads every record of a packed file back, before the plain one is given up.
pub(super) fn verify(path: &Path, first: Position, records: u64) -> Result<(), ReadError> {
    // Files opened here must not be taken for later ones of the same name.
    let packed = PackedSegment::open(path, &Arc::new(OpenFiles::new()))?;
    let lines = packed.lines_digest()?;
    if packed.lineage.is_some_and(|lineage| lineage.lines != lines) {
        let reason = "its lines are not those that its lineage names".to_owned();
        return Err(ReadError::Damaged { file: path.display().to_string(), offset: 0, reason });
    }
    if packed.first == first && packed.records == records {
        return Ok(());
    }
    let reason = format!(
        "it holds {} records from {} on instead of {records} from {first} on",
        packed.records, packed.first
    );
    Err(ReadError::Damaged { file: path.display().to_string(), offset: 0, reason })
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> ReadError {
    move |source| ReadError::Io { file: path.display().to_string(), source }
}
