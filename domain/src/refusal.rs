//! A delivery that a rule did not let in.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Rule;

/// The rule that refused and what it saw, in prose without personal data.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("{}: {detail}", rule.code())]
pub struct Refusal {
    /// The rule.
    pub rule: Rule,
    /// What it saw.
    pub detail: String,
}

impl Refusal {
    /// A refusal with its circumstances.
    #[must_use]
    pub fn new(rule: Rule, detail: impl Into<String>) -> Self {
        Self { rule, detail: detail.into() }
    }
}
