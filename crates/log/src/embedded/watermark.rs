//! `DURABLE`: how far the log is known to be on disk, so that recovery can distinguish rot from a torn write.
//!
//! The line is written after each fsync and is not synced itself: it may lag behind what is durable, it is
//! never ahead. A file that is missing or does not read counts as absent.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

use attempt_ledger_domain::Position;
use attempt_ledger_system::disk::Disk;

use super::content::{ContentChecksum, GrowingContent};
use super::plain_segment::PlainSegment;
use crate::record::Digest;

/// A point up to which everything was fsynced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Watermark {
    /// The first position of the segment that was active.
    pub segment: Position,
    /// Durable bytes of that segment.
    pub bytes: u64,
    /// The last durable record.
    pub position: Position,
    /// What those bytes are; `None` in a file of a release that did not write it.
    pub content: Option<ActiveContent>,
}

/// Which segment the active one is: a plain segment names no ledger itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ActiveContent {
    /// The checksum of the durable bytes.
    pub checksum: ContentChecksum,
    /// The hash of the leaf before the segment; `None` where there is none, or it did not read.
    pub before: Option<Digest>,
}

/// Stands for no digest.
const NO_DIGEST: Digest = Digest([0; 32]);

impl Watermark {
    /// What is to be said of an active segment of which all is durable.
    pub fn of(active: &PlainSegment, position: Position, content: &GrowingContent) -> Self {
        let content = ActiveContent { checksum: content.checksum(), before: active.before };
        Self { segment: active.first, bytes: active.extent().1, position, content: Some(content) }
    }

    /// One line of fixed length, so that a new one covers the old one completely.
    fn encode(self) -> String {
        let content = self.content.map_or_else(String::new, |ActiveContent { checksum, before }| {
            format!(",\"content\":\"{checksum}\",\"before\":\"{}\"", before.unwrap_or(NO_DIGEST))
        });
        let checked = format!(
            "\"segment\":\"{:020}\",\"bytes\":\"{:020}\",\"position\":\"{:020}\"{content}}}",
            self.segment.0, self.bytes, self.position.0,
        );
        format!("{{\"crc32c\":\"{:08x}\",{checked}\n", crc32c::crc32c(checked.as_bytes()))
    }

    fn decode(line: &str) -> Option<Self> {
        let after = |label: &str| line.find(label).map(|at| &line[at + label.len()..]);
        let number = |label: &str| -> Option<u64> { after(label)?.get(..20)?.parse().ok() };
        let content = || {
            let checksum = ContentChecksum::parse(after("\"content\":\"")?)?;
            let mut digest = [0; 32];
            hex::decode_to_slice(after("\"before\":\"")?.get(..64)?, &mut digest).ok()?;
            let before = Some(Digest(digest)).filter(|digest| *digest != NO_DIGEST);
            Some(ActiveContent { checksum, before })
        };
        let read = Self {
            segment: Position(number("\"segment\":\"")?),
            bytes: number("\"bytes\":\"")?,
            position: Position(number("\"position\":\"")?),
            content: content(),
        };
        // Whatever else the line says, it must be exactly what this program would have written.
        (read.encode() == line).then_some(read)
    }

    /// Reads the file.
    pub fn read(path: &Path) -> io::Result<Option<Self>> {
        match fs::read(path) {
            Ok(bytes) => Ok(std::str::from_utf8(&bytes).ok().and_then(Self::decode)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The open file; owned by the writer thread.
#[derive(Debug)]
pub(super) struct WatermarkFile {
    file: File,
    /// What the file says, once this process has written it.
    newest: Option<Watermark>,
}

impl WatermarkFile {
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
        Ok(Self { file, newest: None })
    }

    /// Writes without a sync.
    pub fn write(&mut self, disk: &dyn Disk, watermark: Watermark) -> io::Result<()> {
        let is_ahead = self.newest.is_none_or(|newest| newest.position <= watermark.position);
        assert!(is_ahead, "what is durable stays durable");
        self.newest = Some(watermark);
        disk.write_at(&self.file, watermark.encode().as_bytes(), 0)
    }

    /// Cuts whatever a foreign hand has left behind the line.
    pub fn trim(&self, disk: &dyn Disk, watermark: Watermark) -> io::Result<()> {
        disk.truncate(&self.file, watermark.encode().len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_is_read_back_and_any_flipped_bit_makes_it_absent() {
        let checksum = ContentChecksum(9);
        let contents = [None, Some(None), Some(Some(Digest([3; 32])))];
        for content in contents.map(|content| content.map(|before| ActiveContent { checksum, before })) {
            let (segment, position) = (Position(7), Position(99));
            let watermark = Watermark { segment, bytes: 12_345, position, content };
            let line = watermark.encode();
            assert!(line.len() < 512, "a disk writes it whole or not at all");
            assert_eq!(Watermark::decode(&line), Some(watermark));
            for at in 0..line.len() * 8 {
                let mut bytes = line.clone().into_bytes();
                bytes[at / 8] ^= 1 << (at % 8);
                let read = std::str::from_utf8(&bytes).ok().and_then(Watermark::decode);
                assert_eq!(read, None, "bit {at}");
            }
        }
    }
}
