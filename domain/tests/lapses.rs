//! How far the stretches of an attempt have come, where events were lost.

use attempt_ledger_domain::timeline::{Bound, BoundSource, Instants, Lapse, LapseReason, Lapses};
use attempt_ledger_domain::UnixMillis;

fn at(ms: i64) -> Option<Bound> {
    Some(Bound { at: UnixMillis(ms), source: BoundSource::Event })
}

#[test]
fn after_call_work_without_a_connection_leaves_the_wait_unmeasured() {
    let lost = Instants { joined: at(0), processing: at(100_000), left: at(130_000), ..Instants::default() };
    let wait = Lapses::of(&lost, None).wait;
    assert_eq!(wait, Lapse::NotKnown { reason: LapseReason::EndNotReported });
    assert_eq!(lost.wait_ms(), None);
    let found = Instants { bridged: at(30_000), ..lost };
    assert_eq!((Lapses::of(&found, None).wait, found.wait_ms()), (Lapse::Known { ms: 30_000 }, Some(30_000)));
}
