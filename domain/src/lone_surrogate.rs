//! Halves of surrogate pairs in the escapes of JSON: characters that no program can read.
//!
//! A sender that cuts a text in the middle of a character leaves `\ud83d` without its other half. The rest of
//! the body is as good as ever, so such an escape is read as U+FFFD.

use memchr::memchr;

/// What stands for a character that cannot be read, as an escape: as long as the one that it replaces.
const REPLACEMENT: &[u8; ESCAPE_BYTES] = br"\ufffd";
/// The length of `\uXXXX`.
const ESCAPE_BYTES: usize = 6;

/// Whether JSON has half a surrogate pair.
#[must_use]
pub fn has_lone_surrogate(json: &[u8]) -> bool {
    lone_surrogates(json).next().is_some()
}

/// JSON of the same length with U+FFFD in the place of each half; `None` when there is none to replace.
#[must_use]
pub fn without_lone_surrogates(json: &[u8]) -> Option<Vec<u8>> {
    let mut halves = lone_surrogates(json).peekable();
    halves.peek()?;
    let mut mended = json.to_vec();
    for at in halves {
        mended[at..at + ESCAPE_BYTES].copy_from_slice(REPLACEMENT);
    }
    Some(mended)
}

/// Where the escapes begin that are half a pair.
fn lone_surrogates(json: &[u8]) -> impl Iterator<Item = usize> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let at = from + memchr(b'\\', &json[from..])?;
            let Some(unit) = utf_16_unit(json, at) else {
                // Any other escape has two characters, and the second may be a backslash.
                from = (at + 2).min(json.len());
                continue;
            };
            from = at + ESCAPE_BYTES;
            let is_low = |unit: u16| (0xdc00..=0xdfff).contains(&unit);
            match unit {
                0xd800..=0xdbff if utf_16_unit(json, from).is_some_and(is_low) => from += ESCAPE_BYTES,
                0xd800..=0xdfff => return Some(at),
                _ => {}
            }
        }
    })
}

/// The unit of UTF-16 that an escape at this place is.
fn utf_16_unit(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..at + ESCAPE_BYTES)?.strip_prefix(br"\u")?;
    digits.iter().try_fold(0, |unit: u16, digit| {
        let value = char::from(*digit).to_digit(16)?;
        Some(unit << 4 | u16::try_from(value).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(json: &str) -> Option<String> {
        without_lone_surrogates(json.as_bytes()).map(|bytes| String::from_utf8(bytes).expect("text"))
    }

    #[test]
    fn halves_are_replaced_and_pairs_are_not() {
        for (sent, expected) in [
            (r#"{"a":"\ud83d"}"#, r#"{"a":"\ufffd"}"#),
            (r#"{"a":"\uDE00x"}"#, r#"{"a":"\ufffdx"}"#),
            (r#"{"a":"\ud83d\ud83d\ude00"}"#, r#"{"a":"\ufffd\ud83d\ude00"}"#),
            (r#"{"\ud83d\n":"\udc00\\"}"#, r#"{"\ufffd\n":"\ufffd\\"}"#),
            (r#"{"a":"\ud83d\u0041"}"#, r#"{"a":"\ufffd\u0041"}"#),
            (r#"{"a":"\ud83d"#, r#"{"a":"\ufffd"#),
        ] {
            assert_eq!(mended(sent).as_deref(), Some(expected), "{sent}");
        }
        for whole in
            [r#"{"a":"\ud83d\ude00"}"#, r#"{"a":"\\ud83d"}"#, r#"{"a":"\u0439"}"#, "", "\\", r"\u", r"\ud83"]
        {
            assert_eq!(mended(whole), None, "{whole}");
        }
    }
}
