//! Schemas of objects that other crates serialize: the document describes them here, and nothing copies them.

use utoipa::PartialSchema;
use utoipa::openapi::schema::{KnownFormat, Schema, SchemaFormat, Type};
use utoipa::openapi::{ObjectBuilder, RefOr};

/// A member of an object: its name, its schema, what it means, or nothing where the name says it, and whether
/// it is always there.
pub struct Member(&'static str, RefOr<Schema>, &'static str, bool);

impl Member {
    /// A member that is left out where there is nothing to say.
    pub fn or_absent(self) -> Self {
        Self(self.0, self.1, self.2, false)
    }
}

/// A member whose values are UUIDs.
pub fn uuid_member(name: &'static str, description: &'static str) -> Member {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
    schema_member(name, schema.into(), description)
}

/// A member whose values are of a type.
pub fn member<T: PartialSchema>(name: &'static str, description: &'static str) -> Member {
    schema_member(name, T::schema(), description)
}

/// A member whose values are texts of a few.
pub fn names_member(name: &'static str, names: &[&'static str], description: &'static str) -> Member {
    let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names.iter().copied()));
    schema_member(name, schema.into(), description)
}

/// A member of any schema.
pub fn schema_member(name: &'static str, schema: RefOr<Schema>, description: &'static str) -> Member {
    Member(name, schema, description, true)
}

/// The schema of an object that has these members.
pub fn object_schema(description: &str, members: Vec<Member>) -> RefOr<Schema> {
    let mut object = ObjectBuilder::new().description(Some(description));
    for Member(name, mut schema, meaning, is_always_there) in members {
        let meaning = Some(meaning.to_owned()).filter(|meaning| !meaning.is_empty());
        match &mut schema {
            RefOr::T(Schema::Object(schema)) => schema.description = meaning,
            RefOr::T(Schema::Array(schema)) => schema.description = meaning,
            _ => {}
        }
        object = object.property(name, schema);
        if is_always_there {
            object = object.required(name);
        }
    }
    object.into()
}
