//! From a body and the media type in its address to a payload.

use crate::Address;
use crate::form::{FORM_MEDIA_TYPE, parse_form};
use crate::payload::{MalformedPayload, Payload};

impl<'a> Payload<'a> {
    /// Reads a body by the media type in its address, which JSON does not need.
    ///
    /// # Errors
    /// [`MalformedPayload`] with the place of the fault.
    pub fn read(address: &Address, bytes: &'a [u8]) -> Result<Self, MalformedPayload> {
        match address.media_type.as_deref() {
            None => Self::parse(bytes),
            Some(FORM_MEDIA_TYPE) => parse_form(bytes).distinct(),
            Some(other) => Err(MalformedPayload::MediaType(other.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    #[test]
    fn a_form_is_an_object_of_texts() {
        let address = Address { media_type: Some(FORM_MEDIA_TYPE.to_owned()), ..Address::default() };
        let read = |body: &'static [u8]| Payload::read(&address, body);
        let payload = read(b"attempt_id=7&name=%D0%9E+O%27K&empty=&cut=%F0%9F").expect("a form");
        let text = |name: &str| payload.get(name).and_then(Value::as_text);
        assert_eq!(payload.get("attempt_id").and_then(Value::as_integer), Some(7));
        assert_eq!(text("name").as_deref(), Some("\u{41e} O'K"));
        assert_eq!(text("empty"), None);
        assert!(payload.has_unreadable_character());
        assert_eq!(read(b"a=1&a=1"), Err(MalformedPayload::DuplicateKey("a".to_owned())));
        assert_eq!(read(b""), Ok(Payload::default()));
    }
}
