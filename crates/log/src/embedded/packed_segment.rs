//! A packed segment: independent zstd frames and the table that finds them.

use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use attempt_ledger_domain::Position;
use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::block::{LineBlock, LineSource};
use super::frame_table::{FOOTER_BYTES, Footer, FrameTable};
use super::lineage::Lineage;
use super::open_files::OpenFiles;
use crate::ReadError;
use crate::record::Digest;

/// Where a frame lies; the segment's size bounds both numbers.
#[derive(Clone, Copy, Debug)]
struct FrameStart {
    offset: u32,
    ordinal: u32,
    raw: u32,
}

/// One packed segment. It never changes.
#[derive(Debug)]
pub(super) struct PackedSegment {
    pub first: Position,
    pub records: u64,
    pub path: Arc<Path>,
    /// The checksum of the table of records, by which the index knows the segment.
    pub checksum: u32,
    /// Where it belongs; `None` when an early release packed it.
    pub lineage: Option<Lineage>,
    refusals: u32,
    frames: Vec<FrameStart>,
    /// Where the frames end and the table starts.
    frames_end: u32,
    files: Arc<OpenFiles>,
}

impl PackedSegment {
    /// Reads the table and the lineage; no frame is decompressed.
    pub fn open(path: &Path, files: &Arc<OpenFiles>) -> Result<Self, ReadError> {
        let file = File::open(path).map_err(io_error(path))?;
        let (footer, table) = read_table(&file, path)?;
        let mut frames = Vec::with_capacity(table.frames.len());
        let (mut offset, mut ordinal) = (0, 0);
        let mut lineage = None;
        for frame in &table.frames {
            if lineage.is_some() {
                return Err(damaged(path, offset.into(), "a frame follows the lineage"));
            }
            if frame.records == 0 {
                lineage = Some(read_lineage(&file, path, offset, frame.compressed)?);
                continue;
            }
            frames.push(FrameStart { offset, ordinal, raw: frame.raw });
            offset += frame.compressed;
            ordinal += frame.records;
        }
        Ok(Self {
            first: table.first,
            records: table.records,
            path: path.into(),
            checksum: table.checksum_of_records(),
            lineage,
            refusals: footer.refusals,
            frames,
            frames_end: offset,
            files: Arc::clone(files),
        })
    }

    /// The first position after it.
    pub fn end(&self) -> Position {
        Position(self.first.0 + self.records)
    }

    /// The frame that holds a record; `None` beyond the end.
    pub fn block(&self, position: Position) -> Result<Option<LineBlock>, ReadError> {
        let Some(ordinal) = position.0.checked_sub(self.first.0).filter(|at| *at < self.records) else {
            return Ok(None);
        };
        let number = self.frames.partition_point(|frame| u64::from(frame.ordinal) <= ordinal) - 1;
        let frame = self.frames[number];
        let next = self.frames.get(number + 1);
        let end = next.map_or(self.frames_end, |next| next.offset);
        let ordinals_end = next.map_or(self.records, |next| u64::from(next.ordinal));
        let mut compressed = vec![0; (end - frame.offset) as usize];
        let file = self.files.get(&self.path).map_err(io_error(&self.path))?;
        file.read_exact_at(&mut compressed, u64::from(frame.offset)).map_err(|source| {
            if source.kind() == io::ErrorKind::UnexpectedEof {
                return damaged(&self.path, frame.offset.into(), "the file ends before the frame does");
            }
            io_error(&self.path)(source)
        })?;
        let bytes = decompress(&compressed, frame.raw as usize)
            .map_err(|reason| damaged(&self.path, frame.offset.into(), &reason))?;
        Ok(Some(LineBlock {
            bytes: Bytes::from(bytes),
            first: Position(self.first.0 + u64::from(frame.ordinal)),
            records: ordinals_end - u64::from(frame.ordinal),
            file: Arc::clone(&self.path),
            offset: frame.offset.into(),
            is_compressed: true,
        }))
    }

    /// SHA-256 over its lines, recomputed. Every record is checked on its way.
    pub fn lines_digest(&self) -> Result<Digest, ReadError> {
        let mut hash = Sha256::new();
        let mut next = self.first;
        while let Some(block) = self.block(next)? {
            let _ = block.visit(next, |_| ControlFlow::Continue(()))?;
            hash.update(&block.bytes);
            next = Position(block.first.0 + block.records);
        }
        Ok(Digest(hash.finalize().into()))
    }

    /// The same, held against what its lineage names.
    pub fn check_lines(&self) -> Result<Digest, ReadError> {
        let lines = self.lines_digest()?;
        if self.lineage.is_some_and(|lineage| lineage.lines != lines) {
            return Err(self.damaged_at_start("its lines are not what its lineage names"));
        }
        Ok(lines)
    }

    /// Everything that is wrong with it: the first damage of each frame, or that of the whole.
    pub fn damage(&self) -> Vec<ReadError> {
        let check = |frame: &FrameStart| {
            let position = Position(self.first.0 + u64::from(frame.ordinal));
            let block = self.block(position)?;
            block.map_or(Ok(()), |block| block.visit(position, |_| ControlFlow::Continue(())).map(drop))
        };
        let found: Vec<ReadError> = self.frames.iter().filter_map(|frame| check(frame).err()).collect();
        if found.is_empty() { self.check_lines().err().into_iter().collect() } else { found }
    }

    /// The error for what is wrong with the whole of it.
    pub fn damaged_at_start(&self, reason: &str) -> ReadError {
        damaged(&self.path, 0, reason)
    }

    /// The frames of records as they lie, for a copy with a lineage.
    pub fn compressed(&self) -> Result<Vec<u8>, ReadError> {
        let file = self.files.get(&self.path).map_err(io_error(&self.path))?;
        let mut bytes = vec![0; self.frames_end as usize];
        file.read_exact_at(&mut bytes, 0).map_err(io_error(&self.path))?;
        Ok(bytes)
    }

    /// The table of the records' frames.
    pub fn table(&self) -> Result<FrameTable, ReadError> {
        let file = self.files.get(&self.path).map_err(io_error(&self.path))?;
        let (_, mut table) = read_table(&file, &self.path)?;
        table.frames.retain(|frame| frame.records > 0);
        Ok(table)
    }

    /// The ordinals of refusals, ascending, read from the table: too many to keep for every segment.
    pub fn refusals(&self) -> Result<Vec<u32>, ReadError> {
        if self.refusals == 0 {
            return Ok(Vec::new());
        }
        let file = self.files.get(&self.path).map_err(io_error(&self.path))?;
        read_table(&file, &self.path).map(|(_, table)| table.refusals)
    }
}

impl LineSource for PackedSegment {
    fn first(&self) -> Position {
        self.first
    }

    /// A frame is all that there is to read.
    fn block_at(&self, position: Position, _: usize) -> Result<Option<LineBlock>, ReadError> {
        self.block(position)
    }
}

fn read_lineage(file: &File, path: &Path, offset: u32, length: u32) -> Result<Lineage, ReadError> {
    let mut frame = vec![0; length as usize];
    file.read_exact_at(&mut frame, offset.into()).map_err(io_error(path))?;
    Lineage::decode(&frame).ok_or_else(|| damaged(path, offset.into(), "its lineage does not read"))
}

fn read_table(file: &File, path: &Path) -> Result<(Footer, FrameTable), ReadError> {
    let length = file.metadata().map_err(io_error(path))?.len();
    let cut = || damaged(path, length, "the file is too short for a packed segment");
    let footer_start = length.checked_sub(FOOTER_BYTES as u64).ok_or_else(cut)?;
    let mut bytes = [0; FOOTER_BYTES];
    file.read_exact_at(&mut bytes, footer_start).map_err(io_error(path))?;
    let no_mark = || damaged(path, footer_start, "the file does not end like a packed segment");
    let footer = Footer::decode(&bytes).ok_or_else(no_mark)?;
    let table_start = length.checked_sub(footer.table_bytes()).ok_or_else(no_mark)?;
    let mut bytes = vec![0; usize::try_from(length - table_start).expect("a table fits into memory")];
    file.read_exact_at(&mut bytes, table_start).map_err(io_error(path))?;
    let table = FrameTable::decode(&bytes, footer).map_err(|reason| damaged(path, table_start, reason))?;
    if table.compressed_bytes() != table_start || u32::try_from(table_start).is_err() {
        return Err(damaged(path, table_start, "the frames do not fill the file up to their table"));
    }
    Ok((footer, table))
}

/// Decompresses one frame, whose content checksum zstd verifies.
fn decompress(compressed: &[u8], raw: usize) -> Result<Vec<u8>, String> {
    thread_local! {
        // Setting up a context costs more than decompressing a frame.
        static DECOMPRESSOR: std::cell::RefCell<Option<zstd::bulk::Decompressor<'static>>> =
            const { std::cell::RefCell::new(None) };
    }
    DECOMPRESSOR.with_borrow_mut(|slot| {
        let decompressor = match slot {
            Some(decompressor) => decompressor,
            None => slot.insert(zstd::bulk::Decompressor::new().map_err(|error| error.to_string())?),
        };
        let bytes = decompressor.decompress(compressed, raw).map_err(|error| error.to_string())?;
        if bytes.len() != raw {
            return Err(format!("the frame holds {} bytes instead of {raw}", bytes.len()));
        }
        Ok(bytes)
    })
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> ReadError {
    move |source| ReadError::Io { file: path.display().to_string(), source }
}

fn damaged(path: &Path, offset: u64, reason: &str) -> ReadError {
    ReadError::Damaged { file: path.display().to_string(), offset, reason: reason.into() }
}
