//! The rule of RFC 9112 about `Host`: a proxy and the service must not read two hosts out of one request.

use axum::http::{HeaderMap, StatusCode, Version, header};

use crate::http::problem::Problem;

/// Refuses a request that names its host twice, or in HTTP/1.1 not at all.
pub(super) fn check(version: Version, headers: &HeaderMap) -> Result<(), Problem> {
    let title = match headers.get_all(header::HOST).iter().take(2).count() {
        0 if version == Version::HTTP_11 => "The request has no Host header",
        0 | 1 => return Ok(()),
        _ => "The request has more than one Host header",
    };
    Err(Problem::new(StatusCode::BAD_REQUEST, "host_invalid", title)
        .with_detail("Nothing was read or recorded.")
        .with_hint("Send exactly one `Host` header, as RFC 9112 has it in section 3.2.")
        .closing_connection())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn one_host_is_right_two_are_wrong_and_none_is_for_http_1_0_only() {
        for (version, hosts, is_right) in [
            (Version::HTTP_11, &[][..], false),
            (Version::HTTP_11, &["ledger"], true),
            (Version::HTTP_11, &[""], true),
            (Version::HTTP_11, &["ledger", "ledger"], false),
            (Version::HTTP_11, &["a", "b", "c"], false),
            (Version::HTTP_10, &[], true),
            (Version::HTTP_10, &["ledger"], true),
            (Version::HTTP_10, &["ledger", "other"], false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
            for host in hosts {
                headers.append(header::HOST, HeaderValue::from_static(host));
            }
            assert_eq!(check(version, &headers).is_ok(), is_right, "{version:?} {hosts:?}");
        }
    }
}
