//! Text in another encoding than UTF-8: none is read, because a reader of bytes would cut it up.

use axum::http::{HeaderMap, header};

use crate::byte_order_mark::other_encoding;

/// Names of UTF-8 and of what is a part of it.
const READ: [&str; 4] = ["utf-8", "utf8", "us-ascii", "ascii"];

/// The encoding that the body shows or that its `Content-Type` names, where it is another than UTF-8. Text
/// that is UTF-8 all the same is read, whatever it is called.
pub fn foreign_charset(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    if let Some(name) = other_encoding(body) {
        return Some(name.to_owned());
    }
    let charset = stated_charset(headers)?.to_ascii_lowercase();
    // A label is often wrong where the text is not. Text of two or four bytes a character has a zero byte in
    // each of JSON's own.
    let is_read = READ.contains(&charset.as_str()) || std::str::from_utf8(body).is_ok() && !body.contains(&0);
    (!is_read).then_some(charset)
}

/// The parameter `charset` of the media type.
fn stated_charset(headers: &HeaderMap) -> Option<&str> {
    let mut parameters = headers.get(header::CONTENT_TYPE)?.to_str().ok()?.split(';').skip(1);
    let charset = parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    charset.filter(|charset| !charset.is_empty())
}
