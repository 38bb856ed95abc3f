//! Errors as clients see them: RFC 9457 problem documents with a stable `code`.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// The media type of a problem document.
pub const PROBLEM_CONTENT_TYPE: &str = "application/problem+json";

/// How bodies may be packed, as the header `Accept-Encoding` says it.
const ENCODINGS: &str = "gzip, zstd";

/// One part of a request that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProblemPart {
    /// A JSON pointer into the body, or the name of a query parameter.
    pub pointer: String,
    /// What is wrong there, and what would be right.
    pub detail: String,
}

/// A problem document (RFC 9457): what went wrong, for programs by `code` and for people by `detail`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// Where the problem is explained, relative to the service: `/problems/{code}`.
    #[serde(rename = "type")]
    type_reference: String,
    /// The problem in a few words, the same for every occurrence.
    title: String,
    /// The HTTP status, repeated for those who keep only the body.
    status: u16,
    /// What happened this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The id of the request, as in the header `x-request-id` and in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    /// The stable name of the problem, or of the rule that refused.
    code: String,
    /// Under which id a refused delivery was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal_id: Option<String>,
    /// Where the log ends, when a position beyond it was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<u64>,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// The single parts that are wrong, when there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<ProblemPart>,
    #[serde(skip)]
    retry_after_s: Option<u32>,
    #[serde(skip)]
    closes_connection: bool,
    /// The encodings that would be taken.
    #[serde(skip)]
    accept_encoding: Option<&'static str>,
}

impl Problem {
    /// A problem with its status, its stable code and its title.
    pub fn new(status: StatusCode, code: impl Into<String>, title: impl Into<String>) -> Self {
        let code = code.into();
        Self {
            type_reference: format!("/problems/{code}"),
            title: title.into(),
            status: status.as_u16(),
            detail: None,
            instance: None,
            code,
            refusal_id: None,
            head: None,
            hint: None,
            errors: Vec::new(),
            retry_after_s: None,
            closes_connection: false,
            accept_encoding: None,
        }
    }

    /// Says what happened this time. Never put a payload's values here.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Names the request; the edge does this for every answer that passes through it.
    #[must_use]
    pub fn with_instance(mut self, request_id: impl Into<String>) -> Self {
        self.instance = Some(request_id.into());
        self
    }

    /// Says under which id the refused delivery was kept.
    #[must_use]
    pub fn with_refusal_id(mut self, refusal_id: impl Into<String>) -> Self {
        self.refusal_id = Some(refusal_id.into());
        self
    }

    /// Says where the log ends.
    #[must_use]
    pub fn with_head(mut self, head: u64) -> Self {
        self.head = Some(head);
        self
    }

    /// Adds one part of the request that is wrong.
    #[must_use]
    pub fn with_error(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        self.errors.push(ProblemPart { pointer: pointer.into(), detail: detail.into() });
        self
    }

    /// Asks the client to come back after so many seconds (`Retry-After`).
    #[must_use]
    pub fn with_retry_after_s(mut self, retry_after_s: u32) -> Self {
        self.retry_after_s = Some(retry_after_s);
        self
    }

    /// Says nothing about when to ask again, because waiting does not help.
    #[must_use]
    pub(crate) fn without_retry(mut self) -> Self {
        self.retry_after_s = None;
        self
    }

    /// Ends the connection with this answer, because the rest of the request will not be read.
    #[must_use]
    pub(crate) fn closing_connection(mut self) -> Self {
        self.closes_connection = true;
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The stable code.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The document as JSON bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a problem holds only strings and a number")
    }

    /// The answer with only the document's own headers, and without the copy that the edge looks for.
    pub(crate) fn render(&self) -> Response {
        let mut response = Response::new(Body::from(self.to_bytes()));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_CONTENT_TYPE));
        if let Some(retry_after_s) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after_s));
        }
        if let Some(encodings) = self.accept_encoding {
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(encodings));
        }
        if self.closes_connection {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// What the problem was made from, left in the answer for the edge, which alone knows the request's id.
#[derive(Clone, Debug)]
pub(crate) struct ProblemExtension(pub(crate) Box<Problem>);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.render();
        response.extensions_mut().insert(ProblemExtension(Box::new(self)));
        response
    }
}

/// The problems that the edge itself answers with.
impl Problem {
    /// 404: no route, or no such thing.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "Nothing is here")
            .with_hint("The paths are described at /docs, and listed in /openapi.json.")
    }

    /// 405: the path exists, with other methods; `Allow` lists them.
    pub fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This path has no such method")
            .with_hint("The header `Allow` lists the methods that it has.")
    }

    /// 413: the body is longer than the service takes.
    pub fn body_too_large(body_bytes_max: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large")
            .with_detail(format!("A body may have {body_bytes_max} bytes at most."))
            .with_hint("Split the batch and send it in parts.")
            .closing_connection()
    }

    /// 413: the body unpacks to more than the service takes.
    pub fn unpacked_body_too_large(body_bytes_max: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large")
            .with_detail(format!(
                "A body may unpack to {body_bytes_max} bytes at most. Nothing was recorded."
            ))
            .with_hint("Split the batch and send it in parts.")
    }

    /// 415: the body is packed in a way that is not known; nothing of it was looked at.
    pub fn encoding_unsupported() -> Self {
        let title = "The body's Content-Encoding is not supported";
        let problem = Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "encoding_unsupported", title)
            .with_detail(format!("A body may be packed once, by one of: {ENCODINGS}. Nothing was recorded."))
            .with_hint("Send it as it is, or packed in one of these ways.");
        Self { accept_encoding: Some(ENCODINGS), ..problem }
    }

    /// 415: the body is packed, and the route takes none that is; nothing of it was looked at.
    pub fn packed_body_unsupported() -> Self {
        let title = "The body's Content-Encoding is not supported";
        let problem = Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "encoding_unsupported", title)
            .with_detail("Only deliveries may be packed. Nothing was recorded.")
            .with_hint("Send the body as it is, without `Content-Encoding`.");
        Self { accept_encoding: Some("identity"), ..problem }
    }

    /// 415: the body is of a form that is not read; nothing of it was looked at.
    pub fn media_type_unsupported() -> Self {
        let title = "The body's Content-Type is not supported";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type_unsupported", title)
            .with_detail("Bodies are JSON, NDJSON, CloudEvents in JSON, or a form. Nothing was recorded.")
            .with_hint("Have the sender write JSON: docs/delivery.md lists the formats.")
    }

    /// 415: the body is text in another encoding than UTF-8; nothing of it was looked at.
    pub fn charset_unsupported(charset: &str) -> Self {
        let title = "The body's encoding is not supported";
        // What a header says is repeated only where it is a name.
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        let named =
            if charset.len() <= 40 && charset.bytes().all(is_name) { charset } else { "another encoding" };
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "charset_unsupported", title)
            .with_detail(format!("It is in {named}. Nothing was recorded."))
            .with_hint("Send it in UTF-8.")
    }

    /// 408: the body did not arrive in time.
    pub fn body_timed_out(body_timeout_ms: u64) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "body_timed_out", "The body did not arrive in time")
            .with_detail(format!("The service waits {body_timeout_ms} ms in all for the bytes of a body."))
            .with_hint("Send the request again, with the same identity.")
            .closing_connection()
    }

    /// 503: the handler did not answer in time; whether it acted is not known.
    pub fn request_timed_out(request_timeout_ms: u64) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "request_timed_out", "The answer was not ready in time")
            .with_detail(format!(
                "The service gave up after {request_timeout_ms} ms; whether it took effect is not known."
            ))
            .with_hint("Send it again with the same identity: what was recorded is not recorded twice.")
            .with_retry_after_s(1)
    }

    /// 503: every place for a connection is taken.
    pub fn overloaded(retry_after_s: u32) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_connections", "Too many connections")
            .with_detail("Every place for a connection is taken.")
            .with_hint("Come back after `Retry-After`, and reuse connections where you can.")
            .with_retry_after_s(retry_after_s)
            .closing_connection()
    }

    /// 503: nobody waits for the answer any more.
    pub(crate) fn given_up() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "given_up", "The question was given up")
            .with_hint("Ask again.")
    }

    /// 503: too many questions are being answered.
    pub fn too_many_questions() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_questions", "Too many questions at once")
            .with_detail("Every thread that answers questions is busy. Deliveries are still taken.")
            .with_hint("Ask again after `Retry-After`, and ask for less at once.")
            .with_retry_after_s(1)
    }

    /// 503: there is no memory for the body; nothing of it was taken.
    pub fn no_body_memory() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_bodies", "Too many large bodies at once")
            .with_detail("The memory for bodies is taken. Nothing of this one was recorded.")
            .with_hint("Send it again after `Retry-After`, in smaller parts.")
            .with_retry_after_s(1)
            .closing_connection()
    }

    /// 503: there is no memory to keep the answer until it is read.
    pub fn no_answer_memory() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_answers", "Too many large answers at once")
            .with_detail("The memory for answers is taken by clients that are slow to read theirs.")
            .with_hint("Ask again after `Retry-After`, or for smaller pages.")
            .with_retry_after_s(1)
    }

    /// 500: a fault of ours, whose detail is in the log only.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "The service failed")
            .with_detail("This is a fault of the service, not of the request.")
            .with_hint("The log of the service tells more under the request id given as `instance`.")
    }

    /// The problem for an error answer that came without a body.
    pub(crate) fn bare(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::not_found(),
            StatusCode::METHOD_NOT_ALLOWED => Self::method_not_allowed(),
            StatusCode::INTERNAL_SERVER_ERROR => Self::internal(),
            _ => {
                let title = status.canonical_reason().unwrap_or("The request failed");
                let code = title.to_ascii_lowercase().replace([' ', '-'], "_").replace('\'', "");
                Self::new(status, code, title)
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn only_members_that_are_known_are_written() {
        let text = String::from_utf8(Problem::not_found().to_bytes()).unwrap();
        assert_eq!(
            text,
            r#"{"type":"/problems/not_found","title":"Nothing is here","status":404,"code":"not_found","#
                .to_owned()
                + r#""hint":"The paths are described at /docs, and listed in /openapi.json."}"#
        );
    }

    #[test]
    fn a_refusal_carries_its_rule_its_id_and_its_parts() {
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "left_only_once", "Refused and kept")
            .with_refusal_id("r-1")
            .with_error("/event", "a second Leaving");
        let value: serde_json::Value = serde_json::from_slice(&problem.to_bytes()).unwrap();
        assert_eq!(value["refusal_id"], "r-1");
        assert_eq!(value["errors"][0]["pointer"], "/event");
        assert_eq!(value["type"], "/problems/left_only_once");
    }

    #[test]
    fn a_bare_status_gets_a_code_in_words() {
        assert_eq!(Problem::bare(StatusCode::IM_A_TEAPOT).code(), "im_a_teapot");
        assert_eq!(Problem::bare(StatusCode::NOT_FOUND).code(), "not_found");
    }
}
