//! What holds for every zone, range and interval.

use attempt_ledger_domain::UnixMillis;
use attempt_ledger_projections::calendar::{
    Bucket, Interval, PLAUSIBLE_FROM, PLAUSIBLE_TO, Range, Zone, buckets, parse_instant, rfc3339,
};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Offset, TimeZone, Timelike};
use chrono_tz::{TZ_VARIANTS, Tz};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{BUCKETS_MAX, NOW, QUARTER_MS};

/// Parts of a day in minutes, then day, week and month.
const CLOCK: [(&str, u32); 11] = [
    ("PT15M", 15),
    ("PT30M", 30),
    ("PT45M", 45),
    ("PT1H", 60),
    ("PT1H30M", 90),
    ("PT2H", 120),
    ("PT3H", 180),
    ("PT4H", 240),
    ("PT6H", 360),
    ("PT8H", 480),
    ("PT12H", 720),
];
const CALENDAR: [&str; 3] = ["P1D", "P7D", "P1M"];

fn any_zone() -> impl Strategy<Value = Tz> {
    select(TZ_VARIANTS.as_slice())
}

fn any_interval() -> impl Strategy<Value = &'static str> {
    prop_oneof![3 => select(CLOCK.map(|(name, _)| name).to_vec()), 1 => select(CALENDAR.to_vec())]
}

/// Up to 60 days on quarters of an hour, more often than not in the years that zones have changed most.
fn any_range() -> impl Strategy<Value = Range> {
    let quarters = (PLAUSIBLE_TO.0 - PLAUSIBLE_FROM.0) / QUARTER_MS;
    let longest = 60 * 96;
    (prop_oneof![0..quarters / 4, 0..quarters - longest], 1..longest).prop_map(|(start, length)| {
        let at = |quarter| UnixMillis(PLAUSIBLE_FROM.0 + quarter * QUARTER_MS);
        Range::new(at(start), at(start + length)).unwrap()
    })
}

fn cut(range: Range, interval: &str, zone: Tz) -> Vec<Bucket> {
    buckets(range, interval.parse().unwrap(), zone.into(), BUCKETS_MAX).unwrap()
}

fn utc(at: i64) -> NaiveDateTime {
    DateTime::from_timestamp_millis(at).unwrap().naive_utc()
}

fn offset_seconds(zone: Tz, at: i64) -> i32 {
    zone.offset_from_utc_datetime(&utc(at)).fix().local_minus_utc()
}

/// What the bucket of a local time begins with: the date of its period and the number of its part of the day.
fn slot(interval: &str, local: NaiveDateTime) -> (NaiveDate, u32) {
    let date = local.date();
    match interval {
        "P1D" => (date, 0),
        "P7D" => (date.week(chrono::Weekday::Mon).first_day(), 0),
        "P1M" => (date.with_day(1).unwrap(), 0),
        _ => {
            let (_, minutes) = CLOCK.into_iter().find(|(name, _)| *name == interval).unwrap();
            (date, (local.hour() * 60 + local.minute()) / minutes)
        }
    }
}

fn local_start(bucket: &Bucket) -> NaiveDateTime {
    DateTime::parse_from_rfc3339(&bucket.local_start).unwrap().naive_local()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn buckets_tile_the_range(zone in any_zone(), range in any_range(), interval in any_interval()) {
        let buckets = cut(range, interval, zone);
        prop_assert_eq!(buckets[0].start, range.from());
        prop_assert_eq!(buckets[buckets.len() - 1].end, range.to());
        prop_assert!(buckets.windows(2).all(|pair| pair[0].end == pair[1].start));
        prop_assert!(buckets.iter().all(|bucket| bucket.start < bucket.end));
        prop_assert!(buckets.iter().all(|bucket| bucket.length_ms == bucket.end.since(bucket.start)));
        prop_assert!(buckets.iter().all(|bucket| bucket.start.0 % QUARTER_MS == 0));
        prop_assert_eq!(buckets.iter().map(|bucket| bucket.length_ms).sum::<u64>(), range.length_ms());
        for bucket in &buckets {
            let start = DateTime::parse_from_rfc3339(&bucket.local_start).unwrap();
            prop_assert_eq!(start.timestamp_millis(), bucket.start.0);
        }
    }

    #[test]
    fn every_instant_lies_in_the_bucket_of_its_local_time(
        zone in any_zone(),
        range in any_range(),
        interval in any_interval(),
        places in prop::collection::vec(any::<Index>(), 40),
    ) {
        let buckets = cut(range, interval, zone);
        for place in places {
            let length_ms = usize::try_from(range.length_ms()).unwrap();
            let at = range.from().0 + i64::try_from(place.index(length_ms)).unwrap();
            let quarter = at - at.rem_euclid(QUARTER_MS);
            let offset = offset_seconds(zone, at);
            // A change inside a quarter of an hour counts from its edge, and one base went back across
            // midnight.
            let offset_last = offset_seconds(zone, quarter + QUARTER_MS - 1);
            let changes_inside = offset_seconds(zone, quarter) != offset_last;
            if changes_inside || zone == Tz::Antarctica__Casey {
                continue;
            }
            let bucket = buckets.iter().find(|bucket| bucket.start.0 <= at && at < bucket.end.0).unwrap();
            let local = utc(at + i64::from(offset) * 1_000);
            let expected = slot(interval, local);
            prop_assert_eq!(slot(interval, local_start(bucket)), expected, "{} at {}", zone, local);
        }
    }

    #[test]
    fn neighbours_differ_in_local_time_or_in_offset(
        zone in any_zone(), range in any_range(), interval in any_interval(),
    ) {
        let buckets = cut(range, interval, zone);
        for pair in buckets.windows(2) {
            let same_slot = slot(interval, local_start(&pair[0])) == slot(interval, local_start(&pair[1]));
            prop_assert!(!same_slot || (pair[0].offset_changes && pair[1].offset_changes), "{:?}", pair);
        }
    }

    #[test]
    fn a_bucket_without_a_flag_has_the_nominal_length(
        zone in any_zone(), range in any_range(), interval in select(CLOCK.to_vec()),
    ) {
        for bucket in cut(range, interval.0, zone) {
            let nominal = bucket.length_ms == u64::from(interval.1) * 60_000;
            prop_assert!(nominal || bucket.is_partial || bucket.offset_changes, "{:?}", bucket);
        }
    }

    #[test]
    fn a_wider_range_gives_the_same_buckets_inside(
        zone in any_zone(),
        range in any_range(),
        interval in any_interval(),
        quarters in (0_i64..300, 0_i64..300),
    ) {
        let from = (range.from().0 - quarters.0 * QUARTER_MS).max(PLAUSIBLE_FROM.0);
        let to = (range.to().0 + quarters.1 * QUARTER_MS).min(PLAUSIBLE_TO.0);
        let wider = cut(Range::new(UnixMillis(from), UnixMillis(to)).unwrap(), interval, zone);
        for bucket in cut(range, interval, zone).iter().filter(|bucket| !bucket.is_partial) {
            prop_assert!(wider.contains(bucket), "{:?}", bucket);
        }
    }

    #[test]
    fn a_date_is_read_as_the_beginning_of_its_bucket(zone in any_zone(), range in any_range()) {
        let zone = Zone::from(zone);
        for bucket in buckets(range, Interval::DAY, zone, BUCKETS_MAX).unwrap().iter().skip(1) {
            prop_assert_eq!(parse_instant(&bucket.local_start[..10], zone, NOW).unwrap(), bucket.start);
        }
    }

    #[test]
    fn an_instant_written_is_read_back(zone in any_zone(), at in PLAUSIBLE_FROM.0..=PLAUSIBLE_TO.0) {
        let written = rfc3339(UnixMillis(at), Zone::from(zone));
        prop_assert_eq!(parse_instant(&written, Zone::UTC, NOW).unwrap(), UnixMillis(at));
    }

    #[test]
    fn no_text_makes_a_parser_panic(
        text in "\\PC{0,40}|now-?[0-9]{0,25}[mhd]?|PT?[0-9]{0,12}[YMWDTHS]{0,4}",
    ) {
        let _ = parse_instant(&text, Zone::from(Tz::America__Sao_Paulo), NOW);
        let _ = text.parse::<Interval>().map(|interval| interval.to_string());
        let _ = text.parse::<Zone>();
    }
}

#[test]
fn every_zone_is_off_utc_by_quarters_of_an_hour_for_a_century() {
    for zone in TZ_VARIANTS {
        for at in (PLAUSIBLE_FROM.0..PLAUSIBLE_TO.0).step_by(30 * 96 * usize::try_from(QUARTER_MS).unwrap()) {
            assert_eq!(offset_seconds(zone, at) % 900, 0, "{zone} at {}", utc(at));
        }
    }
}
