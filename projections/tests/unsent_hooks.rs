//! Which metrics a queue has no value of, by the hook that it does not send.

use std::collections::BTreeSet;

use attempt_ledger_domain::{EventKind, QueueDefinition, QueueId, QueueType};
use attempt_ledger_projections::history::{Count, Item, Measure, Totals};
use attempt_ledger_projections::metrics::{UnsentHooks, catalogue, find};

use EventKind::{Active, Answered, Bridged, Joined, Leaving, Missed, Offering, Processing};

fn unsent(queue_type: QueueType, kinds: &[EventKind]) -> UnsentHooks {
    let hooks: BTreeSet<EventKind> = EventKind::ALL
        .into_iter()
        .filter(|kind| queue_type.has_event(*kind) && !kinds.contains(kind))
        .collect();
    UnsentHooks::of(&QueueDefinition {
        queue_id: QueueId(17),
        queue_type,
        name: None,
        hooks: Some(hooks),
        service_level_threshold_ms: None,
        short_abandon_threshold_ms: None,
        leaving_deadline_ms: None,
        variables: None,
    })
}

/// What has no value where these hooks are not sent and nothing is carried.
fn unknown(kinds: &[EventKind]) -> String {
    let unsent = unsent(QueueType::PreviewDialer, kinds);
    let metrics = catalogue().filter(|metric| metric.missing(unsent, &Totals::default()).is_some());
    metrics.map(|metric| metric.key).collect::<Vec<_>>().join(" ")
}

#[test]
fn each_hook_that_is_not_sent_takes_its_own_metrics() {
    assert_eq!(unknown(&[]), "");
    assert_eq!(unknown(&[Processing]), "talk_time acw_time");
    assert_eq!(
        unknown(&[Missed]),
        "alert_time n_offers_withdrawn n_offers_open n_missed n_missed_by_caller \
         n_attempts_missed missed_rate missed_rate_with_withdrawn"
    );
    assert_eq!(unknown(&[Answered]), "", "Active tells it, too");
    assert_eq!(unknown(&[Answered, Active]), "asa_accept n_offers_answered");
    assert_eq!(
        unknown(&[Joined]),
        "n_offered n_short_abandoned n_abandoned_in_x abandon_rate abandon_rate_excluding_short \
         service_level asa asa_accept wait_all abandon_time max_wait first_offer_wait"
    );
    assert_eq!(
        unknown(&[Offering]),
        "first_offer_wait alert_time answer_time n_offers n_offers_bridged n_offers_withdrawn \
         n_offers_answered n_offers_open offers_per_attempt first_offer_answer_rate \
         second_offer_answer_rate missed_rate missed_rate_with_withdrawn agent_answer_rate"
    );
    assert_eq!(
        unknown(&[Leaving]),
        "n_abandoned n_short_abandoned n_abandoned_in_x n_flowed_out n_cancelled n_not_reached \
         n_other n_open n_left abandon_rate abandon_rate_excluding_short service_level wait_all \
         abandon_time max_wait alert_time talk_time acw_time aht n_offers_withdrawn n_offers_open \
         missed_rate_with_withdrawn transfer_rate n_dropped dropped_rate n_dropped_two_seconds \
         dropped_rate_two_seconds"
    );
}

#[test]
fn an_instant_that_other_events_carry_is_known_without_its_hook() {
    let mut carried = Totals::default();
    *carried.count_mut(Count::Offered) = 1;
    *carried.count_mut(Count::Answered) = 1;
    let unsent = unsent(QueueType::InboundQueue, &[Joined, Bridged]);
    for key in ["n_offered", "n_answered", "asa"] {
        assert!(find(key).unwrap().missing(unsent, &carried).is_none(), "{key}");
        assert!(find(key).unwrap().missing(unsent, &Totals::default()).is_some(), "{key}");
    }
    for key in ["n_abandoned", "n_open", "service_level", "bridge_rate", "n_offers_withdrawn"] {
        assert_eq!(
            find(key).unwrap().missing(unsent, &carried),
            Some(Bridged),
            "{key}: another may have talked"
        );
    }
}

#[test]
fn a_value_that_falls_apart_from_its_attempt_is_evidence_too() {
    let unsent = unsent(QueueType::InboundQueue, &[Joined, Bridged]);
    for (key, measure) in
        [("asa", Measure::WaitAnswered), ("talk_time", Measure::Talk), ("aht", Measure::Handle)]
    {
        let mut totals = Totals::default();
        totals.add(&Item::Value(measure, 9_000), 1);
        let missing = find(key).unwrap().missing(unsent, &totals);
        assert_eq!(missing, None, "{key}");
    }
}

#[test]
fn a_miss_in_a_chat_may_end_a_talk_that_is_not_announced() {
    let miss =
        |queue_type| find("n_missed").unwrap().missing(unsent(queue_type, &[Bridged]), &Totals::default());
    assert_eq!(miss(QueueType::ChatInboundQueue), Some(Bridged));
    assert_eq!(miss(QueueType::InboundQueue), None);
}

#[test]
fn what_a_queue_type_does_not_have_is_not_missing() {
    let outbound = unsent(QueueType::OutboundIvr, &[]);
    assert_eq!(outbound, UnsentHooks::default());
    for key in ["n_missed", "acw_time", "asa_accept"] {
        assert!(find(key).unwrap().missing(outbound, &Totals::default()).is_none(), "{key}");
    }
}
