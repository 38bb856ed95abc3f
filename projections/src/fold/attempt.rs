//! From the run to the attempt's own row.

use attempt_ledger_domain::timeline::{
    AttemptState, Bound, EndEvidence, EndedBy, Instants, agent_changed, bridged_without_offering,
    missed_without_offering, rests_on_receipt,
};
use attempt_ledger_domain::{AttemptId, EventKind, QueueId, QueueType, UnixMillis};

use super::attempt_fields::{LastAgent, variables};
use super::leg_owners::LegOwners;
use super::step::Step;
use crate::live_answer::AnswerSigns;
use crate::{AttemptClass, AttemptRow, Gap, Gaps, LiveAnswer, MissedBy, OfferOutcome, OfferRow};

/// What an attempt's row is made from.
pub(super) struct RowSource<'a> {
    pub(super) attempt_id: AttemptId,
    pub(super) run: &'a [&'a Step],
    pub(super) last: &'a Step,
    pub(super) aside: &'a [&'a Step],
    pub(super) queue_type: Option<QueueType>,
    pub(super) queue_id: Option<QueueId>,
    pub(super) instants: Instants,
    pub(super) offers: &'a [OfferRow],
    pub(super) owners: &'a LegOwners<'a>,
}

pub(super) fn row(source: &RowSource<'_>) -> AttemptRow {
    let RowSource { run, instants, offers, .. } = source;
    let joined_at = instants.joined.map(|bound| bound.at);
    let begin = instants.joined.unwrap_or(Bound::of(run[0]));
    let bridged_at = instants.bridged.map(|bound| bound.at);
    let left_at = instants.left.map(|bound| bound.at);
    let result = result(run);
    let missed_by = |who| count(offers.iter().filter(|offer| offer.missed_by == Some(who)));
    let amd_result = amd_result(run);
    let live_answer = signs(run, amd_result.as_deref(), bridged_at.is_some()).live_answer(source.queue_type);
    let agent = LastAgent::of(run, source.owners);
    let everything = || run.iter().chain(source.aside);
    AttemptRow {
        attempt_id: source.attempt_id,
        queue_id: source.queue_id,
        queue_type: source.queue_type,
        channel: first(run, |step| step.fields.channel.as_deref()),
        // Once the call is hung up, a user's variables of these names can show through: the first report
        // counts.
        destination: first(run, |step| step.fields.destination.as_deref()),
        member_id: run.iter().find_map(|step| step.fields.member_id),
        attempt_seq: run.iter().find_map(|step| step.fields.attempt_seq),
        state: AttemptState::of(run, instants, rings(source)),
        class: class(source.queue_type, bridged_at.is_some(), left_at.is_some(), live_answer, result),
        result: result.map(str::to_owned),
        call_cause: last(run, |step| step.fields.call_cause.as_deref()),
        call_sip_code: run.iter().rev().find_map(|step| step.fields.call_sip_code),
        amd_result,
        started_at: begin.at,
        joined_at,
        first_offered_at: offers.iter().find_map(|offer| offer.offered_at),
        first_answered_at: first_at(run, |event| matches!(event, EventKind::Answered | EventKind::Active)),
        bridged_at,
        processing_at: instants.processing.map(|bound| bound.at),
        left_at,
        last_event_at: source.last.occurred_at,
        wait_ms: instants.wait_ms(),
        talk_ms: instants.talk_ms(),
        wrap_ms: instants.wrap_ms(),
        handle_ms: instants.handle_ms(),
        offers: count(offers.iter().filter(|offer| offer.offered_at.is_some())),
        bridges: count(offers.iter().filter(|offer| offer.bridged_at.is_some())),
        missed_by_agent: missed_by(MissedBy::Agent),
        missed_by_caller: missed_by(MissedBy::Caller),
        gaps: gaps(run, instants, source.queue_type),
        is_late: run.iter().any(|step| step.is_late()),
        events: count(run.iter()),
        conflicts: count(source.aside.iter()),
        first_position: everything().map(|step| step.position).min().unwrap_or_default(),
        last_position: everything().map(|step| step.position).max().unwrap_or_default(),
        last_recorded_at: everything().map(|step| step.recorded_at).max().unwrap_or_default(),
        live_answer,
        member_answered_at: None,
        use_processing: run.iter().rev().find_map(|step| step.fields.use_processing),
        member_name: first(run, |step| step.fields.member_name.as_deref()),
        member_channel_id: first(run, |step| step.fields.member_channel_id.as_deref()),
        agent_id: agent.agent_id,
        agent_name: agent.agent_name.map(str::to_owned),
        user_id: agent.user_id,
        agent_extension: agent.agent_extension.map(str::to_owned),
        agent_channel_id: agent.agent_channel_id.map(str::to_owned),
        call_bill_sec: run.iter().rev().find_map(|step| step.fields.call_bill_sec),
        call_duration: run.iter().rev().find_map(|step| step.fields.call_duration),
        call_voice_sec: run.iter().rev().find_map(|step| step.fields.call_voice_sec),
        ended_by: EndedBy::of(&EndEvidence::of(run, instants, source.queue_type, result)),
        variables: variables(run),
        is_start_untimed: begin.is_receipt(),
        is_last_event_untimed: Bound::of(source.last).is_receipt(),
    }
}

/// What Leaving states.
fn result<'s>(run: &[&'s Step]) -> Option<&'s str> {
    run.iter().find(|step| step.event == EventKind::Leaving)?.fields.result.as_deref()
}

/// Whether somebody's phone rings.
fn rings(source: &RowSource<'_>) -> bool {
    let rings_at_agent = |offer: &OfferRow| {
        let is_open = offer.outcome == OfferOutcome::Open && offer.offered_at.is_some();
        is_open && offer.ring_ended_at.is_none()
    };
    source.offers.iter().any(rings_at_agent) || rings_at_member(source)
}

/// What detection said last; the AI's verdict where that said nothing.
fn amd_result(run: &[&Step]) -> Option<String> {
    last(run, |step| step.fields.amd_result.as_deref())
        .or_else(|| last(run, |step| step.fields.amd_ai_result.as_deref()))
}

fn signs<'a>(run: &[&Step], verdict: Option<&'a str>, is_bridged: bool) -> AnswerSigns<'a> {
    let mut lengths = run.iter().filter_map(|step| step.fields.call_voice_sec);
    AnswerSigns { verdict, has_voice: lengths.any(|length| length.number() > 0.0), is_bridged }
}

/// Outbound IVR has no agents: what rings there is the member's phone.
fn rings_at_member(source: &RowSource<'_>) -> bool {
    let has_agents = source.queue_type.is_some_and(QueueType::has_agents);
    !has_agents && source.last.event == EventKind::Offering
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

fn first(run: &[&Step], read: impl Fn(&Step) -> Option<&str>) -> Option<String> {
    run.iter().find_map(|step| read(step)).map(str::to_owned)
}

fn last(run: &[&Step], read: impl Fn(&Step) -> Option<&str>) -> Option<String> {
    run.iter().rev().find_map(|step| read(step)).map(str::to_owned)
}

fn first_at(run: &[&Step], is_meant: impl Fn(EventKind) -> bool) -> Option<UnixMillis> {
    run.iter().find(|step| is_meant(step.event)).map(|step| step.occurred_at)
}

/// The result names are those that the producer sends, and those that it keeps in its own tables.
fn class(
    queue_type: Option<QueueType>,
    is_bridged: bool,
    has_left: bool,
    live_answer: Option<LiveAnswer>,
    result: Option<&str>,
) -> AttemptClass {
    let callers_enter = queue_type.is_some_and(QueueType::callers_enter);
    let result = result.map(str::to_ascii_lowercase);
    match result.as_deref() {
        _ if is_bridged => AttemptClass::Answered,
        _ if !has_left => AttemptClass::Open,
        _ if live_answer.is_some_and(LiveAnswer::is_live) => AttemptClass::Dropped,
        Some("abandoned") if callers_enter => AttemptClass::Abandoned,
        Some("abandoned") => AttemptClass::NotReached,
        Some("failed") if !callers_enter => AttemptClass::NotReached,
        Some("cancel" | "canceled" | "cancelled") => AttemptClass::Cancelled,
        Some(
            "transfer"
            | "transferred"
            | "timeout"
            | "agent_timeout"
            | "client_timeout"
            | "dialog_timeout"
            | "canceled_by_timeout"
            | "max_wait_size"
            | "block",
        ) => AttemptClass::FlowedOut,
        _ => AttemptClass::Other,
    }
}

fn gaps(run: &[&Step], instants: &Instants, queue_type: Option<QueueType>) -> Gaps {
    let found = [
        (Gap::MissedWithoutOffering, missed_without_offering(run, instants)),
        (Gap::BridgedWithoutOffering, bridged_without_offering(run, queue_type)),
        (Gap::JoinedInferred, instants.joined.is_some_and(Bound::is_carried)),
        (Gap::BridgedInferred, instants.carried_bridge.is_some()),
        (Gap::TimeOfReceipt, rests_on_receipt(run)),
        (Gap::AgentChanged, agent_changed(run)),
    ];
    found.into_iter().filter(|(_, is_there)| *is_there).fold(Gaps::default(), |gaps, (gap, _)| gaps.with(gap))
}
