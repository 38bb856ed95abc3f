//! The mark beside a node's copy: which place of the cluster's order its records reach to.
//!
//! It is written after the records that it speaks of are durable, and may be older than they are: a follower
//! that resumes from it sees some records again and compares them. Lost or torn, it costs a comparison from
//! the beginning.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use attempt_ledger_domain::Position;
use attempt_ledger_system::disk::RealDisk;
use attempt_ledger_system::durable_file;
use serde::{Deserialize, Serialize};

/// The name of the mark in a node's directory. Where it lies, the directory is a copy and takes no records of
/// its own.
pub const FOLLOWED: &str = "FOLLOWED";

/// A place in the cluster's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct ClusterPosition {
    pub commit: u64,
    pub prepare: u64,
}

/// The copy's first `head` records reach to `place`; nowhere yet when there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct CopyMark {
    pub head: Position,
    pub place: Option<ClusterPosition>,
}

#[derive(Serialize, Deserialize)]
struct MarkLine {
    format: u32,
    head: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<ClusterPosition>,
    /// Over the line without it, as hexadecimal digits.
    crc32c: String,
}

#[derive(Debug)]
pub(super) struct MarkFile {
    directory: PathBuf,
}

impl MarkFile {
    pub fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    pub fn path(&self) -> PathBuf {
        self.directory.join(FOLLOWED)
    }

    /// The mark; the beginning when there is none or when it is not whole.
    pub fn read(&self) -> io::Result<CopyMark> {
        let text = match fs::read_to_string(self.path()) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(CopyMark::default()),
            Err(error) => return Err(error),
        };
        let whole = serde_json::from_str::<MarkLine>(&text)
            .ok()
            .filter(|written| written.crc32c == checksum(written.head, written.place));
        Ok(whole.map_or_else(CopyMark::default, |it| CopyMark { head: Position(it.head), place: it.place }))
    }

    /// Makes a mark durable, in one step: a reader finds the old one or the new one.
    pub fn write(&self, mark: CopyMark) -> io::Result<()> {
        let written = MarkLine {
            format: 1,
            head: mark.head.0,
            place: mark.place,
            crc32c: checksum(mark.head.0, mark.place),
        };
        let mut line = serde_json::to_vec(&written).map_err(io::Error::other)?;
        line.push(b'\n');
        durable_file::replace(&RealDisk, &self.path(), &line)
    }
}

fn checksum(head: u64, place: Option<ClusterPosition>) -> String {
    let (commit, prepare) = place.map_or((0, 0), |place| (place.commit, place.prepare));
    let text = format!("{head} {} {commit} {prepare}", place.is_some());
    format!("{:08x}", crc32c::crc32c(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written_and_a_torn_one_is_the_beginning() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = MarkFile::new(directory.path());
        assert_eq!(file.read().expect("it reads"), CopyMark::default());
        let mark = CopyMark { head: Position(7), place: Some(ClusterPosition { commit: 900, prepare: 870 }) };
        file.write(mark).expect("it is written");
        assert_eq!(file.read().expect("it reads"), mark);

        let text = fs::read_to_string(file.path()).expect("it reads");
        for torn in [&text[..text.len() / 2], &text.replace("900", "901"), ""] {
            fs::write(file.path(), torn).expect("it is written");
            assert_eq!(file.read().expect("it reads"), CopyMark::default(), "{torn}");
        }
    }
}
