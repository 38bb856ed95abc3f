//! Clean traffic keeps the rules: those of the guard, and the narrower ones of the dialer's own run loops.

use super::*;
use crate::queue::Plot;

/// The guard's grammar, as the document of the rules states it.
fn guard(queue_type: QueueType) -> &'static str {
    match queue_type {
        QueueType::OutboundIvr => "J?O*B*L?",
        QueueType::PreviewDialer | QueueType::OfflineQueue => "J?(O|M)*A*B*M?P?L?",
        _ => "J?(O|M)*B*M?P?L?",
    }
}

/// What the dialer's run loop can emit.
fn run_loop(queue: &SeedQueue) -> &'static str {
    match queue.plot {
        Plot::Inbound if queue.hooks.len() < 6 => "JO*B?L",
        Plot::Inbound => "J(O?M)*(L|OBP?L)",
        Plot::Voice => "JOB?L",
        Plot::Preview => "L|OML|OAB*P?L",
        Plot::Progressive => "L|O?ML|OBP?L",
        Plot::Predictive => "L|W(O?M|O)*(L|OBP?L)",
        Plot::Chat => "J(O?M)*(L|OBP?L)",
        Plot::Message => "J(O?M)*(L|OL|OBP?L)",
        Plot::AgentTask => "L|OML|OBP?L",
        Plot::OutboundTask => "JBL",
        Plot::Offline => "L|OM|OAB*P?L",
    }
}

const fn letter(hook: HookName) -> char {
    let HookName::Event(event) = hook else { return 'W' };
    match event {
        EventKind::Joined => 'J',
        EventKind::Offering => 'O',
        EventKind::Missed => 'M',
        EventKind::Answered | EventKind::Active => 'A',
        EventKind::Bridged => 'B',
        EventKind::Processing => 'P',
        EventKind::Leaving => 'L',
    }
}

#[test]
fn clean_attempts_obey_the_grammar_of_their_queue_type() {
    for (attempt_id, sent) in clean_attempts(4_000) {
        let letters: String = sent.iter().map(|(delivery, _)| letter(delivery.hook)).collect();
        let queue_id = number(&sent[0].1, "queue_id").expect("each body has it");
        let queue = queues().iter().find(|queue| queue.id.0 == queue_id).expect("it is ours");
        let name = queue.name;
        assert!(
            pattern::matches(guard(queue.queue_type), &letters.replace('W', "")),
            "the guard would refuse {attempt_id} in {name}: {letters}"
        );
        assert!(pattern::matches(run_loop(queue), &letters), "no run of {name} is {attempt_id}: {letters}");
        for (delivery, fields) in &sent {
            assert_eq!(delivery.queue_type, queue.queue_type, "{attempt_id}");
            let event = delivery.hook.event();
            assert!(event.is_none_or(|event| queue.hooks.contains(&event)), "{attempt_id} {name}");
            assert_eq!(number(fields, "queue_id"), Some(queue_id), "{attempt_id}");
        }
    }
}

#[test]
fn clean_bodies_are_flat_objects_of_strings_with_ascending_keys() {
    for delivery in deliveries(&options(Scenario::Clean, 2_000)) {
        let fields = fields(&delivery).expect("clean bodies are flat objects of strings");
        let canonical = serde_json::to_string(&fields).expect("strings serialize");
        assert_eq!(delivery.body, canonical);
        assert!(fields.values().all(|value| !value.is_empty()), "{canonical}");
    }
}

#[test]
fn times_in_clean_payloads_agree() {
    for (attempt_id, sent) in clean_attempts(2_000) {
        let mut previous: Option<(i64, Option<u8>)> = None;
        for (delivery, fields) in &sent {
            let timestamp = number(fields, "timestamp").expect("each body has it");
            // An observation is before the events of its instant.
            let place = (timestamp, delivery.hook.event().map(EventKind::rank));
            assert!(previous.is_none_or(|previous| previous < place), "{attempt_id} {place:?}");
            previous = Some(place);
            assert!(delivery.sent_at.0 > timestamp, "{attempt_id} arrived before it was sent");
            assert!(number(fields, "joined_at").is_some_and(|joined| joined <= timestamp));
            let bridged_at = number(fields, "bridged_at");
            assert!(bridged_at.is_none_or(|bridged| bridged <= timestamp), "{attempt_id}");
            if delivery.hook == EventKind::Bridged.into() {
                assert!(bridged_at.is_some(), "{attempt_id} was bridged at no time");
            }
            if let Some(bill) = number(fields, "call_bill_sec") {
                let duration = number(fields, "call_duration").expect("they come together");
                let voice = number(fields, "call_voice_sec").unwrap_or(0);
                assert!(0 <= bill && bill <= voice, "{attempt_id} {:?}", delivery.hook);
                assert!(voice <= duration, "{attempt_id} {:?}", delivery.hook);
            }
        }
    }
}

#[test]
fn nobody_is_in_two_calls_at_once() {
    let mut busy: BTreeMap<i64, Vec<(i64, i64, i64)>> = BTreeMap::new();
    for (attempt_id, sent) in clean_attempts(6_000) {
        let mut of_agent: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
        for (_, fields) in &sent {
            let Some(agent_id) = number(fields, "agent_id") else {
                continue;
            };
            let at = number(fields, "timestamp").expect("each body has it");
            of_agent.entry(agent_id).and_modify(|(_, until)| *until = at).or_insert((at, at));
        }
        // An agent may be offered the same attempt twice with others in between.
        for (agent_id, (from, until)) in of_agent {
            busy.entry(agent_id).or_default().push((from, until, attempt_id));
        }
    }
    assert!(busy.len() >= 40, "{} agents", busy.len());
    for (agent_id, mut calls) in busy {
        calls.sort_unstable();
        for pair in calls.windows(2) {
            assert!(pair[0].1 < pair[1].0, "agent {agent_id} is in {pair:?} at once");
        }
    }
}

#[test]
fn those_whom_nobody_served_come_back_after_a_while_and_the_dialer_counts_its_tries() {
    type Tries = BTreeMap<(i64, String), Vec<(i64, i64, bool, i64)>>;
    let mut tries = Tries::new();
    let mut by_attempt: BTreeMap<i64, Vec<ReadDelivery>> = BTreeMap::new();
    for delivery in deliveries(&options(Scenario::Clean, 4_000)).with_returns() {
        let fields = fields(&delivery).expect("clean bodies are flat objects of strings");
        let attempt_id = number(&fields, "attempt_id").expect("clean bodies name the attempt");
        by_attempt.entry(attempt_id).or_default().push((delivery, fields));
    }
    for sent in by_attempt.values() {
        let (first, last) = (&sent[0].1, &sent[sent.len() - 1].1);
        let queue_id = number(first, "queue_id").expect("each body has it");
        let at = |fields| number(fields, "timestamp").expect("each body has it");
        let is_served = sent.iter().any(|(_, fields)| fields.contains_key("bridged_at"));
        let seq = number(first, "cc_attempt_seq").unwrap_or_default();
        let whose = (queue_id, first["destination"].clone());
        tries.entry(whose).or_default().push((at(first), at(last), is_served, seq));
    }
    let mut returns = 0;
    for ((queue_id, _), mut of_one) in tries {
        of_one.sort_unstable();
        for pair in of_one.windows(2) {
            returns += 1;
            let ((_, ended, is_served, seq), (again, .., seq_again)) = (pair[0], pair[1]);
            assert!(!is_served && again > ended, "queue {queue_id}: {pair:?}");
            assert!(seq_again == 0 || seq_again == seq + 1, "queue {queue_id}: {pair:?}");
        }
    }
    assert!((100..800).contains(&returns), "{returns} of 4,000 attempts are somebody's next one");
}
