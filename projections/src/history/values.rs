//! The values of a measure as a sorted multiset, so that any threshold and any percentile is exact.

mod bytes;
mod multiset;
mod ranks;

pub use multiset::{Values, ValuesError};
