//! The canonical form of a payload (RFC 8785), so that equal contents have equal hashes.
//!
//! One deviation, on purpose: whole numbers that fit in 64 bits are written digit for digit. RFC 8785 would
//! round them to doubles, and two attempts whose ids differ in the last digit would look the same.

use std::cmp::Ordering;

use crate::payload::{Payload, Value};

/// Writes the canonical form of a payload to `out`.
pub fn write_payload(payload: &Payload<'_>, out: &mut Vec<u8>) {
    let fields = payload.fields.iter().map(|(key, value)| (key.as_ref(), value));
    write_object(fields.collect(), write_value, out);
}

/// Writes an object with its keys in canonical order. Producers sort theirs, so that is looked at first.
fn write_object<V>(mut fields: Vec<(&str, &V)>, write: fn(&V, &mut Vec<u8>), out: &mut Vec<u8>) {
    if !fields.is_sorted_by(|left, right| utf16_order(left.0, right.0).is_le()) {
        fields.sort_unstable_by(|left, right| utf16_order(left.0, right.0));
    }
    out.push(b'{');
    for (index, (key, value)) in fields.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_text(key, out);
        out.push(b':');
        write(value, out);
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

fn write_value(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Float(number) => write_double(*number, out),
        Value::Text(text) => write_text(text, out),
        Value::Nested(nested) => write_nested(nested, out),
    }
}

fn write_nested(value: &serde_json::Value, out: &mut Vec<u8>) {
    use serde_json::Value as Json;
    match value {
        Json::Null => out.extend_from_slice(b"null"),
        Json::Bool(flag) => out.extend_from_slice(if *flag { b"true" } else { b"false" }),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(number), _, _) => out.extend_from_slice(number.to_string().as_bytes()),
            (_, Some(number), _) => out.extend_from_slice(number.to_string().as_bytes()),
            (_, _, double) => write_double(double.unwrap_or_default(), out),
        },
        Json::String(text) => write_text(text, out),
        Json::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_nested(item, out);
            }
            out.push(b']');
        }
        Json::Object(map) => {
            write_object(map.iter().map(|(key, item)| (key.as_str(), item)).collect(), write_nested, out);
        }
    }
}

fn write_double(number: f64, out: &mut Vec<u8>) {
    out.extend_from_slice(ryu_js::Buffer::new().format(number).as_bytes());
}

/// A JSON string with the escapes of RFC 8785: only quotation mark, backslash and control characters.
fn write_text(text: &str, out: &mut Vec<u8>) {
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
            canonical(r#"{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001]}"#),
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
}
