//! Seconds as the dialer counts them.

use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize, Serializer};

/// From 2000 on in seconds since 1970: what states an instant is no length.
const INSTANT_FROM: f64 = 946_684_800.0;

/// A finite number of seconds.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Seconds(f64);

impl Seconds {
    /// A number of seconds; `None` for what is no number.
    #[must_use]
    pub fn of(number: f64) -> Option<Self> {
        // A negative zero is a zero.
        number.is_finite().then_some(Self(number + 0.0))
    }

    /// The length that a call states. A call whose ringing was never timed states an instant in its place.
    #[must_use]
    pub fn of_call(number: f64) -> Option<Self> {
        Self::of(number).filter(|seconds| (0.0..INSTANT_FROM).contains(&seconds.0))
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> f64 {
        self.0
    }
}

impl PartialEq for Seconds {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Seconds {}

impl Hash for Seconds {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl Serialize for Seconds {
    /// Whole seconds are written as such.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[expect(clippy::cast_possible_truncation, reason = "whole and less than 2^53")]
        match self.0 {
            number if number.fract() == 0.0 && number.abs() < 9e15 => serializer.serialize_i64(number as i64),
            number => serializer.serialize_f64(number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_no_length_and_whole_seconds_are_written_whole() {
        assert_eq!(Seconds::of_call(1_784_723_470.0), None);
        assert_eq!(Seconds::of(f64::NAN), None);
        assert_eq!(Seconds::of(-0.0), Seconds::of(0.0));
        let written =
            [12.0, 12.5].map(|number| serde_json::to_string(&Seconds::of_call(number)).unwrap_or_default());
        assert_eq!(written, ["12", "12.5"]);
    }
}
