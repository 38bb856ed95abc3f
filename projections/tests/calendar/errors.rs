//! How bad input is answered.

use attempt_ledger_domain::UnixMillis;
use attempt_ledger_projections::calendar::{
    Interval, PLAUSIBLE_FROM, PLAUSIBLE_TO, Range, Zone, buckets, parse_instant,
};

use super::{NOW, instant, zone};

#[test]
fn intervals_that_cannot_be_cut_are_refused_with_the_reason() {
    for (text, code, reason) in [
        ("PT7M", "interval_not_offered", "`PT7M` is not a multiple of PT15M; hint: use PT15M, PT30M, PT1H"),
        ("PT1S", "interval_not_offered", "is not a multiple of PT15M that a day can hold"),
        ("PT0M", "interval_not_offered", "is no time at all"),
        ("PT75M", "interval_not_offered", "does not divide a day evenly"),
        ("PT5H", "interval_not_offered", "does not divide a day evenly"),
        ("PT24H", "interval_not_offered", "use P1D"),
        ("PT48H", "interval_not_offered", "does not divide a day evenly"),
        ("PT99999999999H", "interval_not_offered", "is not a multiple of PT15M that a day can hold"),
        ("P2D", "interval_not_offered", "is not a length that buckets are made of"),
        ("P1DT12H", "interval_not_offered", "is not a length that buckets are made of"),
        ("P1Y", "interval_not_offered", "is not a length that buckets are made of"),
        ("", "interval_unreadable", "is not an ISO 8601 duration"),
        ("P", "interval_unreadable", "is not an ISO 8601 duration"),
        ("PT", "interval_unreadable", "is not an ISO 8601 duration"),
        ("PTH", "interval_unreadable", "is not an ISO 8601 duration"),
        ("PT-1H", "interval_unreadable", "is not an ISO 8601 duration"),
        ("PT1M1H", "interval_unreadable", "is not an ISO 8601 duration"),
        ("P1", "interval_unreadable", "is not an ISO 8601 duration"),
        ("15m", "interval_unreadable", "is not an ISO 8601 duration"),
        ("hour", "interval_unreadable", "is not an ISO 8601 duration"),
    ] {
        let error = text.parse::<Interval>().unwrap_err();
        assert_eq!(error.code(), code, "{text}: {error}");
        assert!(error.to_string().contains(reason), "{text}: {error}");
    }
}

#[test]
fn unknown_zones_are_named_with_the_nearest_known_one() {
    for (text, hint) in [
        ("europe/kyiv", "did you mean `Europe/Kyiv`?"),
        ("utc", "did you mean `UTC`?"),
        ("Kyiv", "did you mean `Europe/Kyiv`?"),
        ("Europe/New_York", "did you mean `America/New_York`?"),
        ("America/New York", "did you mean `America/New_York`?"),
        ("Europe/Kyjiv", "did you mean `Europe/Kyiv`?"),
        ("Europe/Warsow", "did you mean `Europe/Warsaw`?"),
        ("+02:00", "an offset says nothing about summer time"),
        ("Mars/Olympus_Mons", "use an IANA name such as `Europe/Kyiv`"),
        ("", "use an IANA name such as `Europe/Kyiv`"),
    ] {
        let error = text.parse::<Zone>().unwrap_err();
        assert_eq!(error.code(), "zone_unknown");
        assert!(error.to_string().contains(&format!("`{text}`")), "{error}");
        assert!(error.to_string().contains(hint), "{text}: {error}");
    }
}

#[test]
fn an_endless_text_is_not_repeated_whole() {
    let error = "я".repeat(100_000).parse::<Zone>().unwrap_err().to_string();
    assert!(error.chars().count() < 200, "{error}");
}

#[test]
fn instants_that_cannot_be_meant_are_refused() {
    for (text, code, hint) in [
        ("", "instant_unreadable", "use 2026-03-29T02:30:00+02:00"),
        ("tomorrow", "instant_unreadable", "yesterday, now, or now-1d"),
        ("now/d", "instant_unreadable", "only -N"),
        ("now-", "instant_unreadable", "only -N"),
        ("now-h", "instant_unreadable", "only -N"),
        ("now-1w", "instant_unreadable", "only -N"),
        ("now+1h", "instant_unreadable", "only -N"),
        ("now-1.5h", "instant_unreadable", "only -N"),
        ("2026-02-30", "instant_unreadable", "milliseconds since 1970"),
        ("2026-03-29T25:00", "instant_unreadable", "milliseconds since 1970"),
        ("2026-03-29T02:30:00 02:00", "instant_unreadable", "%2B"),
        ("1774744200000.5", "instant_unreadable", "milliseconds since 1970"),
        ("1774744200", "instant_implausible", "seconds since 1970"),
        ("99999999999999999999", "instant_implausible", "whole milliseconds"),
        ("now-99999999999999999999d", "instant_implausible", "whole milliseconds"),
        ("1999-12-31T23:59:59Z", "instant_implausible", "2000 to 2099"),
        ("2100-01-01T00:00:00.001Z", "instant_implausible", "2000 to 2099"),
        ("0001-01-01", "instant_implausible", "2000 to 2099"),
        ("+262142-12-31", "instant_implausible", "2000 to 2099"),
    ] {
        let error = parse_instant(text, zone("Europe/Kyiv"), NOW).unwrap_err();
        assert_eq!(error.code(), code, "{text}: {error}");
        assert!(error.to_string().contains(hint), "{text}: {error}");
    }
}

#[test]
fn empty_reversed_and_implausible_ranges_are_refused() {
    let later = UnixMillis(NOW.0 + 1);
    let reversed = Range::new(later, NOW).unwrap_err();
    assert_eq!(reversed.code(), "range_reversed");
    assert!(reversed.to_string().contains("2026-10-02T12:34:56.790+00:00"), "{reversed}");
    assert!(reversed.to_string().contains("2026-10-02T12:34:56.789+00:00"), "{reversed}");
    assert_eq!(Range::new(NOW, NOW).unwrap_err().code(), "range_empty");
    for (from, to) in [(UnixMillis(i64::MIN), NOW), (NOW, UnixMillis(i64::MAX))] {
        assert_eq!(Range::new(from, to).unwrap_err().code(), "instant_implausible");
    }
}

#[test]
fn a_range_off_the_quarters_is_told_the_two_nearest() {
    let zone = zone("Europe/Kyiv");
    let on = instant("2026-06-01", zone);
    for (from, to, edge) in
        [("2026-06-01T10:07", "2026-06-02", "from"), ("2026-06-01", "2026-06-01T10:07", "to")]
    {
        let range = Range::new(instant(from, zone), instant(to, zone)).unwrap();
        let error = buckets(range, Interval::HOUR, zone, 100).unwrap_err();
        assert_eq!(error.code(), "not_on_quarter_hour");
        let text = error.to_string();
        assert!(text.starts_with(&format!("`{edge}` is 2026-06-01T10:07:00+03:00")), "{text}");
        assert!(text.ends_with("use 2026-06-01T10:00:00+03:00 or 2026-06-01T10:15:00+03:00"), "{text}");
    }
    let by_a_millisecond = Range::new(on, UnixMillis(on.0 + 900_001)).unwrap();
    assert!(buckets(by_a_millisecond, Interval::HOUR, zone, 100).is_err());
}

#[test]
fn the_limit_is_kept_to_the_bucket() {
    let zone = zone("Europe/Kyiv");
    let range = Range::new(instant("2026-10-25", zone), instant("2026-10-26", zone)).unwrap();
    assert_eq!(buckets(range, Interval::HOUR, zone, 25).unwrap().len(), 25);
    assert_eq!(
        buckets(range, Interval::HOUR, zone, 24).unwrap_err().to_string(),
        "the range holds 25 buckets of PT1H and at most 24 are given at once; \
         hint: ask for a shorter range or a longer interval"
    );
    let everything = Range::new(PLAUSIBLE_FROM, PLAUSIBLE_TO).unwrap();
    assert!(
        buckets(everything, Interval::QUARTER_HOUR, Zone::UTC, 10_000)
            .unwrap_err()
            .to_string()
            .contains("3506400")
    );
}
