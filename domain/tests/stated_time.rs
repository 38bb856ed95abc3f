//! Times as senders write them.

use attempt_ledger_domain::{ContentHash, EventKind, Payload, StatedTime, UnixMillis};
use proptest::prelude::*;

fn read(json: &str) -> Option<(i64, bool)> {
    let body = format!("{{\"t\":{json}}}");
    let payload = Payload::parse(body.as_bytes()).expect("test body parses");
    StatedTime::of(payload.get("t")?).map(|time| (time.at.0, time.is_converted))
}

#[test]
fn units_are_told_apart_by_magnitude_and_conversions_are_said() {
    for (json, expected) in [
        ("1795694400000", Some((1_795_694_400_000, false))),
        ("\"1795694400000\"", Some((1_795_694_400_000, false))),
        ("1795694400000.0", Some((1_795_694_400_000, false))),
        ("1795694400", Some((1_795_694_400_000, true))),
        ("\"1795694400.25\"", Some((1_795_694_400_250, true))),
        ("1795694400000000", Some((1_795_694_400_000, true))),
        ("1795694400000999999", Some((1_795_694_400_000, true))),
        ("1.7956944e9", Some((1_795_694_400_000, true))),
        ("\"2026-11-26T12:00:00Z\"", Some((1_795_694_400_000, true))),
        ("\"2026-11-26T14:00:00.250+02:00\"", Some((1_795_694_400_250, true))),
        // The edges of the century.
        ("946684800", Some((946_684_800_000, true))),
        ("946684799", Some((946_684_799, false))),
        ("4102444799", Some((4_102_444_799_000, true))),
        ("4102444800", Some((4_102_444_800, false))),
        // Whole numbers of no century are milliseconds, which nobody believes.
        ("0", Some((0, false))),
        ("-1", Some((-1, false))),
        ("9223372036854775807", Some((i64::MAX, false))),
        // No times.
        ("12.5", None),
        ("\"yesterday\"", None),
        ("\"2026-11-26\"", None),
        ("true", None),
        ("[1795694400]", None),
        ("1e40", None),
    ] {
        assert_eq!(read(json), expected, "{json}");
    }
}

proptest! {
    /// Whatever the unit, one instant is one time, and one content.
    #[test]
    fn an_instant_is_the_same_in_five_spellings(second in 946_684_800_i64..4_102_444_800) {
        let instant = UnixMillis(second * 1_000);
        let text = chrono::DateTime::from_timestamp(second, 0).expect("in range").to_rfc3339();
        let spellings = [
            second.to_string(), (second * 1_000).to_string(), (second * 1_000_000).to_string(),
            (i128::from(second) * 1_000_000_000).to_string(),
            format!("{text:?}"),
            format!("\"{second}.000\""),
        ];
        let contents = spellings.map(|spelling| {
            let body = format!("{{\"timestamp\":{spelling}}}");
            let payload = Payload::parse(body.as_bytes()).expect("it parses");
            let time = payload.get("timestamp").and_then(StatedTime::of).map(|time| time.at);
            assert_eq!(time, Some(instant), "{spelling}");
            ContentHash::of(EventKind::Joined, None, &payload, &mut Vec::new())
        });
        prop_assert!(contents.iter().all(|content| *content == contents[0]));
    }
}
