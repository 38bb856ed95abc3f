//! Text that somebody else wrote, as a terminal may have it: nothing in it moves the cursor, colours what
//! follows, begins a line, or turns the order of letters around.

use std::borrow::Cow;

/// Stands for one letter that a terminal would obey.
pub(super) const MASK: char = '?';

/// Whether a terminal, or who reads on it, takes this letter for more than itself: C0, DEL and C1, marks and
/// overrides of direction, separators of lines and paragraphs.
pub(super) const fn is_control(letter: char) -> bool {
    matches!(
        letter,
        '\0'..='\x1f'
            | '\x7f'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
    )
}

/// The text with a mask for each such letter, so that widths hold.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    masked(text, is_control)
}

/// The same for text in lines of our own, whose ends stay.
pub(super) fn visible_lines(text: &str) -> Cow<'_, str> {
    masked(text, |letter| letter != '\n' && is_control(letter))
}

/// JSON in which each such letter is written as JSON escapes it, so that the value is the same. Line ends are
/// between values: within texts they are escaped already.
pub(super) fn visible_json(text: &str) -> Cow<'_, str> {
    let is_masked = |letter: char| letter != '\n' && is_control(letter);
    if !text.contains(is_masked) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if is_masked(letter) {
            out.push_str(&format!("\\u{:04x}", u32::from(letter)));
        } else {
            out.push(letter);
        }
    }
    Cow::Owned(out)
}

fn masked(text: &str, is_masked: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_masked) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|letter| if is_masked(letter) { MASK } else { letter }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_letter_that_a_terminal_obeys_is_masked_and_no_other() {
        for code in 0..=0x0010_ffff {
            let Some(letter) = char::from_u32(code) else { continue };
            let is_obeyed = letter.is_control()
                || [0x61c, 0x200e, 0x200f].contains(&code)
                || (0x2028..=0x202e).contains(&code)
                || (0x2066..=0x2069).contains(&code);
            let text = String::from(letter);
            let expected = if is_obeyed { "?" } else { &text };
            assert_eq!(visible(&text), expected, "U+{code:04X}");
        }
    }

    #[test]
    fn our_own_line_ends_stay_and_returns_do_not() {
        assert_eq!(visible_lines("one\r\ntwo\u{9b}2J"), "one?\ntwo?2J");
    }

    #[test]
    fn json_keeps_its_value() {
        let value = serde_json::json!({ "result": "a\u{9b}2J\u{202e}\u{7f}\n\u{2028}z" });
        let text = serde_json::to_string_pretty(&value).expect("JSON");
        let shown = visible_json(&text);
        assert!(!shown.contains(|letter| letter != '\n' && is_control(letter)), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).expect("JSON"), value);
    }
}
