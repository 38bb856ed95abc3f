//! Days that people argue about, worked out by hand.

use attempt_ledger_domain::UnixMillis;
use attempt_ledger_projections::calendar::Bucket;
use serde_json::json;

use super::{HOUR_MS, cut, flags, lengths_hours, local_starts};

#[test]
fn days_have_as_many_buckets_as_their_clock_has_hours() {
    for (zone, day, next, hours) in [
        ("UTC", "2026-03-29", "2026-03-30", 24.0),
        ("Europe/Kyiv", "2026-03-28", "2026-03-29", 24.0),
        ("Europe/Kyiv", "2026-03-29", "2026-03-30", 23.0),
        ("Europe/Kyiv", "2026-10-25", "2026-10-26", 25.0),
        ("America/New_York", "2026-03-08", "2026-03-09", 23.0),
        ("America/New_York", "2026-11-01", "2026-11-02", 25.0),
        ("America/Havana", "2026-11-01", "2026-11-02", 25.0),
        ("Asia/Kathmandu", "2026-06-01", "2026-06-02", 24.0),
    ] {
        for (interval, per_hour) in [("PT15M", 4.0), ("PT30M", 2.0), ("PT1H", 1.0)] {
            let buckets = cut(zone, day, next, interval);
            assert_eq!(
                lengths_hours(&buckets),
                vec![1.0 / per_hour; (hours * per_hour) as usize],
                "{zone} {day}"
            );
            assert!(buckets.iter().all(|bucket| !bucket.is_partial), "{zone} {day} {interval}");
        }
        let buckets = cut(zone, day, next, "P1D");
        assert_eq!(lengths_hours(&buckets), [hours], "{zone} {day}");
        assert_eq!(flags(&buckets), [hours != 24.0], "{zone} {day}");
    }
}

#[test]
fn the_skipped_hour_of_kyiv_has_no_bucket() {
    let buckets = cut("Europe/Kyiv", "2026-03-29T01:00", "2026-03-29T06:00", "PT1H");
    assert_eq!(
        local_starts(&buckets),
        [
            "2026-03-29T01:00:00+02:00",
            "2026-03-29T02:00:00+02:00",
            "2026-03-29T04:00:00+03:00",
            "2026-03-29T05:00:00+03:00",
        ]
    );
    assert_eq!(flags(&buckets), [false; 4]);
}

#[test]
fn the_repeated_hour_of_kyiv_is_shown_twice_and_flagged() {
    let buckets = cut("Europe/Kyiv", "2026-10-25T02:00", "2026-10-25T05:00", "PT1H");
    assert_eq!(
        local_starts(&buckets),
        [
            "2026-10-25T02:00:00+03:00",
            "2026-10-25T03:00:00+03:00",
            "2026-10-25T03:00:00+02:00",
            "2026-10-25T04:00:00+02:00",
        ]
    );
    assert_eq!(flags(&buckets), [false, true, true, false]);
    let quarters = cut("Europe/Kyiv", "2026-10-25T02:00", "2026-10-25T05:00", "PT15M");
    assert_eq!(quarters.iter().filter(|bucket| bucket.offset_changes).count(), 8);
}

#[test]
fn long_intervals_stay_on_the_local_clock_and_absorb_the_change() {
    let spring = cut("Europe/Kyiv", "2026-03-29", "2026-03-30", "PT6H");
    assert_eq!(lengths_hours(&spring), [5.0, 6.0, 6.0, 6.0]);
    assert_eq!(flags(&spring), [true, false, false, false]);
    assert_eq!(
        local_starts(&spring),
        [
            "2026-03-29T00:00:00+02:00",
            "2026-03-29T06:00:00+03:00",
            "2026-03-29T12:00:00+03:00",
            "2026-03-29T18:00:00+03:00",
        ]
    );
    let autumn = cut("Europe/Kyiv", "2026-10-25", "2026-10-26", "PT6H");
    assert_eq!(lengths_hours(&autumn), [7.0, 6.0, 6.0, 6.0]);
    assert_eq!(flags(&autumn), [true, false, false, false]);
}

#[test]
fn a_bucket_that_ends_where_the_gap_begins_is_short_and_flagged() {
    let buckets = cut("Europe/Kyiv", "2026-03-29", "2026-03-29T08:00", "PT2H");
    assert_eq!(lengths_hours(&buckets), [2.0, 1.0, 2.0, 2.0]);
    assert_eq!(flags(&buckets), [false, true, false, false]);
}

#[test]
fn kathmandu_begins_its_days_at_a_quarter_past_the_hour_of_utc() {
    let buckets = cut("Asia/Kathmandu", "2026-06-01", "2026-06-03", "P1D");
    assert_eq!(local_starts(&buckets), ["2026-06-01T00:00:00+05:45", "2026-06-02T00:00:00+05:45"]);
    assert_eq!(buckets[0].start, UnixMillis(1_780_251_300_000));
}

#[test]
fn lord_howe_changes_by_half_an_hour() {
    assert_eq!(cut("Australia/Lord_Howe", "2026-10-04", "2026-10-05", "PT30M").len(), 47);
    assert_eq!(cut("Australia/Lord_Howe", "2026-04-05", "2026-04-06", "PT30M").len(), 49);
    assert_eq!(lengths_hours(&cut("Australia/Lord_Howe", "2026-10-04", "2026-10-05", "P1D")), [23.5]);
    let spring = cut("Australia/Lord_Howe", "2026-10-04T01:00", "2026-10-04T04:00", "PT1H");
    assert_eq!(lengths_hours(&spring), [1.0, 0.5, 1.0]);
    assert_eq!(spring[1].local_start, "2026-10-04T02:30:00+11:00");
    assert_eq!(flags(&spring), [false, true, false]);
    let autumn = cut("Australia/Lord_Howe", "2026-04-05T00:00", "2026-04-05T03:00", "PT1H");
    assert_eq!(lengths_hours(&autumn), [1.0, 1.5, 1.0]);
    assert_eq!(flags(&autumn), [false, true, false]);
}

#[test]
fn apia_left_out_a_date() {
    let days = cut("Pacific/Apia", "2011-12-29", "2012-01-01", "P1D");
    assert_eq!(local_starts(&days), ["2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00"]);
    assert_eq!(lengths_hours(&days), [24.0, 24.0]);
    assert_eq!(flags(&days), [false, false]);
    let week = cut("Pacific/Apia", "2011-12-26", "2012-01-02", "P7D");
    assert_eq!((lengths_hours(&week), flags(&week)), (vec![144.0], vec![true]));
}

#[test]
fn sao_paulo_began_a_day_at_one_o_clock() {
    let days = cut("America/Sao_Paulo", "2017-10-14", "2017-10-17", "P1D");
    assert_eq!(
        local_starts(&days),
        ["2017-10-14T00:00:00-03:00", "2017-10-15T01:00:00-02:00", "2017-10-16T00:00:00-02:00"]
    );
    assert_eq!(lengths_hours(&days), [24.0, 23.0, 24.0]);
    assert_eq!(flags(&days), [false, true, false]);
    let ended_twice = cut("America/Sao_Paulo", "2018-02-17", "2018-02-19", "P1D");
    assert_eq!((lengths_hours(&ended_twice), flags(&ended_twice)), (vec![25.0, 24.0], vec![true, false]));
}

#[test]
fn a_date_that_begins_twice_has_one_bucket() {
    let casey = cut("Antarctica/Casey", "2010-03-04", "2010-03-06", "P1D");
    assert_eq!(local_starts(&casey), ["2010-03-04T00:00:00+11:00", "2010-03-05T00:00:00+08:00"]);
    assert_eq!((lengths_hours(&casey), flags(&casey)), (vec![27.0, 24.0], vec![true, true]));
    let newfoundland = cut("America/St_Johns", "2010-11-06", "2010-11-08", "P1D");
    assert_eq!((lengths_hours(&newfoundland), flags(&newfoundland)), (vec![25.0, 24.0], vec![true, false]));
}

#[test]
fn two_changes_within_a_week_are_both_seen() {
    let days = cut("America/Boa_Vista", "2000-10-01", "2000-11-01", "P1D");
    let changed: Vec<_> = days.iter().filter(|day| day.offset_changes).collect();
    assert_eq!(
        changed.iter().map(|day| (day.local_start.as_str(), day.length_ms / HOUR_MS)).collect::<Vec<_>>(),
        [("2000-10-08T01:00:00-03:00", 23), ("2000-10-14T00:00:00-03:00", 25)]
    );
}

#[test]
fn weeks_begin_on_monday_and_months_on_the_first() {
    let weeks = cut("Europe/Kyiv", "2026-03-23", "2026-04-06", "P1W");
    assert_eq!(local_starts(&weeks), ["2026-03-23T00:00:00+02:00", "2026-03-30T00:00:00+03:00"]);
    assert_eq!((lengths_hours(&weeks), flags(&weeks)), (vec![167.0, 168.0], vec![true, false]));
    let months = cut("UTC", "2026-12-01", "2027-03-01", "P1M");
    assert_eq!(lengths_hours(&months), [31.0 * 24.0, 31.0 * 24.0, 28.0 * 24.0]);
}

#[test]
fn a_range_across_midnight_is_cut_at_midnight() {
    let days = cut("Europe/Kyiv", "2026-06-01T22:15", "2026-06-03T01:30", "P1D");
    assert_eq!(lengths_hours(&days), [1.75, 24.0, 1.5]);
    assert_eq!(days.iter().map(|day| day.is_partial).collect::<Vec<_>>(), [true, false, true]);
    let inside = cut("Europe/Kyiv", "2026-06-01T22:15", "2026-06-01T22:30", "P1D");
    assert_eq!((inside.len(), inside[0].is_partial), (1, true));
}

#[test]
fn a_part_of_a_day_before_the_change_is_not_flagged() {
    assert_eq!(flags(&cut("Europe/Kyiv", "2026-10-25T00:00", "2026-10-25T02:00", "P1D")), [false]);
    assert_eq!(flags(&cut("Europe/Kyiv", "2026-03-29T00:00", "2026-03-29T03:00", "P1D")), [false]);
    assert_eq!(flags(&cut("Europe/Kyiv", "2026-03-29T02:45", "2026-03-29T04:15", "P1D")), [true]);
}

#[test]
fn a_bucket_answers_with_these_fields() {
    let buckets: Vec<Bucket> = cut("Europe/Kyiv", "2026-10-25T03:00", "2026-10-25T04:00", "PT1H");
    assert_eq!(
        serde_json::to_value(&buckets[0]).unwrap(),
        json!({
            "start": 1_792_886_400_000_i64,
            "end": 1_792_890_000_000_i64,
            "local_start": "2026-10-25T03:00:00+03:00",
            "length_ms": 3_600_000,
            "is_partial": false,
            "offset_changes": true,
        })
    );
}
