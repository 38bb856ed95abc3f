//! How far wait, talk and after-call work of an attempt have come.

use attempt_ledger_domain::timeline::{Lapse, Lapses};
use serde::Serialize;
use utoipa::ToSchema;

/// A stretch of an attempt. What never happened is `none`, and not `not_known`.
#[derive(Serialize, ToSchema)]
pub struct LapseAnswer {
    /// `known`, `open` while it goes on, `none` where it never happened, else `not_known`.
    pub state: &'static str,
    /// How long it lasted, in milliseconds; only where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
    /// Why it is not known: `not_begun`, `begin_not_reported`, `end_not_reported`, `time_of_receipt` or
    /// `hook_not_sent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
}

/// Wait, talk and after-call work.
#[derive(Serialize, ToSchema)]
pub struct LapsesAnswer {
    pub wait: LapseAnswer,
    pub talk: LapseAnswer,
    pub wrap: LapseAnswer,
}

impl LapseAnswer {
    fn of(lapse: Lapse) -> Self {
        let (state, ms, reason) = match lapse {
            Lapse::Known { ms } => ("known", Some(ms), None),
            Lapse::Open => ("open", None, None),
            Lapse::None => ("none", None, None),
            Lapse::NotKnown { reason } => ("not_known", None, Some(reason.name())),
        };
        Self { state, ms, reason }
    }
}

impl LapsesAnswer {
    pub fn of(lapses: Lapses) -> Self {
        let Lapses { wait, talk, wrap } = lapses;
        Self { wait: LapseAnswer::of(wait), talk: LapseAnswer::of(talk), wrap: LapseAnswer::of(wrap) }
    }
}
