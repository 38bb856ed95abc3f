//! Equal options, equal bytes; and never more memory than attempts are under way.

use sha2::{Digest as _, Sha256};

use super::*;

fn digest(options: &SeedOptions) -> String {
    digest_of(deliveries(options))
}

fn digest_of(deliveries: impl Iterator<Item = SeedDelivery>) -> String {
    let mut hasher = Sha256::new();
    let mut line = String::new();
    for delivery in deliveries {
        line.clear();
        ndjson_line(&delivery, &mut line);
        hasher.update(delivery.sent_at.0.to_le_bytes());
        hasher.update(&line);
    }
    hex::encode(hasher.finalize())
}

#[test]
fn traffic_is_the_same_on_every_machine_and_in_every_release() {
    let digests = [Scenario::Clean, Scenario::Normal, Scenario::Broken]
        .map(|scenario| digest(&options(scenario, 1_000)));
    assert_eq!(
        digests,
        [
            "3b858c73c39e5bdbf0633f5c58b0e8ff3bf83d73222f238521650998313e0bd3",
            "b2a0162ad23e8242393f5270a116ed2e1ecf47deee69723f1e030911c70bd1d4",
            "5b9ed6f3727eb8ccade37ef2cde087ec4861918c19f443f5b4ca99448accf771"
        ]
    );
}

#[test]
fn observations_change_no_event_of_the_traffic() {
    let digests = [Scenario::Clean, Scenario::Normal, Scenario::Broken].map(|scenario| {
        let events = |delivery: &SeedDelivery| delivery.hook.event().is_some();
        digest_of(deliveries(&options(scenario, 1_000)).filter(events))
    });
    assert_eq!(
        digests,
        [
            "355a9669dccb6816ad927d4d8da5fedc7098f623283daeb653d549eaf30cee92",
            "77f559de1607644e25a4df0ef894924e2b3e2cf0305cc6013b3d0a2363587bb8",
            "d2e14be3a3748f2b95705563b30801b302973a6d94009152f1799c148599c789"
        ]
    );
}

#[test]
fn another_seed_gives_other_traffic() {
    let one = options(Scenario::Normal, 200);
    assert_ne!(digest(&one), digest(&SeedOptions { seed: one.seed + 1, ..one }));
}

#[test]
fn deliveries_come_in_the_order_of_arrival() {
    for scenario in [Scenario::Clean, Scenario::Normal, Scenario::Broken] {
        for arrivals in [ArrivalPattern::Day, ArrivalPattern::Steady] {
            let options = SeedOptions { arrivals, ..options(scenario, 3_000) };
            let times: Vec<i64> = deliveries(&options).map(|delivery| delivery.sent_at.0).collect();
            assert!(times.is_sorted(), "{scenario:?} {arrivals:?}");
            assert!(times[0] >= MIDNIGHT.0);
        }
    }
}

#[test]
fn every_attempt_is_delivered_and_no_other() {
    for scenario in [Scenario::Clean, Scenario::Normal, Scenario::Broken] {
        let options = options(scenario, 3_000);
        let mut delivered: Vec<i64> = deliveries(&options)
            .filter_map(|delivery| number(&fields(&delivery)?, "attempt_id"))
            .filter(|attempt_id| *attempt_id != 1)
            .collect();
        delivered.sort_unstable();
        delivered.dedup();
        assert_eq!(delivered.len(), 3_000, "{scenario:?}");
        assert_eq!((delivered[0], delivered[2_999]), (48_210_000, 48_212_999), "{scenario:?}");
    }
    assert_eq!(deliveries(&options(Scenario::Normal, 0)).count(), 0);
}

#[test]
fn every_queue_type_and_every_event_occurs() {
    for scenario in [Scenario::Clean, Scenario::Normal, Scenario::Broken] {
        let mut queue_types = QueueType::ALL.to_vec();
        let mut events: Vec<HookName> = EventKind::ALL.map(HookName::Event).to_vec();
        events.push(Observation::WaitAgent.into());
        for delivery in deliveries(&options(scenario, 1_000)) {
            queue_types.retain(|queue_type| *queue_type != delivery.queue_type);
            events.retain(|event| *event != delivery.hook);
        }
        assert!(queue_types.is_empty(), "{scenario:?} lacks {queue_types:?}");
        assert!(events.is_empty(), "{scenario:?} lacks {events:?}");
    }
}

#[test]
fn memory_follows_the_attempts_under_way_and_not_their_number() {
    let most_open = |attempts: u64, span_ms: u64| {
        let arrivals = ArrivalPattern::Steady;
        let options = SeedOptions { arrivals, span_ms, ..options(Scenario::Clean, attempts) };
        let mut traffic = deliveries(&options);
        let mut most = 0;
        while traffic.next().is_some() {
            most = most.max(traffic.open_attempts());
        }
        assert_eq!(traffic.open_attempts(), 0);
        most
    };
    let hour = most_open(1_000, HOUR_MS);
    let ten_hours = most_open(10_000, 10 * HOUR_MS);
    assert!(hour > 20 && hour < 120, "{hour} of 1,000 attempts were open at once");
    assert!(ten_hours < hour * 3 / 2, "{hour} in one hour, {ten_hours} in ten");
}

#[test]
fn extreme_options_neither_panic_nor_stall() {
    for (start, span_ms, first_attempt_id) in
        [(0, 0, 1), (-5_000, 1, i64::MAX - 5), (i64::from(i32::MAX), u64::MAX >> 8, 0)]
    {
        let options = SeedOptions {
            start: UnixMillis(start),
            span_ms,
            first_attempt_id,
            ..options(Scenario::Broken, 300)
        };
        assert!(deliveries(&options).count() >= 300);
    }
}
