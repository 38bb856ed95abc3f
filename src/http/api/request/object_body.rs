//! Bodies that are objects. serde's derived readers take an array in an object's place, by the order of
//! members.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};

/// Reads a body that is one JSON object; `None` for any other.
pub fn object_body<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let read = object(&mut reader).ok()?;
    reader.end().ok()?;
    Some(read)
}

/// Reads an object, as the body or as a member of one.
///
/// # Errors
/// The reader's own, for anything but an object that has these members.
pub fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct ObjectVisitor<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
        type Value = T;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }
    }

    deserializer.deserialize_map(ObjectVisitor(PhantomData))
}
