//! The exact value of a JSON number, for numbers that a double does not hold.
//!
//! A double keeps 15 to 17 digits. Content that differs beyond them is other content, so what counts as equal
//! is decided by the digits as sent.

use std::borrow::Cow;

/// The texts of the numbers in a JSON document, in the order in which they stand.
pub(crate) struct NumberTexts<'a> {
    /// What is not read yet; never begins within a string.
    rest: &'a [u8],
}

impl<'a> NumberTexts<'a> {
    /// Begins at the start of a document whose syntax a parser has accepted.
    pub(crate) const fn of(document: &'a [u8]) -> Self {
        Self { rest: document }
    }
}

impl<'a> Iterator for NumberTexts<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            let start =
                self.rest.iter().position(|byte| matches!(byte, b'"' | b'-') || byte.is_ascii_digit())?;
            let from = &self.rest[start..];
            if from[0] == b'"' {
                self.rest = &from[string_length(from)..];
                continue;
            }
            let is_of_number = |byte: &u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
            let length = from.iter().position(|byte| !is_of_number(byte)).unwrap_or(from.len());
            self.rest = &from[length..];
            return std::str::from_utf8(&from[..length]).ok();
        }
    }
}

/// The length of the JSON string at the beginning of `document`, with its quotation marks.
fn string_length(document: &[u8]) -> usize {
    let mut at = 1;
    while let Some(&byte) = document.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    document.len()
}

/// One spelling for every JSON number of the same value: its digits without zeros at either end, and the
/// power of ten that the last of them counts, as in `-15e-1` for -1.50. An exponent beyond 127 bits stays as
/// sent.
pub(crate) fn normal_form(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let (sign, unsigned) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (mantissa, power) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits =
        if fraction.is_empty() { Cow::Borrowed(whole) } else { Cow::Owned([whole, fraction].concat()) };
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Cow::Borrowed("0");
    }
    let zeros = digits.len() - digits.trim_end_matches('0').len();
    let shift = |length: usize| i128::try_from(length).ok();
    let exponent = || {
        let power: i128 = power.parse().ok()?;
        power.checked_sub(shift(fraction.len())?)?.checked_add(shift(zeros)?)
    };
    match exponent() {
        Some(exponent) => Cow::Owned(format!("{sign}{significant}e{exponent}")),
        None => Cow::Borrowed(text),
    }
}

/// Whether text is a decimal number: a sign, digits, a fraction and an exponent, of which only digits must
/// be.
pub(crate) fn is_number(text: &str) -> bool {
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let unsigned = |text: &str| are_digits(text.strip_prefix(['-', '+']).unwrap_or(text));
    match mantissa.split_once('.') {
        Some((whole, fraction)) => unsigned(whole) && are_digits(fraction) && unsigned(power),
        None => unsigned(mantissa) && unsigned(power),
    }
}

/// Whole numbers of so many digits fit in 64 bits.
const WHOLE_DIGITS_MAX: usize = 18;

/// A decimal number exactly: its digits times a power of ten. A power below zero is that of a fraction: the
/// last digit is then no zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scaled {
    digits: i128,
    power: i32,
}

impl Scaled {
    /// Reads a number; `None` for other text, and for more digits than 127 bits hold.
    pub(crate) fn of(text: &str) -> Option<Self> {
        // Nearly all times are whole numbers without an exponent.
        if text.len() <= WHOLE_DIGITS_MAX && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Self { digits: text.parse().ok()?, power: 0 });
        }
        if !is_number(text) {
            return None;
        }
        let form = normal_form(text);
        let (digits, power) = form.split_once('e').unwrap_or((&form, "0"));
        Some(Self { digits: digits.parse().ok()?, power: power.parse().ok()? })
    }

    pub(crate) fn is_whole(self) -> bool {
        self.power >= 0
    }

    /// The number times a power of ten, cut to a whole number; `None` when it does not fit.
    pub(crate) fn times_ten_to(self, power: i32) -> Option<i128> {
        let power = self.power.checked_add(power)?;
        match 10_i128.checked_pow(power.unsigned_abs()) {
            Some(factor) if power >= 0 => self.digits.checked_mul(factor),
            Some(divisor) => Some(self.digits.div_euclid(divisor)),
            None => None,
        }
    }
}

/// Whether the shortest spelling of a double is the very number that was sent.
pub(crate) fn is_spelled_by(double: f64, text: &str) -> bool {
    normal_form(ryu_js::Buffer::new().format(double)) == normal_form(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_value_have_one_normal_form() {
        for (form, spellings) in [
            ("0", &["0", "-0", "0.000", "0e99", "-0.0E-7"][..]),
            ("15e-1", &["1.5", "1.50", "15e-1", "0.15E+1", "150e-2"]),
            ("-12e2", &["-1200", "-1.2e3", "-1200.0", "-12E2"]),
            ("18446744073709551616e0", &["18446744073709551616", "1.8446744073709551616e19"]),
            ("1e-100000000000000000001", &["1e-100000000000000000001", "10e-100000000000000000002"]),
        ] {
            for spelling in spellings {
                assert_eq!(normal_form(spelling), form, "{spelling}");
            }
        }
    }

    #[test]
    fn numbers_are_found_in_order_and_outside_strings_only() {
        let document = br#"{"1":-1.5E+3,"a":["2\"3\\",4,{"\u0035":null,"b":true}], "c" : 6e0 ,"d":"\\"}"#;
        assert_eq!(NumberTexts::of(document).collect::<Vec<_>>(), ["-1.5E+3", "4", "6e0"]);
        assert_eq!(NumberTexts::of(b"17").collect::<Vec<_>>(), ["17"]);
    }

    #[test]
    fn a_double_spells_few_of_the_numbers_that_round_to_it() {
        for (text, is_spelled) in [
            ("0.1", true),
            ("0.10", true),
            ("1E2", true),
            ("5e-324", true),
            ("0.1000000000000000055", false),
            ("18446744073709551616", false),
            ("18446744073709552000", true),
            ("1e-400", false),
        ] {
            assert_eq!(is_spelled_by(text.parse().expect("a number"), text), is_spelled, "{text}");
        }
    }
}
