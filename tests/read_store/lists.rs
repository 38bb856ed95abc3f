//! Lists are what a naive filter over all rows gives, in both orders, page by page.

use std::collections::BTreeMap;

use attempt_ledger::read_store::{
    After, AttemptFilter, BoardEntry, OfferFilter, Order, ReadStore as _, RefusalFilter,
};
use attempt_ledger_domain::timeline::{AttemptState, EndedBy};
use attempt_ledger_domain::{
    AttemptId, LEAVING_DEADLINE_MS_DEFAULT, Position, QueueGroup, QueueId, QueueType, Rule, UnixMillis,
};
use attempt_ledger_projections::{
    AttemptClass, AttemptRow, DOCUMENTED_FIELDS, DocumentedField, FieldKind, FieldOwner, FieldQuestion,
    FieldValue, Gap, OfferOutcome, OfferRow, RefusalState,
};
use rand::RngExt as _;
use rand::rngs::SmallRng;

use super::place;
use super::support::{
    agent_id, attempts, calls, changes_at, instant, offers, one_of, open_attempts, queue_group, queue_id,
    random, refusal, refusals, seconds, store_of, text,
};

const ORDERS: [Order; 2] = [Order::NewestFirst, Order::OldestFirst];

/// A condition, in one case of eight: most lists are asked for with one or two.
fn rarely<T>(random: &mut SmallRng, draw: impl FnOnce(&mut SmallRng) -> T) -> Option<T> {
    random.random_ratio(1, 8).then(|| draw(random))
}

fn range(random: &mut SmallRng) -> std::ops::Range<UnixMillis> {
    let (one, other) = (instant(random), instant(random));
    one.min(other)..one.max(other)
}

fn attempt_filter(random: &mut SmallRng) -> AttemptFilter {
    AttemptFilter {
        queue_id: rarely(random, queue_group),
        queue_type: rarely(random, |random| one_of(random, &QueueType::ALL)),
        agent_id: rarely(random, agent_id),
        member_id: rarely(random, |random| random.random_range(-1..3)),
        destination: rarely(random, text),
        channel: rarely(random, text),
        result: rarely(random, text),
        state: rarely(random, |random| one_of(random, &AttemptState::ALL)),
        class: rarely(random, |random| one_of(random, &AttemptClass::ALL)),
        gap: rarely(random, |random| one_of(random, &Gap::ALL)),
        never_left_at: rarely(random, instant),
        has_conflict: rarely(random, rand::RngExt::random),
        is_late: rarely(random, rand::RngExt::random),
        from: rarely(random, instant),
        to: rarely(random, instant),
        settled_at: rarely(random, |random| Position(random.random_range(0..1_000))),
        changed_after: rarely(random, |random| Position(random.random_range(0..1_000))),
        known_at: rarely(random, |random| Position(random.random_range(0..1_000))),
        active_in: rarely(random, range),
        attempt_id: if random.random_ratio(1, 40) { Some(AttemptId(7)) } else { None },
        fields: rarely(random, |random| vec![field_question(random, |field| !is_link(field))])
            .unwrap_or_default(),
        variables: Vec::new(),
    }
}

/// Whether attempts are found by links.
fn is_link(field: &DocumentedField) -> bool {
    matches!(field.owner, FieldOwner::Link(_))
}

/// One of the fields that are meant, with a value that some rows have.
fn field_question(random: &mut SmallRng, is_meant: impl Fn(&DocumentedField) -> bool) -> FieldQuestion {
    let fields: Vec<_> = DOCUMENTED_FIELDS.iter().filter(|field| is_meant(field)).collect();
    let field = one_of(random, &fields);
    let value = match field.kind {
        FieldKind::Integer => FieldValue::Integer(random.random_range(0..3)),
        FieldKind::Boolean => FieldValue::Integer(random.random_range(0..2)),
        FieldKind::Seconds => FieldValue::Seconds(seconds(random)),
        FieldKind::Text => FieldValue::Text(text(random)),
        FieldKind::EndedBy => FieldValue::Text(one_of(random, &EndedBy::ALL).name().to_owned()),
    };
    FieldQuestion { name: field.name, value }
}

/// For longer than the deadline of a queue that is not defined.
fn is_silent(row: &AttemptRow, at: UnixMillis) -> bool {
    i128::from(at.0) - i128::from(row.last_event_at.0) > i128::from(LEAVING_DEADLINE_MS_DEFAULT)
}

fn means(filter: &AttemptFilter, row: &AttemptRow, legs: &[OfferRow]) -> bool {
    let has_leg =
        |wanted| legs.iter().any(|leg| leg.attempt_id == row.attempt_id && leg.agent_id == Some(wanted));
    let legs_of: Vec<OfferRow> =
        legs.iter().filter(|leg| leg.attempt_id == row.attempt_id).cloned().collect();
    filter.queue_id.is_none_or(|wanted| wanted.has(row.queue_id))
        && filter.attempt_id.is_none_or(|wanted| row.attempt_id == wanted)
        && filter.fields.iter().all(|asked| asked.means_rows(row, &legs_of))
        && filter.queue_type.is_none_or(|wanted| row.queue_type == Some(wanted))
        && filter.agent_id.is_none_or(|wanted| row.agent_id == Some(wanted) || has_leg(wanted))
        && filter.member_id.is_none_or(|wanted| row.member_id == Some(wanted))
        && (filter.destination.is_none() || filter.destination == row.destination)
        && (filter.channel.is_none() || filter.channel == row.channel)
        && (filter.result.is_none() || filter.result == row.result)
        && filter.state.is_none_or(|wanted| row.state == wanted)
        && filter.class.is_none_or(|wanted| row.class == wanted)
        && filter.gap.is_none_or(|wanted| row.gaps.has(wanted))
        && filter.never_left_at.is_none_or(|at| row.left_at.is_none() && is_silent(row, at))
        && filter.has_conflict.is_none_or(|wanted| (row.conflicts > 0) == wanted)
        && filter.is_late.is_none_or(|wanted| row.is_late == wanted)
        && filter.from.is_none_or(|from| row.started_at >= from)
        && filter.to.is_none_or(|to| row.started_at < to)
        && filter.settled_at.is_none_or(|position| row.last_position <= position)
        && filter.changed_after.is_none_or(|position| row.last_position > position)
        && filter.known_at.is_none_or(|position| row.first_position <= position)
        && filter.active_in.as_ref().is_none_or(|range| {
            let began = row.started_at.min(row.bridged_at.unwrap_or(row.started_at));
            began < range.end && row.last_event_at >= range.start
        })
}

/// Reads a list in pages of random sizes.
fn paged<T>(
    random: &mut SmallRng,
    page: impl Fn(Option<After>, usize) -> Vec<T>,
    place: impl Fn(&T) -> After,
) -> Vec<T> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let limit = random.random_range(1..20);
        let rows = page(after, limit);
        assert!(rows.len() <= limit);
        let is_last = rows.len() < limit;
        after = rows.last().map(&place).or(after);
        all.extend(rows);
        if is_last {
            return all;
        }
    }
}

#[test]
fn attempts_are_those_that_a_naive_filter_leaves() {
    let mut random = random();
    let (mut rows, legs) = calls(&mut random, 300);
    let store = store_of(&rows, &legs);
    let reader = store.reader().unwrap();
    rows.sort_by_key(|row| (row.started_at, row.attempt_id));
    let mut found = 0;
    for round in 0..600 {
        let filter = attempt_filter(&mut random);
        let order = ORDERS[round % 2];
        let mut expected: Vec<_> = rows.iter().filter(|row| means(&filter, row, &legs)).cloned().collect();
        if order == Order::NewestFirst {
            expected.reverse();
        }
        let place =
            |row: &AttemptRow| After { started_at: row.started_at, attempt_id: row.attempt_id, leg: 0 };
        let listed =
            paged(&mut random, |after, limit| attempts(reader.as_ref(), &filter, order, after, limit), place);
        found += listed.len();
        assert!(
            listed == expected,
            "{filter:?} {order:?}: {} rows, {} expected",
            listed.len(),
            expected.len()
        );
    }
    assert!(found > 600, "the filters found next to nothing");
}

#[test]
fn legs_are_those_that_a_naive_filter_leaves() {
    let mut random = random();
    let (rows, mut legs) = calls(&mut random, 150);
    let store = store_of(&rows, &legs);
    let reader = store.reader().unwrap();
    legs.sort_by_key(|leg| (leg.started_at, leg.attempt_id, leg.leg));
    let mut found = 0;
    for round in 0..400 {
        let filter = OfferFilter {
            attempt_id: rarely(&mut random, |random| AttemptId(random.random_range(1..=150))),
            agent_id: rarely(&mut random, agent_id),
            queue_id: rarely(&mut random, queue_group),
            outcome: rarely(&mut random, |random| one_of(random, &OfferOutcome::ALL)),
            overlaps: rarely(&mut random, range),
            fields: rarely(&mut random, |random| {
                vec![field_question(random, |field| field.is_of_leg && !is_link(field))]
            })
            .unwrap_or_default(),
        };
        let order = ORDERS[round % 2];
        let mut expected: Vec<_> = legs.iter().filter(|leg| filter.means(leg)).cloned().collect();
        if order == Order::NewestFirst {
            expected.reverse();
        }
        let place =
            |leg: &OfferRow| After { started_at: leg.started_at, attempt_id: leg.attempt_id, leg: leg.leg };
        let listed =
            paged(&mut random, |after, limit| offers(reader.as_ref(), &filter, order, after, limit), place);
        found += listed.len();
        assert!(
            listed == expected,
            "{filter:?} {order:?}: {} rows, {} expected",
            listed.len(),
            expected.len()
        );
    }
    assert!(found > 400, "the filters found next to nothing");
}

#[test]
fn open_attempts_are_those_without_leaving_counted_all_and_read_as_far_as_they_are_recent() {
    let mut random = random();
    let (mut rows, legs) = calls(&mut random, 100);
    let store = store_of(&rows, &legs);
    let reader = store.reader().unwrap();
    rows.sort_by_key(|row| (row.started_at, row.attempt_id));
    for wanted in [None, Some(queue_id(&mut random).into()), Some(QueueGroup::NoQueue)] {
        let is_meant = |row: &&AttemptRow| {
            row.is_open() && wanted.is_none_or(|wanted: QueueGroup| wanted.has(row.queue_id))
        };
        let mut counts: BTreeMap<Option<QueueId>, u64> = BTreeMap::new();
        for row in rows.iter().filter(is_meant) {
            *counts.entry(row.queue_id).or_default() += 1;
        }
        let mut counted = reader.open_counts(wanted).unwrap();
        counted.sort_unstable();
        assert_eq!(counted, counts.into_iter().collect::<Vec<_>>());
        for since in [UnixMillis(i64::MIN), instant(&mut random), instant(&mut random)] {
            let recent = rows.iter().filter(is_meant).filter(|row| row.last_event_at >= since);
            let expected: Vec<BoardEntry> = recent
                .map(|row| BoardEntry {
                    queue_id: row.queue_id,
                    attempt_id: row.attempt_id,
                    state: row.state,
                    started_at: row.started_at,
                    is_start_untimed: row.is_start_untimed,
                    last_event_at: row.last_event_at,
                })
                .collect();
            assert_eq!(open_attempts(reader.as_ref(), wanted, since), expected);
        }
    }
}

#[test]
fn the_longest_run_is_known() {
    let mut random = random();
    assert_eq!(place::empty().reader().unwrap().run_ms_max().unwrap(), 0);
    let (rows, legs) = calls(&mut random, 100);
    let longest = rows.iter().map(|row| row.last_event_at.since(row.started_at)).max().unwrap();
    assert_eq!(store_of(&rows, &legs).reader().unwrap().run_ms_max().unwrap(), longest);
}

#[test]
fn refusals_are_those_that_a_naive_filter_leaves() {
    let mut random = random();
    let mut known: Vec<_> = (1..=100).map(|position| refusal(&mut random, position)).collect();
    let store = place::empty();
    let changes = attempt_ledger::read_store::Changes { refusals: known.clone(), ..changes_at(100) };
    store.apply(&changes).unwrap();
    known.reverse();
    let reader = store.reader().unwrap();
    for _ in 0..200 {
        let states = [RefusalState::Open, RefusalState::Replayed, RefusalState::Dismissed];
        let filter = RefusalFilter {
            rule: rarely(&mut random, |random| one_of(random, Rule::ALL)),
            state: rarely(&mut random, |random| one_of(random, &states)),
            from: rarely(&mut random, instant),
            to: rarely(&mut random, instant),
        };
        let before = rarely(&mut random, |random| Position(random.random_range(0..110)));
        let expected: Vec<_> = known
            .iter()
            .filter(|row| {
                filter.rule.is_none_or(|rule| row.rule == rule)
                    && filter.state.is_none_or(|state| row.state == state)
                    && filter.from.is_none_or(|from| row.recorded_at >= from)
                    && filter.to.is_none_or(|to| row.recorded_at < to)
                    && before.is_none_or(|before| row.position < before)
            })
            .cloned()
            .collect();
        assert_eq!(refusals(reader.as_ref(), &filter, before, usize::MAX), expected, "{filter:?}");
        let few = refusals(reader.as_ref(), &filter, before, 3);
        assert_eq!(few, expected[..expected.len().min(3)]);
    }
}
