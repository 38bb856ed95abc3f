//! A sorted multiset of milliseconds.

use thiserror::Error;

use super::ranks;

/// A multiset of milliseconds. In a delta, multiplicities may be negative.
///
/// Values are gathered in any order and put in order when they are read in order: most are only ever added
/// and merged. A month of a busy queue is a million values that occur once: those take four bytes each.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// Values that occur once more.
    pub(super) once: Vec<u32>,
    /// Values with how much more often they occur: those that do not fit above.
    pub(super) counted: Vec<(u64, i64)>,
}

/// Why bytes are not a multiset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the bytes are not a multiset of values")]
pub struct ValuesError;

impl Values {
    /// Adds a value `times` times; retracts it when `times` is negative.
    pub fn add(&mut self, value: u64, times: i64) {
        match u32::try_from(value) {
            Ok(value) if times == 1 => self.once.push(value),
            _ if times == 0 => {}
            _ => self.counted.push((value, times)),
        }
    }

    /// Adds another multiset.
    pub fn merge(&mut self, other: &Self) {
        self.once.extend_from_slice(&other.once);
        self.counted.extend_from_slice(&other.counted);
    }

    /// Whether it holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        // Only what cancels out to nothing has to be put in order to be seen as such.
        if self.counted.is_empty() {
            self.once.is_empty()
        } else {
            self.count() == 0 && self.in_order().is_empty()
        }
    }

    /// Distinct values with their multiplicities, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (u64, i64)> {
        self.in_order().into_iter()
    }

    /// Everything in order, equal values together, and none that occurs 0 times.
    pub(super) fn in_order(&self) -> Vec<(u64, i64)> {
        let mut all: Vec<(u64, i64)> = self.in_any_order().collect();
        all.sort_unstable_by_key(|(value, _)| *value);
        all.dedup_by(|(value, times), (kept, so_often)| {
            let is_same = value == kept;
            *so_often += if is_same { *times } else { 0 };
            is_same
        });
        all.retain(|(_, times)| *times != 0);
        all
    }

    fn in_any_order(&self) -> impl Iterator<Item = (u64, i64)> {
        self.once.iter().map(|value| (u64::from(*value), 1)).chain(self.counted.iter().copied())
    }

    /// How many values there are.
    #[must_use]
    pub fn count(&self) -> i64 {
        let once = i64::try_from(self.once.len()).unwrap_or(i64::MAX);
        once + self.counted.iter().map(|(_, times)| times).sum::<i64>()
    }

    /// How many values are below a threshold, or at most it.
    #[must_use]
    pub fn count_within(&self, threshold: u64, or_equal: bool) -> i64 {
        let is_within = |value: u64| value < threshold || (or_equal && value == threshold);
        self.in_any_order().filter(|(value, _)| is_within(*value)).map(|(_, times)| times).sum()
    }

    /// The smallest and the largest value; `None` when there is none.
    #[must_use]
    pub fn extremes(&self) -> Option<(u64, u64)> {
        let in_order = self.in_order();
        Some((in_order.first()?.0, in_order.last()?.0))
    }

    /// Percentiles by nearest rank: for each `p`, the ⌈p/100 · n⌉-th smallest value. `None` when there is no
    /// value.
    ///
    /// Where nearly every value occurs once, nothing is sorted for it, only divided at each rank.
    #[must_use]
    pub fn percentiles<const N: usize>(&self, asked: [u8; N]) -> Option<[u64; N]> {
        match self.written_out() {
            Some(list) => ranks::of_list(list, asked),
            None => ranks::of_multiset(&self.in_order(), asked),
        }
    }

    /// Each value as often as it occurs, in no order. `None` where that is no gain or no list: something is
    /// taken out again, a value is very large, or values repeat so much that the list would be far longer
    /// than the multiset.
    fn written_out(&self) -> Option<Vec<u32>> {
        let length_max = 2 * (self.once.len() + self.counted.len());
        let mut list = Vec::with_capacity(self.once.len() + 2 * self.counted.len());
        list.extend_from_slice(&self.once);
        for (value, times) in &self.counted {
            let value = u32::try_from(*value).ok()?;
            let times = usize::try_from(*times).ok().filter(|times| *times <= length_max - list.len())?;
            list.extend(std::iter::repeat_n(value, times));
        }
        Some(list)
    }
}

impl PartialEq for Values {
    fn eq(&self, other: &Self) -> bool {
        self.in_order() == other.in_order()
    }
}

impl Eq for Values {}

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

    #[test]
    fn a_value_repeated_without_end_is_not_written_out() {
        let mut values = of(&[1, 9]);
        values.add(5, i64::from(u32::MAX));
        assert_eq!(values.percentiles([0, 50, 100]), Some([1, 5, 9]));
        assert_eq!(Values::from_bytes(&values.to_bytes()), Ok(values));
    }

    #[test]
    fn damaged_bytes_are_refused() {
        let damaged: [(&str, &[u8]); 7] = [
            ("cut off within a number", &[0x80]),
            ("cut off before a multiplicity", &[0x03]),
            ("a multiplicity of one, written out", &[0x03, 0x01]),
            ("a multiplicity of 2^32", &[0x03, 0x80, 0x80, 0x80, 0x80, 0x10]),
            ("the same value twice", &[0x02, 0x00]),
            ("a longer spelling of one", &[0x82, 0x00]),
            ("a value above 64 bits", &[0xff; 11]),
        ];
        for (fault, bytes) in damaged {
            assert_eq!(Values::from_bytes(bytes), Err(ValuesError), "{fault}");
        }
    }

    #[test]
    fn many_intervals_merged_in_any_order_are_one_sorted_list() {
        let intervals: Vec<Vec<u64>> =
            (0_u64..200).map(|i| (0_u64..50).map(|k| (i * 7_919 + k * 104_729) % 60_000).collect()).collect();
        let mut list = intervals.concat();
        list.sort_unstable();
        let (mut forward, mut backward) = (Values::default(), Values::default());
        for interval in &intervals {
            forward.merge(&Values::from_bytes(&of(interval).to_bytes()).unwrap());
        }
        for interval in intervals.iter().rev() {
            backward.merge(&of(interval));
        }
        assert_eq!(forward, backward);
        let found = [list[0], list[4_999], list[8_999], list[9_499], list[9_999]];
        assert_eq!(forward.percentiles([0, 50, 90, 95, 100]), Some(found));
        assert_eq!(
            backward.percentiles([100, 95, 50, 90, 0]),
            Some([found[4], found[3], found[1], found[2], found[0]])
        );
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
            prop_assert_eq!(all.count_within(threshold, false), below);
            prop_assert_eq!(all.count_within(threshold, true), at_most);
            if let Some([p1, p50, p95, p100]) = all.percentiles([1, 50, 95, 100]) {
                let nth = |percent: usize| list[(list.len() * percent).div_ceil(100).max(1) - 1];
                prop_assert_eq!([p1, p50, p95, p100], [nth(1), nth(50), nth(95), nth(100)]);
            }
            let read = Values::from_bytes(&all.to_bytes());
            prop_assert_eq!(read.as_ref(), Ok(&all));
            let asked = [0, 1, 50, 90, 95, 100];
            prop_assert_eq!(read.unwrap().percentiles(asked), all.percentiles(asked), "divided or in order");
        }

        #[test]
        fn bytes_are_a_multiset_in_one_way_or_none(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(values) = Values::from_bytes(&bytes) {
                prop_assert_eq!(values.to_bytes(), bytes);
            }
        }
    }
}
