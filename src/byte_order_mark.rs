//! In which encoding a text is, as far as its first bytes show: by the mark that some programs write before
//! it, or by the zero bytes between its characters.

/// U+FEFF in UTF-8: no part of the text, and skipped where a body or a file begins with it.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The marks of encodings that are not read. UTF-32 comes first: one of its marks begins with one of UTF-16.
const OTHER_MARKS: [(&[u8], &str); 4] = [
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
];

/// The encoding that a text is in, where its first bytes show that it is another than UTF-8.
pub(crate) fn other_encoding(text: &[u8]) -> Option<&'static str> {
    let marked = OTHER_MARKS.iter().find(|(mark, _)| text.starts_with(mark)).map(|(_, name)| *name);
    marked.or_else(|| unmarked_encoding(text))
}

/// JSON and forms begin with two characters of ASCII, and have no zero byte in UTF-8.
fn unmarked_encoding(text: &[u8]) -> Option<&'static str> {
    match *text.first_chunk()? {
        [first, 0, second, 0] if is_text(first) && is_text(second) => Some("UTF-16LE"),
        [0, first, 0, second] if is_text(first) && is_text(second) => Some("UTF-16BE"),
        [first, 0, 0, 0] if is_text(first) => Some("UTF-32LE"),
        [0, 0, 0, first] if is_text(first) => Some("UTF-32BE"),
        _ => None,
    }
}

fn is_text(byte: u8) -> bool {
    byte.is_ascii_graphic() || byte.is_ascii_whitespace()
}
