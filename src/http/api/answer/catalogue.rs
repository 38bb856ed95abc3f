//! What every published number means.

use attempt_ledger_projections::metrics::{Definition, HistoryKind, Unit};
use serde::Serialize;
use utoipa::ToSchema;

/// Every metric.
#[derive(Serialize, ToSchema)]
pub struct CatalogueAnswer {
    /// In the order of the catalogue.
    pub metrics: Vec<MetricAnswer>,
}

/// What one metric means.
#[derive(Serialize, ToSchema)]
pub struct MetricAnswer {
    /// Its name in questions and answers.
    pub key: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// Over the instants J, O, A, B, M, P, L and E of an attempt.
    pub formula: &'static str,
    /// What is counted, or summed.
    pub numerator: &'static str,
    /// What that is divided by; absent when by nothing.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub denominator: &'static str,
    /// `count`, `milliseconds` or `ratio`.
    #[schema(value_type = String)]
    pub unit: Unit,
    /// Who in the field defines it so.
    pub source: &'static str,
    /// Changes with the meaning.
    pub version: u32,
    /// In whose history it exists: `queue`, `agent`.
    #[schema(value_type = Vec<String>)]
    pub histories: &'static [HistoryKind],
    #[doc = "The instants that its formula reads, as letters: a queue that is defined not to send one has no \
             value of it."]
    pub needs: Vec<&'static str>,
    /// Why the dialer's events cannot give it; its value is always null then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknowable: Option<&'static str>,
}

impl MetricAnswer {
    pub fn of(definition: &'static Definition) -> Self {
        let Definition {
            key, name, formula, numerator, denominator, unit, source, version, histories, ..
        } = *definition;
        let (needs, unknowable) = (definition.needs().collect(), definition.unknowable());
        Self {
            key,
            name,
            formula,
            numerator,
            denominator,
            unit,
            source,
            version,
            histories,
            needs,
            unknowable,
        }
    }
}
