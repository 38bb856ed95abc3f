//! Hooks as forms send them: `attempt_id=7&queue_id=17`.

use crate::payload::Payload;
use crate::value::Value;

/// The media type of such a body.
pub const FORM_MEDIA_TYPE: &str = "application/x-www-form-urlencoded";

/// Reads the fields, each a text. What is no UTF-8 becomes U+FFFD; any bytes at all are a form.
pub(crate) fn parse_form(body: &[u8]) -> Payload<'_> {
    let fields = form_urlencoded::parse(body).map(|(name, text)| (name, Value::Text(text)));
    Payload { fields: fields.collect() }
}
