//! What the stores in SQLite and PostgreSQL have in common, which is nearly everything that they read.
//!
//! In reading order: `layout` has the tables and what is kept in them, `schema` the migrations; `row` reads
//! rows, whichever database answers with them; `dialect` says how the two write the same statement, and
//! `select` composes the questions for lists; `look` is what a database can do for a reader, and `reader` the
//! port on top of it, with `history` and `canonical`.
//!
//! How rows are written stays with each store: one writes row by row, the other by blocks and COPY.

mod canonical;
mod dialect;
mod fields;
mod history;
pub(crate) mod layout;
mod look;
mod reader;
mod row;
pub(crate) mod schema;
pub(crate) mod select;

pub(crate) use dialect::{Dialect, SqlParameter, SqlQuestion};
pub(crate) use look::{Look, RowVisit};
pub(crate) use reader::SqlReader;
pub(crate) use row::{SqlCell, SqlRow};
