//! The values of a measure as a sorted multiset, so that any threshold and any percentile is exact.

use std::collections::BTreeMap;

use thiserror::Error;

/// A multiset of milliseconds. In a delta, multiplicities may be negative.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    entries: BTreeMap<u64, i64>,
}

/// Why bytes are not a multiset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the bytes are not a multiset of values")]
pub struct ValuesError;

impl Values {
    /// Adds a value `times` times; retracts it when `times` is negative.
    pub fn add(&mut self, value: u64, times: i64) {
        let entry = self.entries.entry(value).or_default();
        *entry += times;
        if *entry == 0 {
            self.entries.remove(&value);
        }
    }

    /// Adds another multiset.
    pub fn merge(&mut self, other: &Self) {
        for (value, times) in &other.entries {
            self.add(*value, *times);
        }
    }

    /// Ascending differences and multiplicities as variable-length numbers.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(&self.entries.iter().collect::<Vec<_>>()).expect("numbers")
    }

    /// Reads what [`Values::to_bytes`] writes.
    ///
    /// # Errors
    /// [`ValuesError`] for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ValuesError> {
        let entries: Vec<(u64, i64)> = serde_json::from_slice(bytes).map_err(|_| ValuesError)?;
        Ok(Self { entries: entries.into_iter().collect() })
    }

    /// Whether it holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Distinct values with their multiplicities, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (u64, i64)> {
        self.entries.iter().map(|(value, times)| (*value, *times))
    }
}
