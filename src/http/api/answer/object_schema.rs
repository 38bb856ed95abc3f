//! Schemas of objects that other crates serialize: the document describes them here, and nothing copies them.

use utoipa::PartialSchema;
use utoipa::openapi::schema::{KnownFormat, Schema, SchemaFormat, Type};
use utoipa::openapi::{ObjectBuilder, RefOr};

/// A member of an object: its name, its schema, and what it means, or nothing where the name says it.
pub struct Member(&'static str, RefOr<Schema>, &'static str);

/// A member whose values are UUIDs.
pub fn uuid_member(name: &'static str, description: &'static str) -> Member {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
    Member(name, schema.into(), description)
}

/// A member whose values are of a type.
pub fn member<T: PartialSchema>(name: &'static str, description: &'static str) -> Member {
    Member(name, T::schema(), description)
}

/// The schema of an object that has every one of these members.
pub fn object_schema(description: &str, members: Vec<Member>) -> RefOr<Schema> {
    let mut object = ObjectBuilder::new().description(Some(description));
    for Member(name, mut schema, meaning) in members {
        if let RefOr::T(Schema::Object(schema)) = &mut schema
            && !meaning.is_empty()
        {
            schema.description = Some(meaning.to_owned());
        }
        object = object.property(name, schema).required(name);
    }
    object.into()
}
