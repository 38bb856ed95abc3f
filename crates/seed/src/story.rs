//! One attempt as it happened: its steps, and what payloads carry at each of them.

use attempt_ledger_domain::HookName;

use super::chance::LegId;
use super::pool::Agent;
use super::queue::SeedQueue;

/// What the dialer sends as `joined_at` for attempts of an offline queue: its zero time.
pub(super) const ZERO_TIME: i64 = -6_795_364_578_871;

/// One step, reported by the hook when it happened.
#[derive(Clone)]
pub(super) struct StoryStep {
    /// The payload's `timestamp`.
    pub(super) at: i64,
    /// What the hook's URL names.
    pub(super) hook: HookName,
    /// The payload's `state`: nearly always what the URL names.
    pub(super) state: &'static str,
    pub(super) agent: Option<Agent>,
    pub(super) agent_leg: Option<LegId>,
    /// The payload's `cc_result`; empty while there is none.
    pub(super) result: &'static str,
    /// The payload's `member_stop_cause`; empty while there is none.
    pub(super) stop_cause: &'static str,
}

/// The leg that the payload's `call_*` fields describe.
pub(super) struct CallLeg {
    pub(super) leg: LegId,
    pub(super) created_at: i64,
    pub(super) answered_at: Option<i64>,
    pub(super) bridged_at: Option<i64>,
    pub(super) ended_at: Option<i64>,
    /// From when on payloads know that the leg has ended.
    pub(super) end_known_at: Option<i64>,
    pub(super) cause: &'static str,
    pub(super) sip_code: u64,
    pub(super) amd_result: &'static str,
    /// The dialer missed the ringing and takes 1970 for its time: durations are then as large as clocks.
    pub(super) creation_unknown: bool,
}

/// A conversation of a chat or a message queue.
pub(super) struct Conversation {
    pub(super) leg: LegId,
    /// Payloads carry the leg from the first offer on.
    pub(super) offered_at: Option<i64>,
    pub(super) ended_at: Option<i64>,
}

/// How the subscriber is addressed.
#[derive(Clone, Copy)]
pub(super) enum Destination {
    /// A number of a range that no operator serves.
    Phone(u64),
    Account(u64),
    Ticket(u64),
}

/// What `member_name` says.
#[derive(Clone, Copy)]
pub(super) enum MemberName {
    Person(u64),
    /// The caller's number.
    Destination,
    /// The conversation's id, which chats show in place of a name.
    Conversation,
    Text(&'static str),
}

/// The subscriber.
#[derive(Clone, Copy)]
pub(super) struct SeedMember {
    /// The dialer's number of a listed member; nobody who comes by himself has one.
    pub(super) id: Option<u64>,
    pub(super) name: MemberName,
    pub(super) destination: Destination,
    pub(super) mobile: bool,
    pub(super) attempt_number: u64,
    pub(super) bucket_id: Option<u64>,
    /// The gateway; 0 when there is none.
    pub(super) resource_id: u64,
}

/// The value of a variable, in a form that needs no memory of its own.
#[derive(Clone, Copy)]
pub(super) enum VariableValue {
    Text(&'static str),
    Number(u64),
    /// A prefix and a number.
    Code(&'static str, u64),
    /// Hundredths.
    Money(u64),
}

/// A member's, call's, form's or queue's variable: a payload field that is not the dialer's own.
pub(super) struct Variable {
    pub(super) name: &'static str,
    pub(super) value: VariableValue,
    /// No payload before this carries it.
    pub(super) known_from: i64,
}

/// One attempt.
pub(super) struct Story {
    pub(super) attempt_id: i64,
    pub(super) queue: &'static SeedQueue,
    pub(super) joined_at: i64,
    pub(super) bridged_at: Option<i64>,
    /// Since when it waits for an agent, where the dialer reports that.
    pub(super) waits_from: Option<i64>,
    pub(super) member: SeedMember,
    pub(super) call: Option<CallLeg>,
    pub(super) conversation: Option<Conversation>,
    /// Sorted by name before the first payload is written.
    pub(super) variables: Vec<Variable>,
    /// In the order of their times.
    pub(super) steps: Vec<StoryStep>,
}

/// Whether `moment` has come by `at`.
pub(super) fn reached(moment: Option<i64>, at: i64) -> bool {
    moment.is_some_and(|moment| moment <= at)
}
