//! How far the stretches of an attempt have come, where events were lost or are not sent.

use attempt_ledger_domain::timeline::{Bound, BoundSource, Instants, Lapse, LapseReason, Lapses};
use attempt_ledger_domain::{EventKind, QueueDefinition, QueueId, QueueType, UnixMillis};

fn at(ms: i64) -> Option<Bound> {
    Some(Bound { at: UnixMillis(ms), source: BoundSource::Event })
}

/// A queue that is defined to send everything but one hook.
fn without(queue_type: QueueType, unsent: EventKind) -> QueueDefinition {
    let hooks = EventKind::ALL.into_iter().filter(|kind| queue_type.has_event(*kind) && *kind != unsent);
    QueueDefinition {
        queue_id: QueueId(17),
        queue_type,
        name: None,
        hooks: Some(hooks.collect()),
        service_level_threshold_ms: None,
        short_abandon_threshold_ms: None,
        leaving_deadline_ms: None,
        variables: None,
    }
}

const UNSENT: Lapse = Lapse::NotKnown { reason: LapseReason::HookNotSent };

#[test]
fn after_call_work_without_a_connection_leaves_the_wait_unmeasured() {
    let lost = Instants { joined: at(0), processing: at(100_000), left: at(130_000), ..Instants::default() };
    let wait = Lapses::of(&lost, None).wait;
    assert_eq!(wait, Lapse::NotKnown { reason: LapseReason::EndNotReported });
    assert_eq!(lost.wait_ms(), None);
    let found = Instants { bridged: at(30_000), ..lost };
    assert_eq!((Lapses::of(&found, None).wait, found.wait_ms()), (Lapse::Known { ms: 30_000 }, Some(30_000)));
}

#[test]
fn leaving_measures_no_stretch_whose_own_end_is_not_sent() {
    let inbound = |unsent| without(QueueType::InboundQueue, unsent);
    let left = Instants { joined: at(0), left: at(9_000), ..Instants::default() };
    let unsent = inbound(EventKind::Bridged);
    assert_eq!(Lapses::of(&left, Some(&unsent)).wait, UNSENT, "he may have talked");
    assert_eq!(Lapses::of(&left, Some(&inbound(EventKind::Missed))).wait, Lapse::Known { ms: 9_000 });
    let carried = Instants { bridged: at(4_000), ..left };
    assert_eq!(Lapses::of(&carried, Some(&unsent)).wait, Lapse::Known { ms: 4_000 });
    assert_eq!(Lapses::of(&carried, Some(&inbound(EventKind::Processing))).talk, UNSENT);
    let worked = Instants { processing: at(6_000), ..carried };
    let talk = Lapses::of(&worked, Some(&inbound(EventKind::Processing))).talk;
    assert_eq!(talk, Lapse::Known { ms: 2_000 });
    let of_menu = Lapses::of(&carried, Some(&without(QueueType::OutboundIvr, EventKind::Offering)));
    let told = (of_menu.talk, of_menu.wrap);
    assert_eq!(told, (Lapse::Known { ms: 5_000 }, Lapse::None), "a menu has no after-call work to send");
    let waits = Instants { joined: at(0), ..Instants::default() };
    assert_eq!(Lapses::of(&waits, Some(&unsent)).wait, UNSENT, "he may talk");
    assert_eq!(Lapses::of(&waits, Some(&inbound(EventKind::Missed))).wait, Lapse::Open);
}

#[test]
fn nothing_is_open_where_the_end_of_everything_is_not_sent() {
    let endless = without(QueueType::InboundQueue, EventKind::Leaving);
    let waits = Instants { joined: at(0), ..Instants::default() };
    assert_eq!(Lapses::of(&waits, Some(&endless)).wait, UNSENT);
    let talks = Instants { bridged: at(4_000), ..waits };
    let told = Lapses::of(&talks, Some(&endless));
    assert_eq!((told.wait, told.talk), (Lapse::Known { ms: 4_000 }, UNSENT));
    let works = Instants { processing: at(6_000), ..talks };
    let told = Lapses::of(&works, Some(&endless));
    assert_eq!((told.talk, told.wrap), (Lapse::Known { ms: 2_000 }, UNSENT));
}
