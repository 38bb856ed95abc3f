//! How often attempts stated each value of a dimension.

use super::dimension::Dimension;

/// Attempts by what they stated. In a delta, numbers may be negative; none is 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mix {
    /// Ascending by dimension and value: there are a dozen, looked for far more often than added.
    stated: Vec<(Dimension, Box<str>, i64)>,
}

impl Mix {
    /// Adds attempts that stated a value.
    pub fn add(&mut self, dimension: Dimension, value: &str, attempts: i64) {
        let found =
            self.stated.binary_search_by(|(known, text, _)| (*known, &**text).cmp(&(dimension, value)));
        match found {
            Ok(place) => {
                self.stated[place].2 += attempts;
                if self.stated[place].2 == 0 {
                    self.stated.remove(place);
                }
            }
            Err(_) if attempts == 0 => {}
            Err(place) => self.stated.insert(place, (dimension, value.into(), attempts)),
        }
    }

    /// Adds everything that another one holds.
    pub fn merge(&mut self, other: &Self) {
        for (dimension, value, attempts) in other.iter() {
            self.add(dimension, value, attempts);
        }
    }

    /// Each value with its attempts, ascending by dimension and value.
    pub fn iter(&self) -> impl Iterator<Item = (Dimension, &str, i64)> {
        self.stated.iter().map(|(dimension, value, attempts)| (*dimension, &**value, *attempts))
    }

    /// Whether it holds nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.stated.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_in_order_and_go_when_they_are_taken_back() {
        let mut mix = Mix::default();
        mix.add(Dimension::CallCause, "b", 1);
        mix.add(Dimension::Result, "z", 2);
        mix.add(Dimension::CallCause, "a", 1);
        mix.add(Dimension::CallCause, "b", -1);
        let mut twice = mix.clone();
        twice.merge(&mix);
        assert_eq!(
            twice.iter().collect::<Vec<_>>(),
            [(Dimension::Result, "z", 4), (Dimension::CallCause, "a", 2)]
        );
    }
}
