//! The forms in which instants, intervals, zones and ranges are read.

use attempt_ledger_domain::UnixMillis;
use attempt_ledger_projections::calendar::{Interval, Range, Zone, parse_instant, rfc3339};

use super::{NOW, instant, zone};

#[test]
fn instants_are_read_in_every_form_that_people_and_dashboards_use() {
    for (text, zone_name, expected) in [
        ("2026-03-29T02:30:00+02:00", "UTC", "2026-03-29T00:30:00+00:00"),
        ("2026-03-29T00:30:00.1239Z", "Europe/Kyiv", "2026-03-29T02:30:00.123+02:00"),
        ("1774744200000", "UTC", "2026-03-29T00:30:00+00:00"),
        ("2026-03-29", "Europe/Kyiv", "2026-03-29T00:00:00+02:00"),
        ("2026-03-29T02:30", "Europe/Kyiv", "2026-03-29T02:30:00+02:00"),
        ("2026-03-29T02:30:15.5", "Europe/Kyiv", "2026-03-29T02:30:15.500+02:00"),
        ("2026-03-29 02:30", "Europe/Kyiv", "2026-03-29T02:30:00+02:00"),
        ("now", "UTC", "2026-10-02T12:34:56.789+00:00"),
        ("now-90m", "UTC", "2026-10-02T11:04:56.789+00:00"),
        ("now-1h", "UTC", "2026-10-02T11:34:56.789+00:00"),
        ("now-7d", "UTC", "2026-09-25T12:34:56.789+00:00"),
        ("today", "UTC", "2026-10-02T00:00:00+00:00"),
        ("yesterday", "UTC", "2026-10-01T00:00:00+00:00"),
        ("today", "Pacific/Kiritimati", "2026-10-03T00:00:00+14:00"),
        ("yesterday", "Pacific/Pago_Pago", "2026-10-01T00:00:00-11:00"),
        ("now-1d", "UTC", "2026-10-01T12:34:56.789+00:00"),
        ("2100-01-01", "UTC", "2100-01-01T00:00:00+00:00"),
    ] {
        let zone = zone(zone_name);
        assert_eq!(rfc3339(instant(text, zone), zone), expected, "{text} in {zone}");
    }
}

#[test]
fn a_skipped_local_time_is_the_first_instant_after_the_gap() {
    for (text, zone_name, expected) in [
        ("2026-03-29T03:00", "Europe/Kyiv", "2026-03-29T04:00:00+03:00"),
        ("2026-03-29T03:59:59", "Europe/Kyiv", "2026-03-29T04:00:00+03:00"),
        ("2017-10-15", "America/Sao_Paulo", "2017-10-15T01:00:00-02:00"),
        ("2017-10-15T00:30", "America/Sao_Paulo", "2017-10-15T01:00:00-02:00"),
        ("2011-12-30", "Pacific/Apia", "2011-12-31T00:00:00+14:00"),
        ("2011-12-30T12:00", "Pacific/Apia", "2011-12-31T00:00:00+14:00"),
        ("2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-04T02:30:00+11:00"),
    ] {
        let zone = zone(zone_name);
        assert_eq!(rfc3339(instant(text, zone), zone), expected, "{text} in {zone}");
    }
}

#[test]
fn a_day_by_name_is_the_date_of_the_zones_clock_also_around_a_change_of_it() {
    for (now, zone_name, today, yesterday) in [
        // An hour after midnight in summer; the day before has 25 hours and begins in summer, too.
        ("2026-10-26T01:00", "Europe/Kyiv", "2026-10-26T00:00:00+02:00", "2026-10-25T00:00:00+03:00"),
        ("2026-03-29T12:00", "Europe/Kyiv", "2026-03-29T00:00:00+02:00", "2026-03-28T00:00:00+02:00"),
        ("2026-03-30T00:30", "Europe/Kyiv", "2026-03-30T00:00:00+03:00", "2026-03-29T00:00:00+02:00"),
        // Midnight is skipped, and a whole date.
        ("2017-10-15T12:00", "America/Sao_Paulo", "2017-10-15T01:00:00-02:00", "2017-10-14T00:00:00-03:00"),
        ("2011-12-31T12:00", "Pacific/Apia", "2011-12-31T00:00:00+14:00", "2011-12-31T00:00:00+14:00"),
    ] {
        let zone = zone(zone_name);
        let now = instant(now, zone);
        let day = |text| rfc3339(parse_instant(text, zone, now).unwrap(), zone);
        assert_eq!((day("today"), day("yesterday")), (today.to_owned(), yesterday.to_owned()), "{now}");
    }
}

#[test]
fn a_repeated_local_time_is_the_earlier_one() {
    for (text, zone_name, expected) in [
        ("2026-10-25T03:30", "Europe/Kyiv", "2026-10-25T03:30:00+03:00"),
        ("2026-11-01T01:00", "America/New_York", "2026-11-01T01:00:00-04:00"),
        ("2026-11-01", "America/Havana", "2026-11-01T00:00:00-04:00"),
    ] {
        let zone = zone(zone_name);
        assert_eq!(rfc3339(instant(text, zone), zone), expected, "{text} in {zone}");
    }
}

#[test]
fn intervals_are_written_in_one_way_however_they_were_read() {
    for (text, written) in [
        ("PT15M", "PT15M"),
        ("PT30M", "PT30M"),
        ("PT45M", "PT45M"),
        ("PT60M", "PT1H"),
        ("PT1H", "PT1H"),
        ("PT1H30M", "PT1H30M"),
        ("PT2H", "PT2H"),
        ("PT3H", "PT3H"),
        ("PT4H", "PT4H"),
        ("PT6H", "PT6H"),
        ("PT8H", "PT8H"),
        ("PT720M", "PT12H"),
        ("P1D", "P1D"),
        ("P7D", "P7D"),
        ("P1W", "P7D"),
        ("P1M", "P1M"),
    ] {
        let interval: Interval = text.parse().unwrap();
        assert_eq!(interval.to_string(), written);
        assert_eq!(serde_json::to_value(interval).unwrap(), written);
        assert_eq!(written.parse::<Interval>().unwrap(), interval);
    }
}

#[test]
fn every_zone_is_read_by_its_name_and_utc_is_the_default() {
    for tz in chrono_tz::TZ_VARIANTS {
        assert_eq!(zone(tz.name()), Zone::from(tz));
    }
    assert_eq!(Zone::default(), zone("UTC"));
    assert_eq!(serde_json::to_value(zone("Europe/Kyiv")).unwrap(), "Europe/Kyiv");
}

#[test]
fn a_range_holds_its_beginning_and_not_its_end() {
    let range = Range::new(UnixMillis(NOW.0 - 10), NOW).unwrap();
    assert!(range.contains(range.from()) && range.contains(UnixMillis(NOW.0 - 1)) && !range.contains(NOW));
    assert_eq!(range.length_ms(), 10);
}

#[test]
fn a_range_is_widened_to_the_nearest_quarters_and_no_further() {
    let edge = |text| instant(text, Zone::UTC);
    let widened = Range::new(edge("2026-01-01T00:14:59"), edge("2026-01-01T01:00:01")).unwrap();
    let expected = Range::new(edge("2026-01-01T00:00"), edge("2026-01-01T01:15")).unwrap();
    assert_eq!(widened.widened_to_quarter_hours(), expected);
    assert_eq!(expected.widened_to_quarter_hours(), expected);
}
