//! The stored bytes of a multiset: one way to write each.

use super::multiset::{Values, ValuesError};

impl Values {
    /// The stored bytes. For each value, ascending: its difference to the one before, doubled, plus 1 if it
    /// occurs more often than once; and in that case how often. Both as LEB128.
    ///
    /// # Panics
    /// When a multiplicity is negative, for a delta is not stored, or above 2³² − 1.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let in_order = self.in_order();
        let mut bytes = Vec::with_capacity(in_order.len() * 3);
        let mut before = 0;
        for (value, times) in in_order {
            let times = u32::try_from(times).expect("an interval holds a value 0 to 4 billion times");
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
        let mut values = Self { once: Vec::with_capacity(bytes.len() / 2), counted: Vec::new() };
        let mut rest = bytes;
        let mut before: Option<u64> = None;
        while !rest.is_empty() {
            let head = read(&mut rest)?;
            let step = u64::try_from(head >> 1).map_err(|_| ValuesError)?;
            if step == 0 && before.is_some() {
                return Err(ValuesError);
            }
            let value = before.unwrap_or_default().checked_add(step).ok_or(ValuesError)?;
            let times = if head & 1 == 1 { multiplicity(read(&mut rest)?)? } else { 1 };
            values.add(value, times);
            before = Some(value);
        }
        Ok(values)
    }
}

/// How often a value occurs. No quarter of an hour holds one 2³² times, and below that no damaged byte makes
/// a sum of counts overflow.
fn multiplicity(times: u128) -> Result<i64, ValuesError> {
    if times < 2 {
        return Err(ValuesError);
    }
    u32::try_from(times).map(i64::from).map_err(|_| ValuesError)
}

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
