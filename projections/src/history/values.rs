//! The values of a measure as a sorted multiset, so that any threshold and any percentile is exact.

use thiserror::Error;

/// A multiset of milliseconds. In a delta, multiplicities may be negative.
///
/// Values are gathered unsorted and put in order when they are looked at: most are only ever added and merged.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// Ascending, distinct, and no multiplicity is 0.
    sorted: Vec<(u64, i64)>,
    /// Added since, in any order.
    pending: Vec<(u64, i64)>,
}

/// Why bytes are not a multiset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the bytes are not a multiset of values")]
pub struct ValuesError;

impl Values {
    /// Adds a value `times` times; retracts it when `times` is negative.
    pub fn add(&mut self, value: u64, times: i64) {
        if times != 0 {
            self.pending.push((value, times));
        }
    }

    /// Adds another multiset.
    pub fn merge(&mut self, other: &Self) {
        self.pending.extend_from_slice(&other.sorted);
        self.pending.extend_from_slice(&other.pending);
    }

    /// Whether it holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        if self.pending.is_empty() { self.sorted.is_empty() } else { self.settled().is_empty() }
    }

    /// Distinct values with their multiplicities, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (u64, i64)> {
        self.settled().into_iter()
    }

    /// Everything in order, equal values together.
    fn settled(&self) -> Vec<(u64, i64)> {
        if self.pending.is_empty() {
            return self.sorted.clone();
        }
        let mut all = Vec::with_capacity(self.sorted.len() + self.pending.len());
        all.extend_from_slice(&self.sorted);
        all.extend_from_slice(&self.pending);
        all.sort_unstable_by_key(|(value, _)| *value);
        let mut settled: Vec<(u64, i64)> = Vec::with_capacity(all.len());
        for (value, times) in all {
            match settled.last_mut() {
                Some((last, known)) if *last == value => *known += times,
                _ => settled.push((value, times)),
            }
        }
        settled.retain(|(_, times)| *times != 0);
        settled
    }

    /// Puts everything in order, so that looking at it costs nothing more.
    pub fn settle(&mut self) {
        if !self.pending.is_empty() {
            self.sorted = self.settled();
            self.pending = Vec::new();
        }
    }

    /// The stored bytes. For each value, ascending: its difference to the one before, doubled, plus 1 if it occurs more
    /// often than once; and in that case how often. Both as LEB128.
    ///
    /// # Panics
    /// When a multiplicity is negative: a delta is not stored.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let settled = self.settled();
        let mut bytes = Vec::with_capacity(settled.len() * 3);
        let mut before = 0;
        for (value, times) in settled {
            let times = u64::try_from(times).expect("a stored multiset has no negative multiplicity");
            let repeats = u128::from(times > 1);
            write(&mut bytes, u128::from(value - before) << 1 | repeats);
            if times > 1 {
                write(&mut bytes, u128::from(times));
            }
            before = value;
        }
        bytes
    }

    /// Reads what [`Values::to_bytes`] writes.
    ///
    /// # Errors
    /// [`ValuesError`] for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ValuesError> {
        let mut sorted: Vec<(u64, i64)> = Vec::with_capacity(bytes.len() / 2);
        let mut rest = bytes;
        let mut before = 0_u64;
        while !rest.is_empty() {
            let head = read(&mut rest)?;
            let step = u64::try_from(head >> 1).map_err(|_| ValuesError)?;
            if step == 0 && !sorted.is_empty() {
                return Err(ValuesError);
            }
            let value = before.checked_add(step).ok_or(ValuesError)?;
            let times =
                if head & 1 == 1 { i64::try_from(read(&mut rest)?).map_err(|_| ValuesError)? } else { 1 };
            if head & 1 == 1 && times < 2 {
                return Err(ValuesError);
            }
            sorted.push((value, times));
            before = value;
        }
        Ok(Self { sorted, pending: Vec::new() })
    }

    /// How many values there are.
    #[must_use]
    pub fn count(&self) -> i64 {
        self.iter_unsettled().map(|(_, times)| times).sum()
    }

    /// How many values are below a threshold, or at most it.
    #[must_use]
    pub fn count_within(&self, threshold: u64, or_equal: bool) -> i64 {
        let is_within = |value: u64| value < threshold || (or_equal && value == threshold);
        self.iter_unsettled().filter(|(value, _)| is_within(*value)).map(|(_, times)| times).sum()
    }

    /// The smallest and the largest value; `None` when there is none.
    #[must_use]
    pub fn extremes(&self) -> Option<(u64, u64)> {
        let settled = self.settled();
        Some((settled.first()?.0, settled.last()?.0))
    }

    /// Percentiles by nearest rank: for each `p`, the ⌈p/100 · n⌉-th smallest value. `None` when there is no value.
    ///
    /// Takes as long as sorting once, however many are asked for.
    #[must_use]
    pub fn percentiles<const N: usize>(&self, asked: [u8; N]) -> Option<[u64; N]> {
        let settled = self.settled();
        let count: i64 = settled.iter().map(|(_, times)| times).sum();
        let mut found = [settled.last()?.0; N];
        for (place, percent) in found.iter_mut().zip(asked) {
            let rank = (count * i64::from(percent)).div_euclid(100)
                + i64::from(count * i64::from(percent) % 100 != 0);
            let mut seen = 0;
            for (value, times) in &settled {
                seen += times;
                if seen >= rank.max(1) {
                    *place = *value;
                    break;
                }
            }
        }
        Some(found)
    }

    fn iter_unsettled(&self) -> impl Iterator<Item = (u64, i64)> {
        self.sorted.iter().chain(&self.pending).copied()
    }
}

impl PartialEq for Values {
    fn eq(&self, other: &Self) -> bool {
        self.settled() == other.settled()
    }
}

impl Eq for Values {}

fn write(bytes: &mut Vec<u8>, mut number: u128) {
    while number >= 0x80 {
        #[expect(clippy::cast_possible_truncation, reason = "the low seven bits")]
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    #[expect(clippy::cast_possible_truncation, reason = "below 128")]
    bytes.push(number as u8);
}

fn read(rest: &mut &[u8]) -> Result<u128, ValuesError> {
    let mut number = 0_u128;
    for (index, byte) in rest.iter().take(10).enumerate() {
        number |= u128::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            // A longer spelling of the same number is not ours.
            if *byte == 0 && index > 0 {
                return Err(ValuesError);
            }
            *rest = &rest[index + 1..];
            return Ok(number);
        }
    }
    Err(ValuesError)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[u64]) -> Values {
        let mut all = Values::default();
        for value in values {
            all.add(*value, 1);
        }
        all
    }

    #[test]
    fn stored_bytes_never_change() {
        assert_eq!(hex::encode(of(&[0, 5, 5, 300, 70_000]).to_bytes()), "000b02ce0488c108");
        assert_eq!(of(&[]).to_bytes(), Vec::<u8>::new());
        assert_eq!(of(&[u64::MAX]).to_bytes().len(), 10);
    }

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let values = of(&[10, 20, 30, 40]);
        assert_eq!(values.percentiles([50, 90, 95, 25]), Some([20, 40, 40, 10]));
        assert_eq!(of(&[7]).percentiles([50, 95]), Some([7, 7]));
        assert_eq!(of(&[]).percentiles([50]), None);
    }

    proptest! {
        #[test]
        fn a_multiset_is_a_sorted_list(
            values in prop::collection::vec(prop_oneof![0_u64..50, any::<u64>()], 0..60),
            retracted in 0_usize..20,
            threshold in 0_u64..60,
        ) {
            let mut all = of(&values);
            let mut list = values;
            for _ in 0..retracted.min(list.len()) {
                let value = list.swap_remove(list.len() / 2);
                all.add(value, -1);
            }
            list.sort_unstable();
            prop_assert_eq!(all.count(), list.len() as i64);
            prop_assert_eq!(all.is_empty(), list.is_empty());
            prop_assert_eq!(all.extremes(), list.first().copied().zip(list.last().copied()));
            let below = list.iter().filter(|value| **value < threshold).count() as i64;
            let at_most = list.iter().filter(|value| **value <= threshold).count() as i64;
            prop_assert_eq!((all.count_within(threshold, false), all.count_within(threshold, true)), (below, at_most));
            if let Some([p1, p50, p95, p100]) = all.percentiles([1, 50, 95, 100]) {
                let nth = |percent: usize| list[(list.len() * percent).div_ceil(100).max(1) - 1];
                prop_assert_eq!([p1, p50, p95, p100], [nth(1), nth(50), nth(95), nth(100)]);
            }
            let bytes = all.to_bytes();
            prop_assert_eq!(Values::from_bytes(&bytes), Ok(all));
        }

        #[test]
        fn bytes_are_a_multiset_in_one_way_or_none(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(values) = Values::from_bytes(&bytes) {
                prop_assert_eq!(values.to_bytes(), bytes);
            }
        }
    }
}
