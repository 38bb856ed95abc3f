//! What a payload says, so that equal contents are equal bytes.

use crate::canonical::write_object;
use crate::field::{FieldType, write_typed};
use crate::payload::Payload;

/// Writes what a payload says: equal bytes for equal contents. Fields that are `null` or empty are absent,
/// and values are written by their documented type, so that `"5"` and `5` are one.
pub fn write_content(payload: &Payload<'_>, out: &mut Vec<u8>) {
    let stated = payload.fields.iter().filter(|(_, value)| !value.is_absent()).collect();
    write_object(stated, |name, value, out| write_typed(FieldType::of(name), value, out), out);
}
