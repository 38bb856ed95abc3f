//! Which form of an answer a client names.

use axum::http::{HeaderMap, header};

/// Whether `Accept` names one of these media types.
pub fn accepts(headers: &HeaderMap, media_types: &[&str]) -> bool {
    let lists = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let named = lists.flat_map(|list| list.split(',')).map(|range| range.split(';').next().unwrap_or(range));
    let mut named = named.map(str::trim);
    named.any(|name| media_types.iter().any(|media_type| name.eq_ignore_ascii_case(media_type)))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_media_type_is_named_whole_whatever_stands_beside_it() {
        let one_of = |accept: &'static str| {
            let headers = [(header::ACCEPT, HeaderValue::from_static(accept))].into_iter().collect();
            accepts(&headers, &["text/event-stream", "application/x-ndjson"])
        };
        assert!(one_of("text/event-stream") && one_of("application/json, Text/Event-Stream;q=0.5"));
        assert!(one_of("application/x-ndjson ; charset=utf-8"));
        assert!(!one_of("text/event-stream-of-another-kind") && !one_of("*/*") && !one_of(""));
    }
}
