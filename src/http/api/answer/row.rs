//! Rows of tables, in answers and in files: both follow from the columns that the rows declare.

use std::borrow::Cow;
use std::collections::HashMap;

use attempt_ledger_projections::table::{StoredValue, TableColumn, TableRow, ValueKind};
use attempt_ledger_projections::{AgentState, AttemptRow, Gap, Gaps, OfferRow, Seconds, StateSet};
use serde::ser::{Error as _, Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;
use utoipa::openapi::schema::{Schema, SchemaType, Type};
use utoipa::openapi::{ObjectBuilder, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::files::{Cell, Column, ColumnKind, Table};

/// A row as an answer shows it: what is not known is left out.
pub struct RowAnswer<R>(pub R);

/// An attempt as an answer shows it.
pub type AttemptRowAnswer = RowAnswer<AttemptRow>;

/// A leg as an answer shows it.
pub type OfferRowAnswer = RowAnswer<OfferRow>;

/// A row that the document of the API describes.
trait DocumentedRow: TableRow {
    /// The name of the schema.
    const NAME: &'static str;
    const DESCRIPTION: &'static str;
}

impl DocumentedRow for AttemptRow {
    const NAME: &'static str = "AttemptRowAnswer";
    const DESCRIPTION: &'static str =
        "One attempt. What is not known is left out. Times are milliseconds since 1970.";
}

impl DocumentedRow for OfferRow {
    const NAME: &'static str = "OfferRowAnswer";
    const DESCRIPTION: &'static str = "One agent's leg of an attempt. What is not known is left out. Times \
                                       are milliseconds since 1970.";
}

/// The names in a set that a column keeps as bits; `None` of a column that keeps no set.
fn names_in_set(kind: ValueKind, bits: i64) -> Option<Vec<&'static str>> {
    let byte = || u8::try_from(bits).expect("a set is a byte");
    match kind {
        ValueKind::Gaps => Some(Gaps(byte()).iter().map(Gap::name).collect()),
        ValueKind::StateSet => Some(StateSet(byte()).iter().map(AgentState::name).collect()),
        _ => None,
    }
}

impl<R: TableRow> Serialize for RowAnswer<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        write_columns(&self.0, &[], &mut members)?;
        members.end()
    }
}

/// Writes what is known of a row, without some columns.
pub(super) fn write_columns<R: TableRow, M: SerializeMap>(
    row: &R,
    left_out: &[&str],
    members: &mut M,
) -> Result<(), M::Error> {
    for column in R::COLUMNS.iter().filter(|column| !left_out.contains(&column.name)) {
        match ((column.value)(row), column.kind) {
            (None, _) => {}
            (Some(StoredValue::Text(json)), ValueKind::Object) => {
                let raw: &RawValue = serde_json::from_str(&json).map_err(M::Error::custom)?;
                members.serialize_entry(column.name, raw)?;
            }
            (Some(StoredValue::Text(text)), _) => members.serialize_entry(column.name, &*text)?,
            (Some(StoredValue::Integer(truth)), ValueKind::Boolean) => {
                members.serialize_entry(column.name, &(truth != 0))?;
            }
            (Some(StoredValue::Integer(number)), kind) => match names_in_set(kind, number) {
                Some(names) => members.serialize_entry(column.name, &names)?,
                None => members.serialize_entry(column.name, &number)?,
            },
            (Some(StoredValue::Real(number)), _) => {
                members.serialize_entry(column.name, &Seconds::of(number))?;
            }
        }
    }
    Ok(())
}

impl<R: DocumentedRow> ToSchema for RowAnswer<R> {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed(R::NAME)
    }
}

impl<R: DocumentedRow> PartialSchema for RowAnswer<R> {
    fn schema() -> RefOr<Schema> {
        let mut object = ObjectBuilder::new().description(Some(R::DESCRIPTION));
        for column in R::COLUMNS {
            object = object.property(column.name, column_schema(column));
            if !column.is_optional {
                object = object.required(column.name);
            }
        }
        object.into()
    }
}

pub(super) fn column_schema<R>(column: &TableColumn<R>) -> RefOr<Schema> {
    let mut schema = schema_of(column.kind, column.is_optional);
    if let Some(description) = column.description {
        match &mut schema {
            RefOr::T(Schema::Object(schema)) => schema.description = Some(description.to_owned()),
            RefOr::T(Schema::Array(schema)) => schema.description = Some(description.to_owned()),
            _ => unreachable!("a value is a number, a text, a truth, a list or an object"),
        }
    }
    schema
}

fn schema_of(kind: ValueKind, is_optional: bool) -> RefOr<Schema> {
    let mut schema = match kind {
        ValueKind::Integer | ValueKind::Time => i64::schema(),
        ValueKind::Count => u32::schema(),
        ValueKind::Position | ValueKind::Duration => u64::schema(),
        ValueKind::Seconds => f64::schema(),
        ValueKind::Text => String::schema(),
        ValueKind::Object => HashMap::<String, String>::schema(),
        ValueKind::Boolean => bool::schema(),
        ValueKind::Gaps | ValueKind::StateSet => Vec::<String>::schema(),
    };
    if let RefOr::T(Schema::Object(object)) = &mut schema
        && let SchemaType::Type(value) = object.schema_type.clone()
        && is_optional
    {
        object.schema_type = SchemaType::from_iter([value, Type::Null]);
    }
    schema
}

/// The columns of files: what is an object in answers has columns of its own.
fn file_columns<R: TableRow>() -> impl Iterator<Item = &'static TableColumn<R>> {
    R::COLUMNS.iter().filter(|column| column.kind != ValueKind::Object)
}

/// The table of a file, with a column for each of the rows' columns.
pub(super) fn table_of<R: TableRow>() -> Table {
    let columns = file_columns::<R>().map(|column| {
        let kind = match column.kind {
            ValueKind::Integer | ValueKind::Count | ValueKind::Position => ColumnKind::Integer,
            ValueKind::Time => ColumnKind::Time,
            ValueKind::Duration => ColumnKind::Duration,
            ValueKind::Seconds => ColumnKind::Real,
            ValueKind::Text | ValueKind::Object | ValueKind::Gaps | ValueKind::StateSet => ColumnKind::Text,
            ValueKind::Boolean => ColumnKind::Boolean,
        };
        Column::new(column.name, kind)
    });
    Table { name: Cow::Borrowed(R::TABLE), columns: columns.collect() }
}

/// A row's cells in a file; a set is one text, its names with a space between.
pub(super) fn cells_of<R: TableRow>(row: &R) -> Vec<Cell<'_>> {
    let cell = |column: &'static TableColumn<R>| match ((column.value)(row), column.kind) {
        (None, _) => Cell::Null,
        (Some(StoredValue::Text(text)), _) => Cell::Text(text),
        (Some(StoredValue::Integer(at)), ValueKind::Time) => Cell::Time(at),
        (Some(StoredValue::Integer(length)), ValueKind::Duration) => Cell::Duration(length),
        (Some(StoredValue::Integer(truth)), ValueKind::Boolean) => Cell::Boolean(truth != 0),
        (Some(StoredValue::Integer(number)), kind) => match names_in_set(kind, number) {
            Some(names) => Cell::Text(names.join(" ").into()),
            None => Cell::Integer(number),
        },
        (Some(StoredValue::Real(number)), _) => Cell::Real(number),
    };
    file_columns::<R>().map(cell).collect()
}
