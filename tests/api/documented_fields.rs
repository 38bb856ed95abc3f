//! Every documented field is a field wherever a delivery is shown: sent once as text, it comes back as a
//! value of its type in events, attempts, lists, legs and files, and lists are filtered by it.

use std::collections::BTreeMap;

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Value, json};

use crate::api::harness::{Service, T0};
use crate::api::world::{deliver, numbers};
use crate::support::sheets::sheet_rows;

/// A documented field: its name, what is sent, what comes back, the column that keeps it, and whether a leg
/// has it, too.
struct Known {
    name: &'static str,
    sent: &'static str,
    typed: Value,
    column: &'static str,
    is_of_leg: bool,
}

fn known(name: &'static str, sent: &'static str, typed: Value, column: &'static str) -> Known {
    Known { name, sent, typed, column, is_of_leg: false }
}

fn of_leg(name: &'static str, sent: &'static str, typed: Value) -> Known {
    Known { name, sent, typed, column: name, is_of_leg: true }
}

/// Every documented field but `attempt_id`, which names the attempt itself.
fn documented() -> Vec<Known> {
    vec![
        known("channel", "call", json!("call"), "channel"),
        known("destination", "380441234567", json!("380441234567"), "destination"),
        of_leg("use_processing", "true", json!(true)),
        of_leg("agent_channel_id", "agent-leg", json!("agent-leg")),
        of_leg("member_channel_id", "member-leg", json!("member-leg")),
        of_leg("agent_name", "Olena", json!("Olena")),
        of_leg("agent_id", "3", json!(3)),
        of_leg("user_id", "10455", json!(10_455)),
        of_leg("agent_extension", "2031", json!("2031")),
        of_leg("member_name", "Taras", json!("Taras")),
        known("member_id", "70", json!(70), "member_id"),
        known("cc_attempt_seq", "2", json!(2), "attempt_seq"),
        of_leg("call_bill_sec", "10", json!(10)),
        of_leg("call_duration", "12.5", json!(12.5)),
        of_leg("call_voice_sec", "0", json!(0)),
        known("amd_result", "HUMAN", json!("HUMAN"), "amd_result"),
        known("cc_result", "success", json!("success"), "result"),
        known("call_cause", "NORMAL_CLEARING", json!("NORMAL_CLEARING"), "call_cause"),
        known("call_sip_code", "200", json!(200), "call_sip_code"),
    ]
}

/// Attempt 7 with every documented field, and attempt 8 with others.
fn served() -> Service {
    let service = Service::start();
    let fields = documented().into_iter().map(|field| (field.name.to_owned(), json!(field.sent)));
    let all = Value::Object(fields.collect());
    for (event, offset_ms) in
        [("offering", 0), ("bridged", 5_000), ("processing", 15_000), ("leaving", 20_000)]
    {
        deliver(&service, event, 7, offset_ms, all.clone());
    }
    deliver(&service, "offering", 8, 1_000, json!({ "agent_id": 4, "agent_channel_id": "other-leg" }));
    service
}

fn listed(service: &Service, path: &str, rows: &str, query: &str) -> Vec<i64> {
    numbers(&service.read(&format!("{path}?{query}"))[rows], "attempt_id")
}

#[test]
fn every_documented_field_is_a_typed_value_of_the_event() {
    let service = served();
    let events = service.show("/v1/attempts/7/events");
    for field in documented() {
        assert_eq!(events["events"][3]["fields"][field.name], field.typed, "{}", field.name);
    }
    assert_eq!(events["events"][3]["fields"]["attempt_id"], 7);
    assert_eq!(events["events"][3]["variables"], json!({}));
}

#[test]
fn every_documented_field_is_in_the_attempt_the_lists_and_the_legs() {
    let service = served();
    let attempt = service.show("/v1/attempts/7");
    let row = &service.read("/v1/attempts?attempt_id=7")["attempts"][0];
    let leg = &service.read("/v1/offers?attempt_id=7")["offers"][0];
    for field in documented() {
        assert_eq!(attempt[field.column], field.typed, "{}", field.name);
        assert_eq!(row[field.column], field.typed, "{}", field.name);
        if field.is_of_leg {
            assert_eq!(leg[field.column], field.typed, "{}", field.name);
            assert_eq!(attempt["legs"][0][field.column], field.typed, "{}", field.name);
        }
    }
}

#[test]
fn every_documented_field_filters_lists() {
    let service = served();
    for field in documented() {
        let query = format!("{}={}", field.name, field.sent);
        assert_eq!(listed(&service, "/v1/attempts", "attempts", &query), [7], "{query}");
        let past = format!("{query}&as_of=3");
        let result = if field.name == "cc_result" { vec![] } else { vec![7] };
        assert_eq!(listed(&service, "/v1/attempts", "attempts", &past), result, "{past}");
        if field.is_of_leg {
            assert_eq!(listed(&service, "/v1/offers", "offers", &query), [7], "{query}");
            assert_eq!(listed(&service, "/v1/offers", "offers", &past), [7], "{past}");
        }
    }
    for query in ["attempt_id=8", "agent_channel_id=other-leg", "agent_id=4"] {
        assert_eq!(listed(&service, "/v1/attempts", "attempts", query), [8], "{query}");
    }
    for query in ["user_id=x", "call_duration=long", "use_processing=1", "ended_by=nobody"] {
        service.get(&format!("/v1/attempts?{query}")).problem(400, "parameter_invalid");
    }
    service.get("/v1/offers?call_cause=NORMAL_CLEARING").problem(400, "query_invalid");
}

/// A cell of a file as a text without quotes; JSON and spreadsheets know whole numbers.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned).trim_end_matches(".0").to_owned()
}

fn csv_row(service: &Service, path: &str) -> BTreeMap<String, String> {
    let text = service.ask(&format!("{path}?format=csv&attempt_id=7")).text();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().next().unwrap().unwrap()
}

fn parquet_row(service: &Service, path: &str) -> BTreeMap<String, String> {
    let file = service.ask(&format!("{path}?format=parquet&attempt_id=7")).body;
    let reader = SerializedFileReader::new(bytes::Bytes::from(file)).unwrap();
    let row = reader.get_row_iter(None).unwrap().next().unwrap().unwrap();
    let plain = |cell: &Field| match cell {
        Field::Double(number) => number.to_string(),
        other => other.to_string(),
    };
    row.get_column_iter().map(|(name, cell)| (name.clone(), plain(cell))).collect()
}

fn sheet_row(service: &Service, path: &str) -> BTreeMap<String, String> {
    let file = service.ask(&format!("{path}?format=xlsx&attempt_id=7")).body;
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("rows.xlsx");
    std::fs::write(&place, file).unwrap();
    let row = sheet_rows(&place)[0].clone();
    row.as_object().unwrap().iter().map(|(name, cell)| (name.clone(), plain(cell))).collect()
}

#[test]
fn every_documented_field_is_in_every_file() {
    let service = served();
    for path in ["/v1/attempts", "/v1/offers"] {
        let files = [csv_row(&service, path), parquet_row(&service, path), sheet_row(&service, path)];
        for field in documented().into_iter().filter(|field| path == "/v1/attempts" || field.is_of_leg) {
            for (row, format) in files.iter().zip(["CSV", "Parquet", "XLSX"]) {
                let cell = row[field.column].trim_matches('"').trim_end_matches(".0").to_lowercase();
                assert_eq!(cell, plain(&field.typed).to_lowercase(), "{path} {format} {}", field.name);
            }
        }
    }
}

#[test]
fn an_auditor_finds_an_attempt_by_a_legs_id() {
    let service = served();
    // The gateway was changed within the attempt, and another delivery was refused.
    deliver(&service, "offering", 9, 0, json!({ "member_channel_id": "first", "agent_id": 5 }));
    deliver(&service, "bridged", 9, 1_000, json!({ "member_channel_id": "second", "agent_id": 5 }));
    let late = json!({ "attempt_id": 9, "timestamp": T0 + 2_000, "member_channel_id": "third" });
    service.inbound("answered", late.to_string()).expect(422);
    for id in ["first", "second", "third"] {
        let query = format!("member_channel_id={id}");
        assert_eq!(listed(&service, "/v1/attempts", "attempts", &query), [9], "{id}");
    }
    assert_eq!(listed(&service, "/v1/attempts", "attempts", "member_channel_id=third&as_of=7"), [0; 0]);
    assert_eq!(listed(&service, "/v1/attempts", "attempts", "member_channel_id=agent-leg"), [0; 0]);
    assert_eq!(service.read("/v1/attempts?attempt_id=9")["attempts"][0]["member_channel_id"], "first");
}

/// Leaving may name an agent whom nobody offered the attempt: a dialer reserves agents.
#[test]
fn what_a_row_shows_of_agents_finds_it() {
    let service = Service::start();
    let named = json!({ "agent_id": 7, "agent_name": "Ivan", "user_id": 70, "agent_extension": "700" });
    deliver(&service, "leaving", 1, 0, named);
    deliver(&service, "offering", 2, 1_000, json!({ "agent_id": 7 }));
    deliver(&service, "leaving", 2, 2_000, json!({ "agent_id": 8 }));
    // What changed after the position is looked at as it was then.
    deliver(&service, "joined", 1, -1_000, json!({}));
    for (query, found) in [
        ("agent_id=7", &[2, 1][..]),
        ("agent_id=8", &[2]),
        ("agent_name=Ivan", &[1]),
        ("user_id=70", &[1]),
        ("agent_extension=700", &[1]),
    ] {
        assert_eq!(listed(&service, "/v1/attempts", "attempts", query), found, "{query}");
        let past = format!("{query}&as_of=3");
        assert_eq!(listed(&service, "/v1/attempts", "attempts", &past), found, "{past}");
    }
}

#[test]
fn an_instant_in_the_place_of_a_length_is_no_length() {
    let service = Service::start();
    deliver(&service, "leaving", 7, 0, json!({ "call_duration": "1784723470", "call_bill_sec": "0" }));
    let row = service.read("/v1/attempts?attempt_id=7")["attempts"][0].clone();
    assert_eq!((row.get("call_duration"), &row["call_bill_sec"]), (None, &json!(0)));
    let event = service.show("/v1/attempts/7/events")["events"][0].clone();
    assert_eq!(event["fields"]["call_duration"], 1_784_723_470, "what was sent is in the event");
}

/// A number is one number in the event, in the row, in the timeline and in files, however it is spelled.
#[test]
fn a_number_is_read_in_one_way_wherever_it_is_shown() {
    let codes = [
        (json!("486"), 486),
        (json!("1e3"), 1_000),
        (json!("603.0"), 603),
        (json!(200.0), 200),
        (json!("-0"), 0),
    ];
    let service = Service::start();
    for (attempt_id, (sent, number)) in (1..).zip(codes) {
        deliver(&service, "leaving", attempt_id, 0, json!({ "call_sip_code": sent, "call_bill_sec": sent }));
        let event = service.show(&format!("/v1/attempts/{attempt_id}/events"))["events"][0].clone();
        let row = service.read(&format!("/v1/attempts?attempt_id={attempt_id}"))["attempts"][0].clone();
        let timeline = service.show(&format!("/v1/attempts/{attempt_id}/timeline"));
        assert_eq!(event["fields"]["call_sip_code"], number, "{sent}");
        assert_eq!(event["fields"]["call_bill_sec"], number, "{sent}");
        assert_eq!(row["call_sip_code"], number, "{sent}");
        assert_eq!(row["call_bill_sec"], number, "{sent}");
        assert_eq!(timeline["call_sip_code"], number, "{sent}");
        let found = listed(&service, "/v1/attempts", "attempts", &format!("call_sip_code={number}"));
        assert_eq!(found, [attempt_id], "{sent}");
    }
    deliver(&service, "leaving", 9, 0, json!({ "call_sip_code": "486.5" }));
    assert_eq!(service.show("/v1/attempts/9/events")["events"][0]["fields"]["call_sip_code"], 486.5);
    let row = service.read("/v1/attempts?attempt_id=9")["attempts"][0].clone();
    assert_eq!(row.get("call_sip_code"), None, "no SIP code is a fraction");
}

#[test]
fn a_field_that_is_not_of_its_type_is_no_field_and_is_kept() {
    let service = Service::start();
    deliver(&service, "leaving", 7, 0, json!({ "call_bill_sec": "abc", "user_id": "", "agent_id": 4 }));
    let event = service.show("/v1/attempts/7/events")["events"][0].clone();
    assert_eq!(event["fields"].get("call_bill_sec"), None);
    assert_eq!(event["fields"].get("user_id"), None);
    assert_eq!(
        (&event["flags"], &event["payload"]["call_bill_sec"]),
        (&json!(["unparsable:call_bill_sec"]), &json!("abc"))
    );
}
