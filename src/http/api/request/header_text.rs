//! The text of a header's bytes.

/// Bytes as text. Each that is no UTF-8 is U+FFFD and its two digits, as in `caf\u{fffd}E9`: what cannot be
/// read stays apart from what else cannot be read, for it may be an id.
pub fn header_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("{}{byte:02X}", char::REPLACEMENT_CHARACTER));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_utf_8_keeps_its_digits() {
        for (bytes, expected) in [
            (&b"plain"[..], "plain"),
            ("café".as_bytes(), "café"),
            (b"caf\xe9", "caf\u{fffd}E9"),
            (b"\xe2\x82", "\u{fffd}E2\u{fffd}82"),
        ] {
            assert_eq!(header_text(bytes), expected);
        }
    }
}
