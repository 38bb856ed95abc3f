//! Where everything lies under the data directory, and how segments are named.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use attempt_ledger_domain::Position;

/// The format of the directory that this program writes.
pub const FORMAT: u64 = 1;

const INDEX: &str = "index";
const PLAIN: &str = ".ndjson";
const PACKED: &str = ".ndjson.zst";
const KEYS: &str = ".keys";
/// What a kill leaves of a packed segment, and of a keys file.
const UNFINISHED: [&str; 2] = [".ndjson.zst.tmp", ".keys.tmp"];
const NAME_DIGITS: usize = 20;

/// The paths of one data directory.
#[derive(Clone, Debug)]
pub(super) struct LogLayout {
    pub root: PathBuf,
}

/// What a file in `log/` is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SegmentName {
    Plain(Position),
    Packed(Position),
    Keys(Position),
    Unfinished,
}

impl LogLayout {
    pub fn lock(&self) -> PathBuf {
        self.root.join("LOCK")
    }

    pub fn format(&self) -> PathBuf {
        self.root.join("FORMAT")
    }

    pub fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    pub fn watermark(&self) -> PathBuf {
        self.log().join("DURABLE")
    }

    pub fn index(&self) -> PathBuf {
        self.root.join(INDEX)
    }

    /// An index that replaces `index/`; a higher number is a later one.
    pub fn index_numbered(&self, number: u64) -> PathBuf {
        self.root.join(format!("{INDEX}.{number}"))
    }

    /// Every index that there is, ascending by number; `index/` is number 0.
    pub fn indexes(&self) -> Vec<(u64, PathBuf)> {
        let entries = fs::read_dir(&self.root).into_iter().flatten().flatten();
        let mut indexes: Vec<(u64, PathBuf)> = entries
            .filter_map(|entry| {
                let name = entry.file_name();
                let rest = name.to_str()?.strip_prefix(INDEX)?;
                let number = match rest.strip_prefix('.') {
                    Some(digits) => digits.parse().ok().filter(|number| *number > 0)?,
                    None => rest.is_empty().then_some(0)?,
                };
                Some((number, entry.path()))
            })
            .collect();
        indexes.sort();
        indexes
    }

    pub fn plain(&self, first: Position) -> PathBuf {
        self.segment(first, PLAIN)
    }

    pub fn packed(&self, first: Position) -> PathBuf {
        self.segment(first, PACKED)
    }

    pub fn unfinished(&self, first: Position) -> PathBuf {
        self.segment(first, UNFINISHED[0])
    }

    /// The keys file of a full plain segment.
    pub fn keys(&self, first: Position) -> PathBuf {
        self.segment(first, KEYS)
    }

    /// Whether any file of the log holds, or held, records.
    ///
    /// # Errors
    /// When it cannot be listed: that does not mean that it is empty.
    pub fn has_segments(&self) -> io::Result<bool> {
        let entries = match fs::read_dir(self.log()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            entries => entries?,
        };
        for entry in entries {
            let name = SegmentName::parse(&entry?.path());
            if matches!(name, Some(SegmentName::Plain(_) | SegmentName::Packed(_))) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn segment(&self, first: Position, suffix: &str) -> PathBuf {
        self.log().join(format!("{:0NAME_DIGITS$}{suffix}", first.0))
    }
}

impl SegmentName {
    /// Reads a file name; `None` for a file that is no segment.
    pub fn parse(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let (digits, suffix) = name.split_at_checked(NAME_DIGITS)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let first = Position(digits.parse().ok()?);
        match suffix {
            PLAIN => Some(Self::Plain(first)),
            PACKED => Some(Self::Packed(first)),
            KEYS => Some(Self::Keys(first)),
            _ if UNFINISHED.contains(&suffix) => Some(Self::Unfinished),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use attempt_ledger_system::durable_file::temporary_path;

    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        let layout = LogLayout { root: "data".into() };
        let first = Position(42);
        let name = "00000000000000000042.ndjson";
        assert!(layout.plain(first).ends_with(Path::new("data/log").join(name)));
        assert_eq!(SegmentName::parse(&layout.plain(first)), Some(SegmentName::Plain(first)));
        assert_eq!(SegmentName::parse(&layout.packed(first)), Some(SegmentName::Packed(first)));
        assert_eq!(SegmentName::parse(&layout.unfinished(first)), Some(SegmentName::Unfinished));
        let (keys, watermark) = (layout.keys(first), layout.watermark());
        assert_eq!(SegmentName::parse(&keys), Some(SegmentName::Keys(first)));
        assert_eq!(SegmentName::parse(&temporary_path(&keys)), Some(SegmentName::Unfinished));
        assert_eq!(SegmentName::parse(&watermark), None);
        assert_eq!(SegmentName::parse(Path::new("0000000000000000004x.ndjson")), None);
    }
}
