//! When an event happened: the producer's word as long as it can be true.

use serde_json::{Value, json};

use crate::api::harness::{NOW, Service, flags_of};

const YEAR_2000: i64 = 946_684_800_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const AHEAD_MS: i64 = 5 * 60 * 1_000;

/// Delivers a body and returns the time and the flags under which it is recorded.
fn recorded(members: Value) -> (i64, Vec<String>) {
    let service = Service::start();
    let mut body = json!({ "attempt_id": 7 });
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    service.inbound("offering", body.to_string()).expect(201);
    let events = service.show("/v1/attempts/7/events");
    assert_eq!(events["events"][0]["recorded_at"], NOW);
    (events["events"][0]["occurred_at"].as_i64().unwrap(), flags_of(&service, 7))
}

fn flags(flags: &[&str]) -> Vec<String> {
    flags.iter().map(|flag| (*flag).to_owned()).collect()
}

#[test]
fn a_plausible_timestamp_is_the_time_of_the_event() {
    for at in [NOW, NOW - 1, NOW - DAY_MS + 1, NOW + AHEAD_MS] {
        assert_eq!(recorded(json!({ "timestamp": at })), (at, vec![]));
        assert_eq!(recorded(json!({ "timestamp": at.to_string() })), (at, vec![]));
    }
}

#[test]
fn a_timestamp_of_a_day_ago_and_older_is_late_and_keeps_its_time() {
    for at in [NOW - DAY_MS, NOW - 30 * DAY_MS, YEAR_2000] {
        assert_eq!(recorded(json!({ "timestamp": at })), (at, flags(&["late"])));
    }
}

#[test]
fn a_timestamp_that_cannot_be_true_gives_way_to_the_time_of_receipt() {
    for at in [YEAR_2000 - 1, NOW + AHEAD_MS + 1, 0, -1, i64::MAX, i64::MIN] {
        assert_eq!(recorded(json!({ "timestamp": at })), (NOW, flags(&["clock_implausible"])), "{at}");
    }
}

#[test]
fn a_timestamp_that_is_no_whole_number_gives_way_and_is_flagged() {
    for value in [json!("yesterday"), json!("12.5"), json!(true), json!([1]), json!("99999999999999999999")] {
        let expected = flags(&["clock_implausible", "unparsable:timestamp"]);
        assert_eq!(recorded(json!({ "timestamp": value })), (NOW, expected), "{value}");
    }
}

#[test]
fn one_instant_is_read_from_every_unit_and_spelling_and_the_conversion_is_flagged() {
    const WHOLE: i64 = NOW / 1_000 * 1_000;
    let converted = flags(&["converted:timestamp"]);
    for value in [
        json!(WHOLE / 1_000),
        json!((WHOLE / 1_000).to_string()),
        json!(WHOLE * 1_000),
        json!((WHOLE * 1_000_000).to_string()),
        json!("2026-07-22T09:15:00Z"),
        json!("2026-07-22T11:15:00.000000999+02:00"),
        json!(format!("{WHOLE}.25")),
        json!(format!("{}.0004", WHOLE / 1_000)),
    ] {
        assert_eq!(recorded(json!({ "timestamp": value })), (WHOLE, converted.clone()), "{value}");
    }
}

#[test]
fn the_answer_says_whose_clock_gave_the_time_and_what_was_converted() {
    let service = Service::start();
    for (attempt_id, timestamp, expected) in [
        (1, json!(NOW), json!(null)),
        (2, json!(1), json!(["clock_implausible"])),
        (3, json!(NOW / 1_000), json!(["converted:timestamp"])),
    ] {
        let body = json!({ "attempt_id": attempt_id, "timestamp": timestamp }).to_string();
        assert_eq!(service.inbound("joined", &body).expect(201)["flags"], expected, "{timestamp}");
        assert_eq!(
            service.inbound("joined", &body).expect(200)["flags"],
            expected,
            "a duplicate says so, too"
        );
    }
    let batch = json!([{ "attempt_id": 4, "timestamp": 1 }]).to_string();
    let answer = service.inbound("joined", batch).expect(200);
    assert_eq!(answer["results"][0]["flags"], json!(["clock_implausible"]));
}

#[test]
fn a_second_is_not_before_the_milliseconds_within_it() {
    let second = NOW / 1_000 - 5;
    let body = json!({ "timestamp": second, "joined_at": second * 1_000 + 900 });
    assert_eq!(recorded(body), (second * 1_000, flags(&["converted:timestamp"])));
    let next = json!({ "timestamp": second, "joined_at": second * 1_000 + 1_000 });
    let expected = flags(&["converted:timestamp", "joined_at_ignored"]);
    assert_eq!(recorded(next), (second * 1_000, expected));
}

#[test]
fn no_timestamp_means_the_time_of_receipt_without_a_flag() {
    for members in [json!({}), json!({ "timestamp": "" }), json!({ "timestamp": null })] {
        assert_eq!(recorded(members), (NOW, vec![]));
    }
}

#[test]
fn a_joined_at_after_the_timestamp_beside_it_is_ignored_and_flagged() {
    let at = NOW - 1_000;
    assert_eq!(recorded(json!({ "timestamp": at, "joined_at": at })), (at, vec![]));
    let early = json!({ "timestamp": at, "joined_at": at + 1 });
    assert_eq!(recorded(early), (at, flags(&["joined_at_ignored"])));
    let joined_in_no_time = json!({ "timestamp": at, "joined_at": 0 });
    let expected = (at, flags(&["shadowed:joined_at"]));
    assert_eq!(recorded(joined_in_no_time), expected, "an implausible joined_at has no say");
}
