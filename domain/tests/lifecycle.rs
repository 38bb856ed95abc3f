//! The automaton against the grammar, written down a second time in another way.

use attempt_ledger_domain::lifecycle::{check_run, longest_run};
use attempt_ledger_domain::{EventKind, QueueType, Rule};

/// The grammar as slots: each slot names the events that may fill it and whether it repeats.
fn slots(queue_type: QueueType) -> Vec<(Vec<EventKind>, bool)> {
    use EventKind as Kind;
    let answered = match queue_type {
        QueueType::PreviewDialer | QueueType::OfflineQueue => vec![Kind::Answered, Kind::Active],
        _ => vec![],
    };
    if queue_type == QueueType::OutboundIvr {
        return vec![
            (vec![Kind::Joined], false),
            (vec![Kind::Offering], true),
            (vec![Kind::Bridged], true),
            (vec![Kind::Leaving], false),
        ];
    }
    vec![
        (vec![Kind::Joined], false),
        (vec![Kind::Offering, Kind::Missed], true),
        (answered, true),
        (vec![Kind::Bridged], true),
        (vec![Kind::Missed], false),
        (vec![Kind::Processing], false),
        (vec![Kind::Leaving], false),
    ]
}

/// Whether the events fill the slots from left to right, every slot being optional.
fn matches_grammar(slots: &[(Vec<EventKind>, bool)], kinds: &[EventKind]) -> bool {
    let Some(first) = kinds.first() else { return true };
    (0..slots.len()).any(|index| {
        let (fillers, repeats) = &slots[index];
        let rest = if *repeats { &slots[index..] } else { &slots[index + 1..] };
        fillers.contains(first) && matches_grammar(rest, &kinds[1..])
    })
}

fn sequences(length: usize) -> impl Iterator<Item = Vec<EventKind>> {
    (0..8_usize.pow(u32::try_from(length).expect("a short length"))).map(move |mut number| {
        let mut kinds = Vec::with_capacity(length);
        for _ in 0..length {
            kinds.push(EventKind::ALL[number % 8]);
            number /= 8;
        }
        kinds
    })
}

#[test]
fn the_automaton_accepts_exactly_the_grammar_up_to_five_events() {
    let mut accepted = 0_u32;
    for queue_type in QueueType::ALL {
        let slots = slots(queue_type);
        for length in 0..=5 {
            for kinds in sequences(length) {
                let expected = matches_grammar(&slots, &kinds);
                let found = check_run(queue_type, kinds.iter().copied());
                assert_eq!(found.is_ok(), expected, "{queue_type} {kinds:?}: {found:?}");
                accepted += u32::from(expected);
            }
        }
    }
    assert!(accepted > 1_000, "the grammar accepts something: {accepted}");
}

#[test]
fn every_part_of_a_legal_run_is_legal() {
    for queue_type in QueueType::ALL {
        for kinds in sequences(5).filter(|kinds| check_run(queue_type, kinds.iter().copied()).is_ok()) {
            for mask in 0..32_u32 {
                let part = kinds.iter().enumerate().filter(|(index, _)| mask & (1 << index) != 0);
                let part: Vec<EventKind> = part.map(|(_, kind)| *kind).collect();
                assert!(
                    check_run(queue_type, part.iter().copied()).is_ok(),
                    "{queue_type} {kinds:?} {part:?}"
                );
            }
        }
    }
}

/// The longest legal part by trying all parts; among equals, the one whose indices come first.
fn longest_by_trying(queue_type: QueueType, kinds: &[EventKind]) -> Vec<usize> {
    let mut best: Vec<usize> = Vec::new();
    for mask in 0..1_u32 << kinds.len() {
        let part: Vec<usize> = (0..kinds.len()).filter(|index| mask & (1 << index) != 0).collect();
        let is_legal = check_run(queue_type, part.iter().map(|index| kinds[*index])).is_ok();
        let is_better = part.len() > best.len() || (part.len() == best.len() && part < best);
        if is_legal && is_better {
            best = part;
        }
    }
    best
}

#[test]
fn the_longest_run_is_the_longest_and_the_earliest_of_the_longest() {
    for queue_type in [QueueType::InboundQueue, QueueType::PreviewDialer, QueueType::OutboundIvr] {
        for kinds in sequences(5).step_by(7) {
            assert_eq!(
                longest_run(queue_type, &kinds),
                longest_by_trying(queue_type, &kinds),
                "{queue_type} {kinds:?}"
            );
        }
    }
}

#[test]
fn every_cell_of_the_event_and_queue_type_table_is_decided_by_the_right_rule() {
    use EventKind as Kind;
    for queue_type in QueueType::ALL {
        let preview_or_offline = matches!(queue_type, QueueType::PreviewDialer | QueueType::OfflineQueue);
        let ivr = queue_type == QueueType::OutboundIvr;
        for kind in EventKind::ALL {
            let expected = match kind {
                Kind::Answered | Kind::Active if !preview_or_offline => {
                    Err((0, Rule::AnsweredOnlyInPreviewAndOffline))
                }
                Kind::Missed if ivr => Err((0, Rule::MissedNeedsAgentParticipation)),
                Kind::Processing if ivr => Err((0, Rule::ProcessingNeedsAgentParticipation)),
                _ => Ok(()),
            };
            let found = check_run(queue_type, [kind]).map(drop);
            assert_eq!(found, expected, "{kind} in {queue_type}");
        }
    }
}

#[test]
fn each_lifecycle_rule_fires_where_it_should_and_not_one_step_before() {
    use EventKind as Kind;
    let preview = QueueType::PreviewDialer;
    let cases: [(&[EventKind], Rule); 12] = [
        (&[Kind::Joined, Kind::Joined], Rule::JoinedOnlyOnce),
        (&[Kind::Joined, Kind::Offering, Kind::Joined], Rule::JoinedOnlyOnce),
        (&[Kind::Offering, Kind::Joined], Rule::JoinedComesFirst),
        (&[Kind::Bridged, Kind::Offering], Rule::NotAfterTalk),
        (&[Kind::Bridged, Kind::Answered], Rule::NotAfterTalk),
        (&[Kind::Bridged, Kind::Active], Rule::NotAfterTalk),
        (&[Kind::Active, Kind::Offering], Rule::NotAfterTalk),
        (&[Kind::Bridged, Kind::Missed, Kind::Missed], Rule::NotAfterTalk),
        (&[Kind::Processing, Kind::Processing], Rule::NotAfterProcessing),
        (&[Kind::Processing, Kind::Bridged], Rule::NotAfterProcessing),
        (&[Kind::Leaving, Kind::Leaving], Rule::LeftOnlyOnce),
        (&[Kind::Leaving, Kind::Processing], Rule::NotAfterLeaving),
    ];
    for (kinds, rule) in cases {
        let last = kinds.len() - 1;
        assert_eq!(check_run(preview, kinds.iter().copied()).map(drop), Err((last, rule)), "{kinds:?}");
        assert!(check_run(preview, kinds[..last].iter().copied()).is_ok(), "{kinds:?} but the last");
    }
}
