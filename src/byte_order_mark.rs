//! The mark that some programs write before a text.

/// U+FEFF in UTF-8: no part of the text, and skipped where a body or a file begins with it.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
