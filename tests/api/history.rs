//! Histories: the numbers, why they are what they are, and why they changed.

use attempt_ledger::limits::Limits;
use serde_json::{Value, json};

use crate::api::harness::{NOW, Service, T0};
use crate::api::world::{deliver, fill, named, numbers, world};

/// The quarter of an hour in which everything of the world happens: 09:00 to 09:15 UTC.
const QUARTER: i64 = NOW - 15 * 60_000;
/// The hour around it.
const HOUR: &str = "from=2026-07-22T09:00:00Z&to=2026-07-22T10:00:00Z";

fn history(service: &Service, path: &str, query: &str) -> Value {
    service.read(&format!("{path}/history?{HOUR}&{query}"))
}

fn value<'v>(metrics: &'v Value, key: &str) -> &'v Value {
    &metrics[key]["value"]
}

#[test]
fn a_queues_history_tells_the_numbers_with_what_they_were_computed_from() {
    let service = world();
    let answer = history(&service, "/v1/queues/17", "interval=PT15M");
    assert_eq!((&answer["queue_id"], &answer["interval"]), (&json!(17), &json!("PT15M")));
    assert_eq!((&answer["timezone"], &answer["attribution"]), (&json!("UTC"), &json!("start")));
    let buckets = answer["buckets"].as_array().unwrap();
    assert_eq!(buckets.len(), 4);
    let bucket = &buckets[0];
    assert_eq!((&bucket["start"], &bucket["length_ms"]), (&json!(QUARTER), &json!(900_000)));
    assert_eq!(bucket["local_start"], "2026-07-22T09:00:00+00:00");
    assert_eq!((&bucket["is_partial"], &bucket["offset_changes"]), (&json!(false), &json!(false)));
    let known_to = answer["freshness"]["recorded_at"].as_i64().unwrap();
    let open: Vec<bool> = buckets.iter().map(|bucket| bucket["is_open"] == true).collect();
    let later: Vec<bool> = buckets.iter().map(|bucket| bucket["end"].as_i64().unwrap() > known_to).collect();
    assert_eq!((open, later.last()), (later.clone(), Some(&true)), "{answer}");
    for metrics in [&bucket["metrics"], &answer["total"]] {
        assert_eq!(value(metrics, "n_offered"), 2);
        assert_eq!(value(metrics, "n_answered"), 1);
        assert_eq!(value(metrics, "n_abandoned"), 1);
        let rate = json!({ "value": 0.5, "numerator": 1, "denominator": 2, "excluded": 0 });
        assert_eq!(metrics["abandon_rate"], rate);
        let asa = &metrics["asa"];
        assert_eq!((&asa["numerator"], &asa["denominator"]), (&json!(9_000), &json!(1)));
        assert_eq!((&asa["value"], &asa["distribution"]["p95_ms"]), (&json!(9_000.0), &json!(9_000)));
        assert_eq!(metrics["occupancy"], Value::Null, "it is no metric of a queue");
    }
    let empty = &buckets[1]["metrics"]["abandon_rate"];
    assert_eq!((&empty["value"], &empty["denominator"]), (&json!(null), &json!(0)));
    assert!(empty["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{empty}");
    assert_eq!((&answer["identity"]["offered"], &answer["identity"]["holds"]), (&json!(2), &json!(true)));
    assert!(
        answer["results"]
            .as_array()
            .unwrap()
            .contains(&json!({ "dimension": "result", "value": "abandoned", "attempts": 1 }))
    );
    assert_eq!(answer["freshness"]["position"], 11);
}

#[test]
fn a_number_over_known_joinings_tells_how_many_it_had_to_leave_out() {
    let answer = history(&world(), "/v1/queues/18", "metrics=n_offered,n_answered,asa");
    let excluded = |key: &str| answer["total"][key]["excluded"].clone();
    assert_eq!(excluded("n_offered"), 1, "nothing announced attempt 9");
    assert_eq!(excluded("asa"), 1);
    assert_eq!(excluded("n_answered"), Value::Null, "an answer counts with or without a joining");
}

#[test]
fn parameters_are_the_questions_else_the_definitions_else_the_fields() {
    let service = world();
    let level = |query: &str| {
        let answer = history(&service, "/v1/queues/17", &format!("metrics=service_level&{query}"));
        (answer["parameters"].clone(), answer["total"]["service_level"]["numerator"].clone())
    };
    let (parameters, in_time) = level("");
    let expected = json!({
        "threshold_ms": 20_000, "operator": "lte", "policy": "abandons_negative",
        "abandoned_in_ms": [5_000, 10_000, 20_000, 30_000, 60_000],
    });
    assert_eq!((parameters, in_time), (expected, json!(1)));
    assert_eq!(level("threshold_ms=9000").1, 1);
    assert_eq!(level("threshold_ms=9000&operator=lt").1, 0);
    let definition =
        json!({ "type": 1, "service_level_threshold_ms": 8_999, "short_abandon_threshold_ms": 10_000 });
    service.put("/v1/queues/17", &definition).expect(201);
    let (parameters, in_time) = level("");
    assert_eq!(
        (&parameters["threshold_ms"], &parameters["short_abandon_ms"]),
        (&json!(8_999), &json!(10_000))
    );
    assert_eq!(in_time, 0);
    assert_eq!(level("threshold_ms=9000&policy=genesys").0["policy"], "genesys");
    assert_eq!(level("as_of=11").1, 1, "the definition came later");
    let counted = history(
        &service,
        "/v1/queues/17",
        "metrics=n_abandoned_in_x&abandoned_in_ms=10000&abandoned_in_ms=9999",
    );
    let parts = counted["total"]["n_abandoned_in_x"]["parts"].clone();
    assert_eq!(parts, json!([{ "name": "9999_ms", "value": 0 }, { "name": "10000_ms", "value": 1 }]));
}

#[test]
fn only_the_metrics_that_were_asked_for_are_answered() {
    let service = world();
    let answer = history(&service, "/v1/queues/17", "metrics=asa,n_offered,asa");
    let keys: Vec<&String> = answer["total"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["asa", "n_offered"]);
}

#[test]
fn all_queues_together_and_each_of_them_tell_the_same_attempts() {
    let service = world();
    let together = history(&service, "/v1/queues", "metrics=n_offered,n_answered");
    let each = history(&service, "/v1/queues", "metrics=n_offered,n_answered&group_by=queue");
    assert_eq!(numbers(&each["queues"], "queue_id"), [17, 18]);
    for key in ["n_offered", "n_answered"] {
        let of_each = each["queues"].as_array().unwrap().iter().map(|queue| value(&queue["total"], key));
        let sum: i64 = of_each.map(|value| value.as_i64().unwrap()).sum();
        assert_eq!(value(&together["total"], key), sum, "{key}");
    }
    assert_eq!((each.get("buckets"), together.get("queues")), (None, None));
    let queue_18 = history(&service, "/v1/queues/18", "metrics=n_offered,n_answered");
    assert_eq!(each["queues"][1]["buckets"], queue_18["buckets"]);
}

#[test]
fn an_agents_history_is_over_the_agents_legs() {
    let service = world();
    let total = |query: &str| history(&service, "/v1/agents/4", query)["total"].clone();
    assert_eq!(value(&total(""), "n_handled"), 2);
    assert_eq!(value(&total("queue_id=17"), "n_handled"), 1);
    assert_eq!(value(&total("queue_id=17"), "talk_time"), 10_000.0);
    assert_eq!(value(&history(&service, "/v1/agents/3", "")["total"], "n_missed"), 1);
    let answer = history(&service, "/v1/agents/4", "queue_id=17");
    assert_eq!((&answer["agent_id"], &answer["queue_id"]), (&json!(4), &json!(17)));
    assert_eq!(answer.get("identity"), None);
}

#[test]
fn days_follow_the_clock_of_the_zone() {
    let service = world();
    let days = |query: &str| service.read(&format!("/v1/queues/17/history?metrics=n_offered&{query}"));
    let answer = days("interval=P1D&timezone=Europe/Kyiv&from=2026-10-24&to=2026-10-27");
    assert_eq!(numbers(&answer["buckets"], "length_ms"), [86_400_000, 90_000_000, 86_400_000]);
    assert_eq!(answer["buckets"][1]["offset_changes"], true);
    assert_eq!(answer["buckets"][2]["local_start"], "2026-10-26T00:00:00+02:00");
    assert_eq!((&answer["timezone"], &answer["interval"]), (&json!("Europe/Kyiv"), &json!("P1D")));
    let widened = days("from=2026-07-22T09:07:13Z&to=now");
    assert_eq!((&widened["from"], &widened["to"]), (&json!(QUARTER), &json!(NOW)));
}

#[test]
fn what_no_history_can_be_asked_is_answered_400_by_name() {
    let service = world();
    for (query, name) in [
        ("interval=PT7M", "interval"),
        ("interval=PT24H", "interval"),
        ("interval=hour", "interval"),
        ("interval=P2D", "interval"),
        ("attribution=split", "attribution"),
        ("timezone=Mars/Olympus", "timezone"),
        ("threshold_ms=-1", "threshold_ms"),
        ("threshold_ms=20s", "threshold_ms"),
        ("operator=le", "operator"),
        ("policy=ours", "policy"),
        ("short_abandon_ms=x", "short_abandon_ms"),
        ("abandoned_in_ms=x", "abandoned_in_ms"),
        ("metrics=asa,nonsense", "metrics"),
        ("metrics=", "metrics"),
        ("explain=nonsense", "explain"),
        ("changed_since=3", "changed_since"),
        ("explain=asa&changed_since=5&as_of=4", "changed_since"),
        ("explain=asa&changed_since=3&format=csv", "format"),
        ("limit=5", "limit"),
        ("explain=asa&limit=0", "limit"),
        ("explain=asa&limit=1001", "limit"),
        ("format=pdf", "format"),
    ] {
        let answer = service.get(&format!("/v1/queues/17/history?{HOUR}&{query}"));
        assert_eq!(named(&answer.problem(400, "parameter_invalid")), name, "{query}");
    }
    for (query, name) in [("as_of=99", "as_of"), ("explain=asa&changed_since=99", "changed_since")] {
        let answer = service.get(&format!("/v1/queues/17/history?{HOUR}&{query}"));
        assert_eq!(named(&answer.problem(400, "position_beyond_head")), name, "{query}");
    }
    for (query, name) in [
        ("", "from"),
        ("from=now-1h", "to"),
        ("from=now&to=now-1h", "to"),
        ("from=now&to=now", "to"),
        ("from=1784711640&to=now", "from"),
        ("from=2000-01-01&to=2099-01-01", "interval"),
    ] {
        let answer = service.get(&format!("/v1/queues/17/history?{query}"));
        assert_eq!(named(&answer.problem(400, "parameter_invalid")), name, "{query}");
    }
    let answer = service.get(&format!("/v1/agents/4/history?{HOUR}&metrics=abandon_rate"));
    assert_eq!(named(&answer.problem(400, "parameter_invalid")), "metrics", "it is a queue's");
    let answer = service.get(&format!("/v1/queues/history?{HOUR}&group_by=agent"));
    assert_eq!(named(&answer.problem(400, "parameter_invalid")), "group_by");
    let answer = service.get(&format!("/v1/queues/history?{HOUR}&group_by=queue&explain=asa"));
    assert_eq!(named(&answer.problem(400, "parameter_invalid")), "group_by");
    let answer = service.get(&format!("/v1/queues/17/history?{HOUR}&group_by=queue"));
    assert_eq!(named(&answer.problem(400, "query_invalid")), "group_by");
    let waits = (0..21).map(|wait| format!("&abandoned_in_ms={wait}")).collect::<Vec<_>>();
    let ask = |count: usize| service.get(&format!("/v1/queues/17/history?{HOUR}{}", waits[..count].concat()));
    assert_eq!((ask(19).status, ask(20).status), (200, 200));
    assert_eq!(named(&ask(21).problem(400, "parameter_invalid")), "abandoned_in_ms");
}

#[test]
fn a_history_has_as_many_buckets_and_values_as_the_limits_and_no_more() {
    let limits = Limits { history_buckets_max: 8, history_values_max: 12, ..Limits::default() };
    let service = Service::start_with(limits);
    fill(&service);
    let ask = |hours: usize, more: &str| {
        let to = format!("2026-07-22T{:02}:00:00Z", 9 + hours);
        service.ask(&format!("/v1/queues{more}from=2026-07-22T09:00:00Z&to={to}"))
    };
    let one = "/17/history?metrics=n_offered&";
    assert_eq!((ask(7, one).status, ask(8, one).status), (200, 200));
    assert_eq!(named(&ask(9, one).problem(400, "parameter_invalid")), "interval");
    let two = "/17/history?metrics=n_offered,asa&";
    assert_eq!((ask(5, two).status, ask(6, two).status), (200, 200));
    assert_eq!(named(&ask(7, two).problem(400, "parameter_invalid")), "metrics");
    let grouped = "/history?group_by=queue&metrics=n_offered,asa&";
    assert_eq!((ask(2, grouped).status, ask(3, grouped).status), (200, 200));
    assert_eq!(named(&ask(4, grouped).problem(400, "parameter_invalid")), "metrics", "there are two queues");
}

#[test]
fn the_attempts_behind_a_number_add_up_to_it_and_those_left_out_say_why() {
    let service = world();
    let answer = history(&service, "/v1/queues/17", "explain=abandon_rate");
    assert_eq!((&answer["metric"], &answer["measured"]["value"]), (&json!("abandon_rate"), &json!(0.5)));
    assert_eq!(numbers(&answer["attempts"], "attempt_id"), [7, 8]);
    let sum = |name: &str| -> i64 {
        let shares = answer["attempts"].as_array().unwrap().iter();
        shares.map(|share| share["measured"][name].as_i64().unwrap_or_default()).sum()
    };
    assert_eq!(answer["measured"]["numerator"], sum("numerator"));
    assert_eq!(answer["measured"]["denominator"], sum("denominator"));
    let events = answer["attempts"][1]["events"].as_array().unwrap();
    let told: Vec<_> =
        events.iter().map(|event| (&event["event"], &event["position"], &event["counted"])).collect();
    assert_eq!(
        told,
        [(&json!("Joined"), &json!(8), &json!(true)), (&json!("Leaving"), &json!(9), &json!(true))]
    );
    let stored = service.show("/v1/attempts/8/events");
    assert_eq!(events[1]["id"], stored["events"][1]["id"], "down to the event itself");
    let left_out = history(&service, "/v1/queues/17", "explain=asa")["attempts"][1]["left_out"].clone();
    assert_eq!(left_out, json!({ "code": "class", "rule": "its class is abandoned" }));
    assert!(answer["formula"].as_str().unwrap().contains("n_abandoned"));
}

#[test]
fn a_metric_is_explained_by_its_name_or_by_true_beside_it() {
    let service = world();
    let by_name = history(&service, "/v1/queues/17", "explain=n_abandoned");
    assert_eq!(history(&service, "/v1/queues/17", "metrics=n_abandoned&explain=true"), by_name);
    let not_explained = history(&service, "/v1/queues/17", "metrics=n_abandoned&explain=false");
    assert_eq!(not_explained["total"]["n_abandoned"]["value"], 1);
    for query in ["explain=true", "explain=true&metrics=asa,n_abandoned"] {
        let answer = service.ask(&format!("/v1/queues/17/history?{HOUR}&{query}"));
        assert_eq!(named(&answer.problem(400, "parameter_invalid")), "explain");
    }
}

#[test]
fn an_explanation_comes_in_pages_that_fit_only_their_question() {
    let service = world();
    let whole = history(&service, "/v1/queues", "explain=n_offered");
    let first = service.ask(&format!("/v1/queues/history?{HOUR}&explain=n_offered&limit=1"));
    let page = first.expect(200);
    assert!(first.headers["link"].ends_with("; rel=\"next\""));
    let (mut told, mut cursor) = (numbers(&page["attempts"], "attempt_id"), page["next_cursor"].clone());
    while let Some(text) = cursor.as_str() {
        let path = format!("/v1/queues/history?{HOUR}&explain=n_offered&limit=1&cursor={text}");
        let page = service.show(&path);
        assert_eq!(page["measured"], whole["measured"]);
        told.extend(numbers(&page["attempts"], "attempt_id"));
        cursor = page["next_cursor"].clone();
    }
    assert_eq!(told, numbers(&whole["attempts"], "attempt_id"));
    let cursor = page["next_cursor"].as_str().unwrap();
    for other in [
        format!("/v1/queues/history?{HOUR}&explain=n_answered&cursor={cursor}"),
        format!("/v1/queues/17/history?{HOUR}&explain=n_offered&cursor={cursor}"),
        format!("/v1/queues/history?{HOUR}&explain=n_offered&attribution=end&cursor={cursor}"),
        format!("/v1/queues/history?{HOUR}&explain=n_offered&as_of=11&cursor={cursor}"),
        format!("/v1/queues/history?{HOUR}&explain=n_offered&cursor={}", &cursor[1..]),
    ] {
        service.get(&other).problem(400, "invalid_cursor");
    }
}

#[test]
fn a_number_that_changed_names_the_attempts_and_the_records_that_changed_it() {
    let service = world();
    service.read("/v1/attempts");
    deliver(&service, "leaving", 10, 50_000, json!({ "queue_id": 18, "cc_result": "abandoned" }));
    let answer = history(&service, "/v1/queues/18", "explain=n_abandoned&changed_since=11");
    assert_eq!((&answer["before"]["value"], &answer["after"]["value"]), (&json!(0), &json!(1)));
    assert_eq!((&answer["since"], &answer["changed_count"]), (&json!(11), &json!(1)));
    let changed = &answer["changed"][0];
    assert_eq!((&changed["attempt_id"], changed.get("before")), (&json!(10), None));
    assert_eq!(changed["after"]["value"], 1);
    let causes = changed["causes"].as_array().unwrap();
    assert_eq!(causes.len(), 1);
    assert_eq!((&causes[0]["event"], &causes[0]["position"]), (&json!("Leaving"), &json!(12)));
    assert_eq!(causes[0]["id"], service.show("/v1/attempts/10/events")["events"][1]["id"]);
    assert_eq!((&causes[0]["is_late"], &causes[0]["occurred_at"]), (&json!(false), &json!(T0 + 50_000)));
    let unchanged = history(&service, "/v1/queues/17", "explain=n_abandoned&changed_since=11");
    assert_eq!((&unchanged["changed"], &unchanged["changed_count"]), (&json!([]), &json!(0)));
}

#[test]
fn a_history_as_of_a_position_stays_as_it_was_while_more_comes() {
    let service = world();
    let ask = || {
        let mut answer = history(&service, "/v1/queues/18", "as_of=11");
        for moving in ["head", "lag_records"] {
            answer["freshness"].as_object_mut().unwrap().remove(moving).unwrap();
        }
        answer
    };
    let before = ask();
    deliver(&service, "leaving", 10, 50_000, json!({ "queue_id": 18, "cc_result": "abandoned" }));
    service.put("/v1/queues/18", &json!({ "type": 1, "short_abandon_threshold_ms": 60_000 })).expect(201);
    assert_eq!(ask(), before);
    assert_ne!(history(&service, "/v1/queues/18", "")["total"], before["total"]);
}

#[test]
fn a_file_of_a_history_tells_the_same_numbers() {
    let service = world();
    let query = "interval=PT15M&metrics=n_offered,asa,abandon_rate,n_abandoned_in_x&abandoned_in_ms=10000";
    let answer = history(&service, "/v1/queues", &format!("{query}&group_by=queue"));
    let file = service.ask(&format!("/v1/queues/history?{HOUR}&{query}&group_by=queue&format=ndjson"));
    assert_eq!(file.headers["content-disposition"], "attachment; filename=\"history.ndjson\"");
    let rows: Vec<Value> = file.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let series = answer["queues"].as_array().unwrap().iter();
    let told: Vec<(&Value, &Value)> = series
        .flat_map(|one| one["buckets"].as_array().unwrap().iter().map(|bucket| (&one["queue_id"], bucket)))
        .collect();
    assert_eq!(rows.len(), told.len());
    for (row, (queue_id, bucket)) in rows.iter().zip(told) {
        assert_eq!(row["queue_id"], *queue_id);
        for name in ["start", "end", "local_start", "length_ms", "is_partial", "offset_changes"] {
            assert_eq!(row[name], bucket[name], "{name}");
        }
        for key in ["n_offered", "asa", "abandon_rate"] {
            assert_eq!(row[key], bucket["metrics"][key]["value"], "{key}");
        }
        for name in ["numerator", "denominator"] {
            assert_eq!(row[format!("asa_{name}")], bucket["metrics"]["asa"][name]);
        }
        assert_eq!(row["asa_p90_ms"], bucket["metrics"]["asa"]["distribution"]["p90_ms"]);
        let part = &bucket["metrics"]["n_abandoned_in_x"]["parts"][0]["value"];
        assert_eq!(row["n_abandoned_in_x_10000_ms"], *part);
    }
    for format in ["csv", "parquet", "xlsx"] {
        for path in ["/v1/queues/17", "/v1/queues", "/v1/agents/4"] {
            let file = service.ask(&format!("{path}/history?{HOUR}&format={format}"));
            assert_eq!(file.status, 200, "{path} {format}: {}", String::from_utf8_lossy(&file.body));
        }
    }
}

#[test]
fn the_catalogue_tells_what_every_number_means() {
    let service = world();
    let metrics = service.show("/v1/metrics")["metrics"].clone();
    let find = |key: &str| metrics.as_array().unwrap().iter().find(|metric| metric["key"] == key).unwrap();
    let asa = find("asa");
    assert_eq!((&asa["unit"], &asa["histories"]), (&json!("milliseconds"), &json!(["queue"])));
    for told in ["name", "formula", "numerator", "denominator", "source"] {
        assert!(asa[told].as_str().is_some_and(|text| !text.is_empty()), "{told}");
    }
    assert_eq!((find("n_offered").get("denominator"), asa.get("unknowable")), (None, None));
    assert_eq!(find("abandon_rate")["needs"], json!(["J", "no B", "L"]));
    assert!(find("occupancy")["unknowable"].as_str().is_some_and(|reason| !reason.is_empty()));
    let total = history(&service, "/v1/queues/17", "")["total"].clone();
    for metric in metrics.as_array().unwrap() {
        let is_queues = metric["histories"].as_array().unwrap().contains(&json!("queue"));
        let key = metric["key"].as_str().unwrap();
        assert_eq!(total.get(key).is_some(), is_queues, "{key}");
    }
}
