//! Text in another encoding than UTF-8: named and answered 415, never cut up and never read as something
//! else.

use crate::api::harness::{Service, at};

const HOOK: &str = "/v1/hooks/inbound_queue/joined";

/// Text in UTF-16 and in UTF-32.
fn encoded(text: &str) -> [Vec<u8>; 4] {
    let units = || text.encode_utf16();
    let wide = || text.chars().map(u32::from);
    [
        units().flat_map(u16::to_le_bytes).collect(),
        units().flat_map(u16::to_be_bytes).collect(),
        wide().flat_map(u32::to_le_bytes).collect(),
        wide().flat_map(u32::to_be_bytes).collect(),
    ]
}

#[test]
fn a_body_in_another_encoding_is_named_and_refused_with_a_byte_order_mark_and_without() {
    let service = Service::start();
    let marked = encoded(&format!("\u{feff}{}", at(7, 0)));
    let marked = marked.iter().zip(["UTF-16", "UTF-16", "UTF-32", "UTF-32"]);
    let unmarked = encoded(&at(7, 0));
    let unmarked = unmarked.iter().zip(["UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"]);
    for (body, name) in marked.chain(unmarked) {
        for media_type in ["application/json", "application/x-ndjson", "application/cloudevents+json"] {
            let answer = service.post_with(HOOK, &[("content-type", media_type)], body);
            let problem = answer.problem(415, "charset_unsupported");
            assert!(problem["detail"].as_str().unwrap().contains(name), "{problem}");
        }
    }
    assert_eq!(service.head(), 0, "nothing was recorded");
}

#[test]
fn a_charset_other_than_utf_8_is_named_and_refused() {
    let service = Service::start();
    let wide = || at(7, 0).encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (charset, body) in [
        ("utf-16le", wide()),
        ("UTF-16", wide()),
        ("iso-8859-1", b"{\"attempt_id\":7,\"name\":\"Jos\xe9\"}".to_vec()),
        ("\"windows-1251\"", b"{\"attempt_id\":7,\"name\":\"\xc0\xed\xed\xe0\"}".to_vec()),
    ] {
        let media_type = format!("application/json; charset={charset}");
        let answer = service.post_with(HOOK, &[("content-type", &media_type)], body);
        let problem = answer.problem(415, "charset_unsupported");
        let named = charset.trim_matches('"').to_ascii_lowercase();
        assert!(problem["detail"].as_str().unwrap().to_ascii_lowercase().contains(&named), "{problem}");
        assert!(problem["hint"].as_str().unwrap().contains("UTF-8"), "{problem}");
    }
    assert_eq!(service.head(), 0, "nothing was recorded");
}

#[test]
fn text_that_is_utf_8_is_recorded_whatever_it_is_called() {
    let service = Service::start();
    let charsets =
        ["utf-8", "UTF8", "\"utf-8\"", "'utf-8'", "utf-8, application/json", "us-ascii", "", "iso-8859-1"];
    for (attempt_id, charset) in (1..).zip(charsets.into_iter().chain(["windows-1251", "utf-16"])) {
        let media_type = format!("application/json; charset={charset}");
        let body = format!("{{\"attempt_id\":{attempt_id},\"member_name\":\"Ірина\"}}");
        service.post_with(HOOK, &[("content-type", &media_type)], body).expect(201);
    }
}
