//! Gives the client's settings a user.
//!
//! A connection string is the only way to make settings, and the client sends a password as it is encoded
//! there. But settings can be serialized, so they are read back with the user that is meant.

use serde::Deserialize as _;
use serde::de::value::MapDeserializer;
use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Value, json};

use super::driver::{ClientSettings, Credentials};

/// `None` when the client's release keeps its settings otherwise than this file believes. What exactly it
/// minds stays untold, for the password could be in it.
pub(crate) fn with_credentials(
    settings: &ClientSettings,
    login: &str,
    password: &str,
) -> Option<ClientSettings> {
    let mut written = serde_json::to_value(settings).ok()?;
    written["default_user_name"] = json!({ "login": login, "password": password });
    let settings = ClientSettings::deserialize(Signed(written)).ok()?;
    let meant = Credentials::new(login.to_owned(), password.to_owned());
    (settings.default_authenticated_user().as_ref() == Some(&meant)).then_some(settings)
}

/// JSON of which every number is signed: the client writes its durations unsigned and reads them signed, and
/// for it the largest of the one is -1 of the other.
struct Signed(Value);

impl IntoDeserializer<'_, serde_json::Error> for Signed {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Signed {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.0 {
            Value::Number(number) => match number.as_u64() {
                Some(unsigned) => visitor.visit_i64(unsigned.cast_signed()),
                None => Value::Number(number).deserialize_any(visitor),
            },
            Value::Object(fields) => {
                let fields = fields.into_iter().map(|(name, value)| (name, Self(value)));
                visitor.visit_map(MapDeserializer::new(fields))
            }
            other => other.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_other_setting_stays_as_it_was() {
        let text = "one:2113,two:2114?tls=true&tlsVerifyCert=false&maxDiscoverAttempts=7\
                    &discoveryInterval=13&gossipTimeout=17&nodePreference=follower&keepAliveInterval=-1\
                    &keepAliveTimeout=-1&defaultDeadline=19&connectionName=ledger&tlsCAFile=ca\
                    &userCertFile=cert&userKeyFile=key";
        for text in [text, "one", "one,two?tls=false"] {
            let parsed = |text: String| text.parse::<ClientSettings>().expect("it parses");
            let meant = parsed(format!("esdb://ledger:secret@{text}"));
            let bare = parsed(format!("esdb://{text}"));
            assert_eq!(with_credentials(&bare, "ledger", "secret").expect("it does"), meant);
        }
    }
}
