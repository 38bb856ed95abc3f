//! Text that PostgreSQL cannot hold.
//!
//! A producer's JSON may hold U+0000, which no text in PostgreSQL can. It is kept as U+0001 U+0001, and
//! U+0001 itself as U+0001 U+0002. Every other text is kept as it is. Different texts stay different, and
//! since every text is compared by its bytes, they stay in the same order, so conditions and orders mean what
//! they mean elsewhere.

use std::borrow::Cow;

/// What PostgreSQL keeps for a text.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['\0', '\u{1}']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\0' => escaped.push_str("\u{1}\u{1}"),
            '\u{1}' => escaped.push_str("\u{1}\u{2}"),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

/// The text for which PostgreSQL keeps `escaped`; `None` for what [`escape`] never returns.
pub(super) fn unescape(escaped: &str) -> Option<Cow<'_, str>> {
    if !escaped.contains('\u{1}') {
        return Some(Cow::Borrowed(escaped));
    }
    let mut text = String::with_capacity(escaped.len());
    let mut characters = escaped.chars();
    while let Some(character) = characters.next() {
        text.push(match character {
            '\u{1}' => match characters.next()? {
                '\u{1}' => '\0',
                '\u{2}' => '\u{1}',
                _ => return None,
            },
            other => other,
        });
    }
    Some(Cow::Owned(text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{escape, unescape};

    /// Texts of the characters that matter.
    fn texts() -> impl Strategy<Value = String> {
        proptest::collection::vec(
            proptest::sample::select(vec!['\0', '\u{1}', '\u{2}', '\u{3}', 'a', 'ї', '🙂']),
            0..6,
        )
        .prop_map(|characters| characters.into_iter().collect())
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in texts()) {
            let escaped = escape(&text);
            prop_assert!(!escaped.contains('\0'));
            let text_again = unescape(&escaped);
            prop_assert_eq!(text_again.as_deref(), Some(&*text));
        }

        #[test]
        fn the_order_of_texts_stays(one in texts(), other in texts()) {
            prop_assert_eq!(escape(&one).cmp(&escape(&other)), one.cmp(&other));
        }
    }

    #[test]
    fn what_no_text_escapes_to_is_refused() {
        for strange in ["\u{1}", "a\u{1}", "\u{1}\u{3}", "\u{1}a"] {
            assert_eq!(unescape(strange), None);
        }
    }
}
