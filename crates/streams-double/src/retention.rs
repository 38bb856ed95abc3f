//! What a stream's metadata hides of it: everything before a revision, or all but the newest events.

use serde_json::Value;

/// The value of `$tb` that deletes a stream softly.
pub(crate) const DELETED: u64 = i64::MAX as u64;

/// The two rules of stream metadata that the double obeys; ages, access lists and cache times it keeps
/// unread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Retention {
    truncate_before: Option<u64>,
    max_count: Option<u64>,
}

impl Retention {
    pub fn parse(json: &[u8]) -> Self {
        let value: Value = serde_json::from_slice(json).unwrap_or_default();
        let number = |key: &str| value.get(key).and_then(Value::as_u64);
        Self { truncate_before: number("$tb"), max_count: number("$maxCount") }
    }

    /// Of a stream that holds metadata only the newest counts.
    pub fn of_metadata_stream() -> Self {
        Self { truncate_before: None, max_count: Some(1) }
    }

    pub fn is_softly_deleted(&self) -> bool {
        self.truncate_before == Some(DELETED)
    }

    /// The first revision that can be read in a stream with this last one.
    pub fn first_visible(&self, last: u64) -> u64 {
        let by_count = self.max_count.map_or(0, |count| (last + 1).saturating_sub(count));
        by_count.max(self.truncate_before.unwrap_or(0))
    }
}
