//! What a writer expects of a stream before it writes.

/// An expectation. The numbers that stand for the first three are the official server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Any,
    NoStream,
    StreamExists,
    Revision(u64),
}

impl Expected {
    /// As the server says it in words and trailers.
    pub fn number(self) -> i64 {
        match self {
            Self::Any => -2,
            Self::NoStream => -1,
            Self::StreamExists => -4,
            Self::Revision(revision) => revision.cast_signed(),
        }
    }
}
