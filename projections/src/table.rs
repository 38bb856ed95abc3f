//! Tables of the read models: for each of them one list of columns, from which everything that spells a row
//! is derived: the row's type, what stores write and read, answers, files and the document of the tables.
//!
//! `column` says what a column and a row are; `table_row!` declares a row with its columns; `value` has the
//! values that columns keep, `column_type` the types that a column can have, and `markdown` writes the
//! columns down for people.

mod column;
mod column_type;
mod declaration;
mod markdown;
mod value;

pub(crate) use column::first;
pub use column::{TableColumn, TableRow, newest_column};
pub use column_type::ColumnType;
pub(crate) use column_type::{integer, kept_as_integer, kept_as_name, text};
pub(crate) use declaration::{row_column, table_columns, table_row};
pub use markdown::to_markdown;
pub use value::{StoredValue, ValueKind};
