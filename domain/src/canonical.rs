//! The canonical form of a payload (RFC 8785), so that equal contents have equal hashes.
//!
//! One deviation, on purpose: RFC 8785 rounds every number to a double, and two attempts whose ids differ in
//! the last digit would look the same. Whole numbers that fit in 64 bits are written digit for digit, and
//! other numbers that a double does not hold in the normal form of their digits.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::decimal::normal_form;
use crate::payload::Payload;
use crate::value::Value;

pub(crate) type Fields<'p, 'a> = Vec<&'p (Cow<'a, str>, Value<'a>)>;

/// Writes the canonical form of a payload to `out`.
pub fn write_payload(payload: &Payload<'_>, out: &mut Vec<u8>) {
    write_object(payload.fields.iter().collect(), |_, value, out| write_value(value, out), out);
}

/// Writes an object with its keys in canonical order. Producers sort theirs, so that is looked at first. Of
/// fields with one key, which only inner objects have, the last one is written.
pub(crate) fn write_object(
    mut fields: Fields<'_, '_>,
    write_field: impl Fn(&str, &Value<'_>, &mut Vec<u8>),
    out: &mut Vec<u8>,
) {
    if !fields.is_sorted_by(|left, right| utf16_order(&left.0, &right.0).is_lt()) {
        fields.sort_by(|left, right| utf16_order(&left.0, &right.0));
        fields.reverse();
        fields.dedup_by(|later, earlier| later.0 == earlier.0);
        fields.reverse();
    }
    out.push(b'{');
    for (index, (key, value)) in fields.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_text(key, out);
        out.push(b':');
        write_field(key, value, out);
    }
    out.push(b'}');
}

/// RFC 8785 sorts keys by their UTF-16 units. For ASCII keys, which nearly all are, bytes sort the same way.
fn utf16_order(left: &str, right: &str) -> Ordering {
    if left.is_ascii() && right.is_ascii() {
        return left.cmp(right);
    }
    left.encode_utf16().cmp(right.encode_utf16())
}

/// A value in canonical form.
#[must_use]
pub fn canonical_text(value: &Value<'_>) -> String {
    let mut out = Vec::new();
    write_value(value, &mut out);
    String::from_utf8(out).expect("canonical JSON is UTF-8")
}

pub(crate) fn write_value(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Float(number) => write_double(*number, out),
        Value::Text(text) => write_text(text, out),
        Value::Decimal(text) => out.extend_from_slice(normal_form(text).as_bytes()),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_value(item, out);
            }
            out.push(b']');
        }
        Value::Object(fields) => {
            write_object(fields.iter().collect(), |_, value, out| write_value(value, out), out);
        }
    }
}

fn write_double(number: f64, out: &mut Vec<u8>) {
    out.extend_from_slice(ryu_js::Buffer::new().format(number).as_bytes());
}

/// A JSON string with the escapes of RFC 8785: only quotation mark, backslash and control characters.
pub(crate) fn write_text(text: &str, out: &mut Vec<u8>) {
    const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut copied = 0;
    for (index, byte) in bytes.iter().copied().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[copied..index]);
        copied = index + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            control => {
                out.extend_from_slice(b"\\u00");
                out.push(HEX_DIGITS[usize::from(control >> 4)]);
                out.push(HEX_DIGITS[usize::from(control & 15)]);
            }
        }
    }
    out.extend_from_slice(&bytes[copied..]);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(body: &str) -> String {
        let payload = Payload::parse(body.as_bytes()).expect("test body parses");
        let mut out = Vec::new();
        write_payload(&payload, &mut out);
        String::from_utf8(out).expect("canonical JSON is UTF-8")
    }

    #[test]
    fn white_space_order_and_escapes_do_not_matter() {
        let spread = "{ \"b\" : \"\\u0041\\/\" ,\n \"a\" : [ 1 , {\"z\":null,\"y\":true} ] }";
        assert_eq!(canonical(spread), r#"{"a":[1,{"y":true,"z":null}],"b":"A/"}"#);
    }

    #[test]
    fn the_examples_of_rfc_8785_come_out_as_printed_there() {
        // Section 3.2.2 (numbers, strings) and 3.2.3 (sorting by UTF-16 units).
        assert_eq!(
            canonical(r#"{"numbers":[333333333.3333333,1E30,4.50,2e-3,0.000000000000000000000000001]}"#),
            r#"{"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27]}"#
        );
        assert_eq!(
            canonical(r#"{"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/"}"#),
            "{\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}"
        );
        assert_eq!(
            canonical(
                "{\"\u{20ac}\":1,\"\\r\":2,\"\u{fb33}\":3,\"1\":4,\"\u{1f600}\":5,\"\u{80}\":6,\"\u{f6}\":7}"
            ),
            "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}"
        );
    }

    #[test]
    fn whole_numbers_of_64_bits_keep_every_digit() {
        assert_eq!(canonical(r#"{"n":9223372036854775807}"#), r#"{"n":9223372036854775807}"#);
        assert_ne!(canonical(r#"{"n":9007199254740993}"#), canonical(r#"{"n":9007199254740992}"#));
    }
    #[test]
    fn digits_that_a_double_does_not_hold_are_kept_unlike_in_rfc_8785() {
        assert_eq!(canonical(r#"{"n":333333333.33333329}"#), r#"{"n":33333333333333329e-8}"#);
        assert_eq!(canonical(r#"{"n":[18446744073709551617]}"#), r#"{"n":[18446744073709551617e0]}"#);
        assert_eq!(canonical(r#"{"n":0.1000000000000000055}"#), r#"{"n":1000000000000000055e-19}"#);
        assert_eq!(canonical(r#"{"n":[1.0,-0,1e-400]}"#), r#"{"n":[1,0,1e-400]}"#);
    }

    #[test]
    fn of_an_inner_key_twice_the_last_one_counts() {
        let twice = r#"{"o":{"b":1,"a":18446744073709551616,"b":2,"a":18446744073709551617}}"#;
        assert_eq!(canonical(twice), r#"{"o":{"a":18446744073709551617e0,"b":2}}"#);
    }

    #[test]
    fn no_inner_key_has_a_meaning_of_its_own() {
        let text = r#"{"o":{"$serde_json::private::RawValue":"[1]"}}"#;
        assert_eq!(canonical(text), text);
    }
}
