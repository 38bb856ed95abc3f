//! The house rules, as far as a program can see them: `cargo test --test tidy`.
//!
//! A rule that is broken names file and line, and says what to do.

mod circles;
mod documents;
mod files;
mod lengths;
mod limits;
mod modules;
mod names;
mod pages;
mod planted;
mod problems;
mod prose;
mod sources;
mod waiting;
mod words;
