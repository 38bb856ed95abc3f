//! The mark that some programs write before a text.

/// U+FEFF in UTF-8: no part of the text, and skipped where a body or a file begins with it.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The marks of encodings that are not read. UTF-32 comes first: one of its marks begins with one of UTF-16.
const OTHER_MARKS: [(&[u8], &str); 4] = [
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
];

/// The encoding that a text is marked with, where it is another than UTF-8.
pub(crate) fn marked_encoding(text: &[u8]) -> Option<&'static str> {
    OTHER_MARKS.iter().find(|(mark, _)| text.starts_with(mark)).map(|(_, name)| *name)
}
