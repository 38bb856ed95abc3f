//! What traffic to invent.

use attempt_ledger_domain::UnixMillis;

/// What traffic to invent. Equal options give equal bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeedOptions {
    /// Another seed gives other calls.
    pub seed: u64,
    /// How many attempts begin.
    pub attempts: u64,
    /// The number of the first attempt; the following ones count up from it.
    pub first_attempt_id: i64,
    /// When the span begins; with [`ArrivalPattern::Day`], midnight where the contact centre is.
    pub start: UnixMillis,
    /// Over how long attempts begin; the last of them ends later.
    pub span_ms: u64,
    /// How attempts spread over the span.
    pub arrivals: ArrivalPattern,
    /// What goes wrong.
    pub scenario: Scenario,
}

/// How the beginnings of attempts spread over the span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArrivalPattern {
    /// As over a working day, with peaks in the morning and in the afternoon; the dialers rest at night.
    Day,
    /// Evenly: for live traffic.
    Steady,
}

/// What goes wrong on the way. Misses, abandoned calls, machines and transfers occur in all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// Nothing: every step arrives once, in order, and every attempt is a lawful run.
    Clean,
    /// A usual day: a few deliveries shuffled, repeated, lost, late or broken.
    Normal,
    /// One delivery of five is malformed or breaks a rule.
    Broken,
}
