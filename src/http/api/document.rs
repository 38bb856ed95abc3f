//! The document of the API, for programs and as a page for people.

mod bodies;
mod examples;
mod operations;
mod own_parameters;
mod page;
mod problem_examples;
mod problems;
mod schemas;
mod values;
mod visit;
mod whole;

pub use self::page::{problem_page, reference_page};
pub use self::whole::document;
