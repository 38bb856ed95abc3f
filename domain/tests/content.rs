//! What counts as the same content: numbers of documented fields, and within lists and objects, by their
//! exact decimal value, whatever their spelling.

use std::cmp::Ordering;

use attempt_ledger_domain::{ContentHash, EventKind, Payload, write_canonical_payload};
use proptest::prelude::*;

fn content(body: &str) -> ContentHash {
    let payload = Payload::parse(body.as_bytes()).expect("the body parses");
    ContentHash::of(EventKind::Joined, None, &payload, &mut Vec::new())
}

#[test]
fn numbers_that_round_to_one_double_are_other_contents() {
    for (left, right) in [
        ("18446744073709551616", "18446744073709551617"),
        ("-9223372036854775809", "-9223372036854775810"),
        ("0.1000000000000000055", "0.1"),
        ("0.1000000000000000055", "0.1000000000000000056"),
        ("9007199254740993.0", "9007199254740992.0"),
        ("1e-400", "0"),
        ("1e-400", "1e-401"),
    ] {
        for shape in ["{\"n\":#}", "{\"n\":[#]}", "{\"n\":{\"a\":0.5,\"m\":[1,#]}}"] {
            let of = |number| content(&shape.replace('#', number));
            assert_ne!(of(left), of(right), "{left} and {right} in {shape}");
            assert_eq!(of(left), of(left));
        }
    }
}

/// A number as an integer times a power of ten.
#[derive(Clone, Debug)]
struct Number {
    is_negative: bool,
    digits: String,
    exponent: i32,
}

impl Number {
    /// One of the ways to write it: `shift` of its digits behind the point, `zeros` more there, or none.
    fn spelled(&self, shift: usize, zeros: usize, letter: char) -> String {
        let padded = format!("{}{}", "0".repeat(shift), self.digits);
        let (whole, fraction) = padded.split_at(padded.len() - shift);
        let whole = whole.trim_start_matches('0');
        let whole = if whole.is_empty() { "0" } else { whole };
        let fraction = format!("{fraction}{}", "0".repeat(zeros));
        let point = if fraction.is_empty() { "" } else { "." };
        let sign = if self.is_negative { "-" } else { "" };
        match self.exponent + i32::try_from(shift).expect("small") {
            0 => format!("{sign}{whole}{point}{fraction}"),
            exponent => format!("{sign}{whole}{point}{fraction}{letter}{exponent}"),
        }
    }

    /// Compares values by subtraction on paper: both written out to the same power of ten.
    fn is_equal(&self, other: &Self) -> bool {
        let lowest = self.exponent.min(other.exponent);
        let written_out = |number: &Self| {
            let zeros = usize::try_from(number.exponent - lowest).expect("not below the lowest");
            format!("{}{}", number.digits, "0".repeat(zeros)).trim_start_matches('0').to_owned()
        };
        let (left, right) = (written_out(self), written_out(other));
        left.cmp(&right) == Ordering::Equal && (left.is_empty() || self.is_negative == other.is_negative)
    }
}

fn number() -> impl Strategy<Value = Number> {
    let digits =
        prop_oneof!["[0-9]{1,4}", "[0-9]{15,40}", "1844674407370955161[0-9]", "9007199254740[0-9]{3}"];
    (any::<bool>(), digits, -60..60_i32).prop_map(|(is_negative, digits, exponent)| Number {
        is_negative,
        digits,
        exponent,
    })
}

/// A number and one that is equal, a neighbour, or any other.
fn pair() -> impl Strategy<Value = (Number, Number)> {
    (number(), number(), 0..4_usize, 0..6_usize).prop_map(|(one, other, kind, places)| {
        let more = |last: &str| Number {
            digits: format!("{}{}{last}", one.digits, "0".repeat(places)),
            exponent: one.exponent - i32::try_from(places + last.len()).expect("small"),
            ..one.clone()
        };
        let second = match kind {
            0 => other,
            1 => more(""),
            2 => more("1"),
            _ => Number { is_negative: !one.is_negative, ..one.clone() },
        };
        (one, second)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn contents_are_the_same_exactly_when_their_numbers_are_equal_as_decimals(
        (left, right) in pair(),
        spelling in (0..50_usize, 0..3_usize),
        other_spelling in (0..50_usize, 0..3_usize),
        shape in prop_oneof![
            Just("{\"call_duration\":#}"),
            Just("{\"a\":[\"1\",0.5,#],\"call_bill_sec\":#}"),
            Just("{\"o\":{\"k\":#}}"),
        ],
    ) {
        let texts = [
            left.spelled(spelling.0, spelling.1, 'e'),
            right.spelled(other_spelling.0, other_spelling.1, 'E'),
        ];
        let [one, other] = texts.each_ref().map(|text| content(&shape.replace('#', text)));
        prop_assert_eq!(one == other, left.is_equal(&right), "{:?}", texts);
    }

    #[test]
    fn a_number_that_a_double_holds_keeps_the_form_of_rfc_8785(bits in any::<u64>()) {
        let number = f64::from_bits(bits);
        prop_assume!(number.is_finite());
        let mut form = Vec::new();
        // The decimal that RFC 8785 chooses, spelled otherwise: where two are as near to the double, the
        // standard library can print the other one, which is another number.
        let printed = ryu_js::Buffer::new().format(number).to_owned();
        let exponent = if printed.contains('e') { "" } else { "e0" };
        let body = format!("{{\"n\":{printed}{exponent}}}");
        write_canonical_payload(&Payload::parse(body.as_bytes()).expect("parses"), &mut form);
        let expected = format!("{{\"n\":{}}}", ryu_js::Buffer::new().format(number));
        prop_assert_eq!(String::from_utf8_lossy(&form), expected);
    }
}
