//! What was sent and what was acknowledged, kept in the test's process, which survives the server.

use std::collections::HashSet;

use attempt_ledger::ledger::Receipt;
use attempt_ledger_domain::HookName;
use uuid::Uuid;

use super::hooks::Hook;
use crate::support::http::Answer;

/// An event or an observation that the server said is recorded.
#[derive(Clone, Debug)]
pub struct Ack {
    pub attempt_id: i64,
    /// None of an observation.
    pub revision: Option<u32>,
    pub position: u64,
    pub hook: HookName,
    pub body: String,
}

/// A refusal that the server said is kept.
#[derive(Clone, Debug)]
pub struct KeptRefusal {
    pub refusal_id: Uuid,
    pub body: String,
}

#[derive(Clone, Debug, Default)]
pub struct AckLog {
    pub sent: HashSet<(HookName, String)>,
    pub acks: Vec<Ack>,
    pub refusals: Vec<KeptRefusal>,
}

impl AckLog {
    /// Must be called before the first byte leaves.
    pub fn will_send(&mut self, hook: &Hook) {
        self.sent.insert((hook.name, hook.body.clone()));
    }

    /// Notes an answer; `false` when it acknowledged nothing.
    pub fn note(&mut self, hook: &Hook, answer: &Answer) -> bool {
        let body = answer.json();
        let number = |name: &str| body[name].as_u64().unwrap_or_else(|| panic!("{name}: {answer:?}"));
        match answer.status {
            200 | 201 => self.acks.push(Ack {
                attempt_id: body["attempt_id"].as_i64().unwrap(),
                revision: hook.name.event().map(|_| number("revision").try_into().unwrap()),
                position: number("position"),
                hook: hook.name,
                body: hook.body.clone(),
            }),
            422 => self.refusals.push(KeptRefusal {
                refusal_id: body["refusal_id"].as_str().unwrap().parse().unwrap(),
                body: hook.body.clone(),
            }),
            500 | 503 | 507 => return false,
            _ => panic!("the server answered {answer:?}"),
        }
        true
    }

    /// Notes a receipt of the library.
    pub fn note_receipt(&mut self, hook: &Hook, receipt: &Receipt) {
        let (attempt_id, revision, position) = match receipt {
            Receipt::Recorded(place) | Receipt::Duplicate(place) => {
                (Some(place.attempt_id), Some(place.revision.0), place.position)
            }
            Receipt::Observed(place) => (place.attempt_id, None, place.position),
            Receipt::Refused(_) => panic!("a lawful hook was refused: {receipt:?}"),
        };
        self.acks.push(Ack {
            attempt_id: attempt_id.expect("every hook names an attempt").0,
            revision,
            position: position.0,
            hook: hook.name,
            body: hook.body.clone(),
        });
    }
}
