//! Random rows, from few values so that questions find some of them, and readers of whole lists.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use attempt_ledger::read_store::{
    After, AttemptFilter, BoardEntry, CanonicalRow, Changes, Checkpoint, OfferFilter, Order, Projection,
    ReadStore, Reader, RefusalFilter,
};
use attempt_ledger_domain::timeline::{AttemptState, EndedBy};
use attempt_ledger_domain::{
    AgentId, AttemptId, EventKind, HookName, Observation, Position, QueueDefinition, QueueGroup, QueueId,
    QueueType, Revision, Rule, UnixMillis,
};
use attempt_ledger_projections::{
    AgentRow, AttemptClass, AttemptRow, Gaps, HookRow, LinkKind, LinkRow, LiveAnswer, MissedBy, OfferOutcome,
    OfferRow, QueueRow, RefusalRow, RefusalState, Seconds, StateSet, Variables,
};
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use uuid::Uuid;

use super::place::{self, Store};
use crate::support::seed::seed;

/// Randomness from the seed of this test.
pub fn random() -> SmallRng {
    SmallRng::seed_from_u64(seed())
}

/// A value, or nothing in one case of four.
pub fn maybe<T>(random: &mut SmallRng, draw: impl FnOnce(&mut SmallRng) -> T) -> Option<T> {
    (!random.random_ratio(1, 4)).then(|| draw(random))
}

/// One of several.
pub fn one_of<T: Copy>(random: &mut SmallRng, all: &[T]) -> T {
    *all.choose(random).unwrap()
}

/// A text that SQL, JSON and byte-wise comparison can stumble over.
pub fn text(random: &mut SmallRng) -> String {
    one_of(
        random,
        &[
            "",
            "call",
            "+380 44",
            "a\"b'c",
            "ünï",
            "🙂",
            "%_\\",
            "line\nend",
            "\u{1}\u{7f}",
            "Call",
            "\0",
            "a\0b",
            "\u{1}\u{1}",
        ],
    )
    .to_owned()
}

/// An instant of a busy hour, so that many are equal; rarely before 1970.
pub fn instant(random: &mut SmallRng) -> UnixMillis {
    if random.random_ratio(1, 50) { UnixMillis(-5) } else { UnixMillis(random.random_range(0..60) * 60_000) }
}

/// A duration, rarely one that nearly fills the column.
fn duration(random: &mut SmallRng) -> u64 {
    if random.random_ratio(1, 20) { i64::MAX as u64 } else { random.random_range(0..100_000) }
}

/// A queue, or what has none.
pub fn queue_group(random: &mut SmallRng) -> QueueGroup {
    QueueGroup::of(maybe(random, queue_id))
}

pub fn queue_id(random: &mut SmallRng) -> QueueId {
    QueueId(one_of(random, &[-7, 0, 1, i64::MAX]))
}

pub fn agent_id(random: &mut SmallRng) -> AgentId {
    AgentId(one_of(random, &[-1, 3, 4, i64::MAX]))
}

pub fn attempt(random: &mut SmallRng, attempt_id: i64) -> AttemptRow {
    let started_at = instant(random);
    let first_position = random.random_range(1..1_000);
    AttemptRow {
        attempt_id: AttemptId(attempt_id),
        queue_id: maybe(random, queue_id),
        queue_type: maybe(random, |random| one_of(random, &QueueType::ALL)),
        channel: maybe(random, text),
        destination: maybe(random, text),
        member_id: maybe(random, |random| random.random_range(-1..3)),
        attempt_seq: maybe(random, rand::RngExt::random),
        state: one_of(random, &AttemptState::ALL),
        class: one_of(random, &AttemptClass::ALL),
        result: maybe(random, text),
        call_cause: maybe(random, text),
        call_sip_code: maybe(random, |random| random.random_range(0..700)),
        amd_result: maybe(random, text),
        started_at,
        joined_at: maybe(random, instant),
        first_offered_at: maybe(random, instant),
        first_answered_at: maybe(random, instant),
        bridged_at: maybe(random, instant),
        processing_at: maybe(random, instant),
        left_at: maybe(random, instant),
        last_event_at: UnixMillis(started_at.0 + random.random_range(0..600_000)),
        wait_ms: maybe(random, duration),
        talk_ms: maybe(random, duration),
        wrap_ms: maybe(random, duration),
        handle_ms: maybe(random, duration),
        offers: random.random(),
        bridges: random.random(),
        missed_by_agent: random.random(),
        missed_by_caller: random.random(),
        gaps: Gaps(random.random_range(0..16)),
        is_late: random.random(),
        events: random.random(),
        conflicts: random.random_range(0..3),
        first_position: Position(first_position),
        last_position: Position(first_position + random.random_range(0..50)),
        last_recorded_at: instant(random),
        live_answer: maybe(random, |random| one_of(random, &LiveAnswer::ALL)),
        member_answered_at: maybe(random, instant),
        use_processing: maybe(random, rand::RngExt::random),
        member_name: maybe(random, text),
        member_channel_id: maybe(random, text),
        agent_id: maybe(random, agent_id),
        agent_name: maybe(random, text),
        user_id: maybe(random, |random| random.random_range(0..3)),
        agent_extension: maybe(random, text),
        agent_channel_id: maybe(random, text),
        call_bill_sec: maybe(random, seconds),
        call_duration: maybe(random, seconds),
        call_voice_sec: maybe(random, seconds),
        ended_by: maybe(random, |random| one_of(random, &EndedBy::ALL)),
        variables: maybe(random, variables),
        is_start_untimed: random.random(),
        is_last_event_untimed: random.random(),
    }
}

/// Seconds, whole or not.
pub fn seconds(random: &mut SmallRng) -> Seconds {
    let number = one_of(random, &[0.0, 12.0, 12.5, 0.1, 1e-7, -3.0]);
    Seconds::of(number).unwrap()
}

/// One to three variables.
fn variables(random: &mut SmallRng) -> Variables {
    let count = random.random_range(1..4);
    Variables(
        (0..count).map(|_| (one_of(random, &["a", "b b", "ї", "_"]).to_owned(), text(random))).collect(),
    )
}

pub fn offer(random: &mut SmallRng, attempt_id: i64, leg: u32) -> OfferRow {
    let started_at = instant(random);
    OfferRow {
        attempt_id: AttemptId(attempt_id),
        leg,
        queue_id: maybe(random, queue_id),
        queue_type: maybe(random, |random| one_of(random, &QueueType::ALL)),
        agent_id: maybe(random, agent_id),
        outcome: one_of(random, &OfferOutcome::ALL),
        missed_by: maybe(random, |random| one_of(random, &[MissedBy::Agent, MissedBy::Caller])),
        started_at,
        offered_at: maybe(random, instant),
        answered_at: maybe(random, instant),
        bridged_at: maybe(random, instant),
        ring_ended_at: maybe(random, instant),
        talk_ended_at: maybe(random, instant),
        wrap_started_at: maybe(random, instant),
        ended_at: maybe(random, |random| UnixMillis(started_at.0 + random.random_range(0..600_000))),
        ring_ms: maybe(random, duration),
        answer_ms: maybe(random, duration),
        talk_ms: maybe(random, duration),
        wrap_ms: maybe(random, duration),
        handle_ms: maybe(random, duration),
        agent_name: maybe(random, text),
        user_id: maybe(random, |random| random.random_range(0..3)),
        agent_extension: maybe(random, text),
        agent_channel_id: maybe(random, text),
        member_channel_id: maybe(random, text),
        use_processing: maybe(random, rand::RngExt::random),
        member_name: maybe(random, text),
        call_bill_sec: maybe(random, seconds),
        call_duration: maybe(random, seconds),
        call_voice_sec: maybe(random, seconds),
        untimed_states: StateSet(random.random_range(0..16)),
    }
}

/// `count` attempts, numbered from 1, with none to three legs each.
pub fn calls(random: &mut SmallRng, count: i64) -> (Vec<AttemptRow>, Vec<OfferRow>) {
    let attempts: Vec<_> = (1..=count).map(|id| attempt(random, id)).collect();
    let legs: Vec<(i64, u32)> = (1..=count)
        .flat_map(|id| {
            let legs: u32 = random.random_range(0..4);
            (1..=legs).map(move |leg| (id, leg))
        })
        .collect();
    let offers = legs.into_iter().map(|(id, leg)| offer(random, id, leg)).collect();
    (attempts, offers)
}

pub fn agent(random: &mut SmallRng) -> AgentRow {
    AgentRow {
        agent_id: agent_id(random),
        agent_name: maybe(random, text),
        last_seen_at: UnixMillis(random.random_range(0..3)),
    }
}

pub fn queue(random: &mut SmallRng) -> QueueRow {
    let hooks = EventKind::ALL.into_iter().filter(|_| random.random()).collect();
    QueueRow {
        definition: QueueDefinition {
            queue_id: queue_id(random),
            queue_type: one_of(random, &QueueType::ALL),
            name: maybe(random, text),
            hooks: maybe(random, |_| hooks),
            service_level_threshold_ms: maybe(random, duration),
            short_abandon_threshold_ms: maybe(random, duration),
            leaving_deadline_ms: maybe(random, duration),
            variables: maybe(random, |_| BTreeSet::from(["a".to_owned(), "b b".to_owned()])),
        },
        revision: Revision(random.random()),
        position: Position(random.random_range(1..1_000)),
    }
}

pub fn refusal(random: &mut SmallRng, position: u64) -> RefusalRow {
    RefusalRow {
        refusal_id: Uuid::from_u128(random.random()),
        position: Position(position),
        recorded_at: instant(random),
        rule: one_of(random, Rule::ALL),
        attempt_id: maybe(random, |random| AttemptId(random.random())),
        event: maybe(random, |random| one_of(random, &EventKind::ALL)),
        queue_id: maybe(random, queue_id),
        state: one_of(random, &[RefusalState::Open, RefusalState::Replayed, RefusalState::Dismissed]),
        settled_at: maybe(random, instant),
    }
}

pub fn link(random: &mut SmallRng) -> LinkRow {
    LinkRow {
        kind: one_of(random, &[LinkKind::MemberLeg, LinkKind::AgentLeg, LinkKind::SenderId]),
        id: text(random),
        attempt_id: AttemptId(random.random_range(1..5)),
        first_position: Position(random.random_range(1..100)),
    }
}

pub fn hook(random: &mut SmallRng) -> HookRow {
    HookRow {
        queue_id: queue_id(random),
        queue_type: one_of(random, &QueueType::ALL[..2]),
        event: one_of(random, &[EventKind::Joined.into(), HookName::Observation(Observation::WaitAgent)]),
        deliveries: random.random_range(0..100),
        refusals: random.random_range(0..100),
        last_recorded_at: instant(random),
    }
}

/// Changes to every projection, at a position.
pub fn changes_at(position: u64) -> Changes {
    let checkpoint = Checkpoint { position: Position(position), recorded_at: UnixMillis(1) };
    Changes { projections: Projection::ALL.to_vec(), checkpoint, ..Changes::default() }
}

/// A store with these rows.
pub fn store_of(attempts: &[AttemptRow], offers: &[OfferRow]) -> Store {
    let store = place::empty();
    let changes = Changes {
        attempts: attempts.to_vec(),
        offers_of: attempts.iter().map(|row| (row.attempt_id, 0)).collect(),
        offers: offers.to_vec(),
        ..changes_at(1)
    };
    store.apply(&changes).unwrap();
    store
}

/// Takes rows until there are `limit`.
fn up_to<T>(limit: usize, all: &mut Vec<T>) -> impl FnMut(T) -> ControlFlow<()> {
    move |row| {
        all.push(row);
        if all.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

pub fn attempts(
    reader: &dyn Reader,
    filter: &AttemptFilter,
    order: Order,
    after: Option<After>,
    limit: usize,
) -> Vec<AttemptRow> {
    let mut all = Vec::new();
    reader.attempts(filter, order, after, &mut up_to(limit, &mut all)).unwrap();
    all
}

pub fn offers(
    reader: &dyn Reader,
    filter: &OfferFilter,
    order: Order,
    after: Option<After>,
    limit: usize,
) -> Vec<OfferRow> {
    let mut all = Vec::new();
    reader.offers(filter, order, after, &mut up_to(limit, &mut all)).unwrap();
    all
}

pub fn open_attempts(reader: &dyn Reader, queue: Option<QueueGroup>, since: UnixMillis) -> Vec<BoardEntry> {
    let mut all = Vec::new();
    reader.open_attempts(queue, since, &mut up_to(usize::MAX, &mut all)).unwrap();
    all.sort_by_key(|open| (open.started_at, open.attempt_id));
    all
}

pub fn refusals(
    reader: &dyn Reader,
    filter: &RefusalFilter,
    before: Option<Position>,
    limit: usize,
) -> Vec<RefusalRow> {
    let mut all = Vec::new();
    reader.refusals(filter, before, &mut up_to(limit, &mut all)).unwrap();
    all
}

pub fn canonical(reader: &dyn Reader, projection: Projection) -> Vec<CanonicalRow> {
    let mut all = Vec::new();
    reader.canonical_rows(projection, &mut up_to(usize::MAX, &mut all)).unwrap();
    all
}

/// Every row of every table.
pub fn everything(store: &Store) -> Vec<CanonicalRow> {
    let reader = store.reader().unwrap();
    Projection::ALL.into_iter().flat_map(|projection| canonical(reader.as_ref(), projection)).collect()
}
