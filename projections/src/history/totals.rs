//! What an interval adds up to.

use super::contribution::Item;
use super::mix::Mix;
use super::quantity::{Count, Measure};
use super::values::Values;

/// The values of one measure: how many, their sum, and, where they were asked for, each of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distribution {
    /// How many.
    pub count: i64,
    /// Their sum in milliseconds.
    pub sum_ms: i64,
    /// The values themselves; empty when they were not read.
    pub values: Values,
}

/// Everything that an interval adds up to. In a delta, numbers may be negative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    counts: [i64; Count::ALL.len()],
    measures: [Distribution; Measure::ALL.len()],
    mix: Mix,
}

impl Distribution {
    /// Whether every value itself is here, and not only how many they are.
    #[must_use]
    pub fn has_values(&self) -> bool {
        self.values.count() == self.count
    }
}

impl Default for Totals {
    fn default() -> Self {
        Self {
            counts: [0; Count::ALL.len()],
            measures: std::array::from_fn(|_| Distribution::default()),
            mix: Mix::default(),
        }
    }
}

impl Totals {
    /// A count.
    #[must_use]
    pub const fn count(&self, count: Count) -> i64 {
        self.counts[count as usize]
    }

    /// A count, to write.
    pub const fn count_mut(&mut self, count: Count) -> &mut i64 {
        &mut self.counts[count as usize]
    }

    /// A measure's values.
    #[must_use]
    pub const fn measure(&self, measure: Measure) -> &Distribution {
        &self.measures[measure as usize]
    }

    /// A measure's values, to write.
    pub const fn measure_mut(&mut self, measure: Measure) -> &mut Distribution {
        &mut self.measures[measure as usize]
    }

    /// How often each value of a dimension was stated.
    #[must_use]
    pub const fn mix(&self) -> &Mix {
        &self.mix
    }

    /// How often each value of a dimension was stated, to write.
    pub const fn mix_mut(&mut self) -> &mut Mix {
        &mut self.mix
    }

    /// Adds one item `times` times; retracts it when `times` is negative.
    pub fn add(&mut self, item: &Item<'_>, times: i64) {
        match item {
            Item::Count(count) => *self.count_mut(*count) += times,
            Item::Value(measure, value_ms) => {
                self.add_sums(item, times);
                self.measure_mut(*measure).values.add(*value_ms, times);
            }
            Item::Mix(dimension, value) => self.mix.add(*dimension, value, times),
        }
    }

    /// The same for an item of which nothing but how many and how long is kept: not the values themselves,
    /// and no mix.
    pub fn add_sums(&mut self, item: &Item<'_>, times: i64) {
        match item {
            Item::Count(count) => *self.count_mut(*count) += times,
            Item::Value(measure, value_ms) => {
                let distribution = self.measure_mut(*measure);
                distribution.count += times;
                distribution.sum_ms += i64::try_from(*value_ms).unwrap_or(i64::MAX).saturating_mul(times);
            }
            Item::Mix(..) => {}
        }
    }

    /// Adds everything that another interval, or a delta, adds up to.
    pub fn merge(&mut self, other: &Self) {
        for count in Count::ALL {
            *self.count_mut(count) += other.count(count);
        }
        for measure in Measure::ALL {
            let more = other.measure(measure);
            let distribution = self.measure_mut(measure);
            distribution.count += more.count;
            distribution.sum_ms += more.sum_ms;
            distribution.values.merge(&more.values);
        }
        self.mix.merge(&other.mix);
    }

    /// How many items it adds up to, but for what attempts stated.
    #[must_use]
    pub fn item_count(&self) -> i64 {
        let values = self.measures.iter().map(|measure| measure.count);
        self.counts.iter().copied().chain(values).sum()
    }

    /// Whether anything was retracted that had not been added. In a delta it may be; in a sum it never is.
    #[must_use]
    pub fn has_negative(&self) -> bool {
        self.counts.iter().any(|count| *count < 0)
            || self.mix.iter().any(|(_, _, attempts)| attempts < 0)
            || self.measures.iter().any(|it| it.count < 0 || it.sum_ms < 0)
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.counts.iter().all(|count| *count == 0)
            && self.mix.is_empty()
            && self.measures.iter().all(|it| it.count == 0 && it.sum_ms == 0 && it.values.is_empty())
    }
}
