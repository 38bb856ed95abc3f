//! What the first bytes of a connection say: on whose threads the connection is served.
//!
//! A dialer's hook is one small request, most often on a connection of its own. Where pages, streams and
//! large bodies are read and written on the same threads, a hook waits for a processor behind all of
//! them. So a connection is looked at before its first byte is taken, and handed to the threads of what
//! it asks for.

use std::io;
use std::mem::MaybeUninit;

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Request, header};
use httparse::{EMPTY_HEADER, Request as Head};
use socket2::SockRef;
use tokio::net::TcpStream;

use super::options::EdgeOptions;
use super::thread_group::ThreadGroup;
use super::work_class::WorkClass;
use crate::limits::HEADERS_MAX;

/// So much of a head is looked at. A hook's head is far shorter.
const LOOK_BYTES: usize = 4 * 1024;

/// The threads for a connection.
///
/// A connection stays where its first request puts it. What cannot be told from the bytes that came first,
/// because a head was sent in pieces, stays where hooks are served: a hook is never late for a doubt.
pub(super) async fn threads_for(stream: &TcpStream, options: &EdgeOptions) -> io::Result<ThreadGroup> {
    // A silent connection takes no memory for its head.
    stream.readable().await?;
    let mut bytes = vec![0; LOOK_BYTES];
    let length = stream.peek(&mut bytes).await?;
    let Some(head) = read(&bytes[..length]) else { return Ok(ThreadGroup::Hooks) };
    let small_body_bytes_max = options.limits.small_body_bytes_max();
    Ok(match (options.classifier)(&head) {
        WorkClass::Delivery if is_short(&head.headers, small_body_bytes_max) => ThreadGroup::Hooks,
        WorkClass::Delivery => ThreadGroup::Batches,
        WorkClass::Probe => ThreadGroup::Hooks,
        WorkClass::Question => ThreadGroup::Questions,
    })
}

/// Whether the kernel has bytes of a connection, whatever the runtime has heard.
pub(super) fn has_bytes(stream: &TcpStream) -> bool {
    let mut byte = [MaybeUninit::uninit()];
    SockRef::from(stream).peek(&mut byte).is_ok_and(|bytes| bytes > 0)
}

/// Whether a body is stated that may be a single delivery's.
fn is_short(headers: &HeaderMap, small_body_bytes_max: usize) -> bool {
    let stated = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    stated.and_then(|digits| digits.parse::<usize>().ok()).is_some_and(|bytes| bytes <= small_body_bytes_max)
}

/// The head, as far as it decides anything, where all of it is there.
fn read(bytes: &[u8]) -> Option<Parts> {
    let mut lines = [EMPTY_HEADER; HEADERS_MAX];
    let mut head = Head::new(&mut lines);
    if !head.parse(bytes).is_ok_and(|status| status.is_complete()) {
        return None;
    }
    let mut request = Request::builder().method(head.method?).uri(head.path?);
    for line in head.headers.iter().filter(|line| header::CONTENT_LENGTH == line.name) {
        request = request.header(header::CONTENT_LENGTH, HeaderValue::from_bytes(line.value).ok()?);
    }
    Some(request.body(()).ok()?.into_parts().0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    const HOOK: &[u8] =
        b"POST /v1/hooks/inbound/joined?x=1 HTTP/1.1\r\nHost: x\r\nCONTENT-Length: 12\r\n\r\n{\"attempt_id";

    #[test]
    fn a_whole_head_says_what_is_asked_and_how_long_the_body_is() {
        let head = read(HOOK).unwrap();
        assert_eq!((head.method.as_str(), head.uri.path()), ("POST", "/v1/hooks/inbound/joined"));
        assert!(is_short(&head.headers, 12) && !is_short(&head.headers, 11));
    }

    #[test]
    fn every_beginning_of_a_head_says_nothing() {
        let head_bytes = HOOK.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
        for length in 0..head_bytes {
            assert!(read(&HOOK[..length]).is_none(), "{length} bytes");
        }
    }

    #[test]
    fn what_is_no_request_says_nothing() {
        for bytes in [&b"\x16\x03\x01\x02\x00"[..], b"PRI * HTTP/2.0\r\n\r\nSM", b"GET \r\n\r\n"] {
            assert!(read(bytes).is_none(), "{bytes:?}");
        }
    }

    #[test]
    fn a_length_that_is_no_number_or_not_stated_is_not_short() {
        for line in ["content-length: many", "content-length: -1", "transfer-encoding: chunked"] {
            let head = read(format!("POST / HTTP/1.1\r\n{line}\r\n\r\n").as_bytes()).unwrap();
            assert!(!is_short(&head.headers, usize::MAX), "{line}");
        }
    }
}
