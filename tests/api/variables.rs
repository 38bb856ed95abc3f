//! Variables: an object in events; those that a queue's definition declares are shown, filtered and exported.

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Value, json};

use crate::api::harness::Service;
use crate::api::world::{deliver, numbers};
use crate::support::sheets::sheet_rows;

/// Attempts 7 and 8 of queue 17 and 9 of queue 18, which all have variables. Queue 17 declares `region`.
fn served() -> Service {
    let service = Service::start();
    service.put("/v1/queues/17", &json!({ "type": 1, "variables": ["region"] })).expect(201);
    let of = |queue_id: i64, region: Value| json!({ "queue_id": queue_id, "region": region, "secret": "x" });
    deliver(&service, "joined", 7, 0, of(17, json!("south")));
    deliver(&service, "leaving", 7, 1_000, of(17, json!("north")));
    deliver(&service, "joined", 8, 2_000, of(17, json!(5)));
    deliver(&service, "joined", 9, 3_000, of(18, json!("north")));
    service
}

fn listed(service: &Service, query: &str) -> Vec<i64> {
    numbers(&service.read(&format!("/v1/attempts?{query}"))["attempts"], "attempt_id")
}

#[test]
fn variables_come_back_as_an_object() {
    let service = served();
    let event = service.show("/v1/attempts/8/events")["events"][0].clone();
    assert_eq!(event["variables"], json!({ "region": 5, "secret": "x" }));
    assert_eq!(event["fields"].get("region"), None);
}

#[test]
fn lists_show_the_variables_that_the_queue_declares() {
    let service = served();
    let of = |attempt_id: i64| {
        let row = service.read(&format!("/v1/attempts?attempt_id={attempt_id}"))["attempts"][0].clone();
        assert_eq!(
            row.get("variables"),
            service.show(&format!("/v1/attempts/{attempt_id}")).get("variables")
        );
        row.get("variables").cloned()
    };
    assert_eq!(of(7), Some(json!({ "region": "north" })), "as last reported");
    assert_eq!(of(8), Some(json!({ "region": "5" })));
    assert_eq!(of(9), None, "queue 18 declares nothing");
}

/// The columns of a file of attempts that begin with `variable`, and their cells by row.
fn variable_columns(service: &Service, query: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let csv = service.ask(&format!("/v1/attempts?format=csv&order=oldest{query}")).text();
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let places: Vec<usize> =
        (0..headers.len()).filter(|place| headers[*place].starts_with("variable")).collect();
    let of_row = |row: csv::StringRecord| places.iter().map(|place| row[*place].to_owned()).collect();
    let cells = reader.records().map(|row| of_row(row.unwrap())).collect();
    (places.iter().map(|place| headers[*place].to_owned()).collect(), cells)
}

#[test]
fn a_file_has_a_column_for_each_variable_that_is_declared() {
    let service = served();
    let told = variable_columns(&service, "");
    assert_eq!(told.0, ["variable.region"]);
    assert_eq!(told.1, [["north"], ["5"], [""]], "queue 18 declares nothing");
    service.put("/v1/queues/18", &json!({ "type": 1, "variables": ["secret", "Region"] })).expect(201);
    let told = variable_columns(&service, "");
    // Programs that read files hold names that differ in case only for one.
    assert_eq!(told.0, ["variable.Region", "variable.region (2)", "variable.secret"]);
    assert_eq!(told.1, [["", "north", ""], ["", "5", ""], ["", "", "x"]]);
    let told = variable_columns(&service, "&queue_id=17");
    assert_eq!(
        told,
        (vec!["variable.region".to_owned()], vec![vec!["north".to_owned()], vec!["5".to_owned()]])
    );
    assert_eq!(variable_columns(&service, "&queue_id=none").0, [""; 0]);
}

#[test]
fn every_format_has_the_same_columns_and_nothing_is_cut() {
    let service = Service::start();
    service.put("/v1/queues/17", &json!({ "type": 1, "variables": ["control", "region"] })).expect(201);
    // As JSON it would be six times as long, and longer than a cell of Excel.
    let control = "\u{1}".repeat(7_000);
    deliver(&service, "joined", 7, 0, json!({ "queue_id": 17, "region": "north", "control": control }));
    let line = service.ask("/v1/attempts?format=ndjson").text();
    let row: Value = serde_json::from_str(line.trim_end()).unwrap();
    assert!(row["variable.region"] == "north" && row["variable.control"] == control.as_str());
    let parquet = service.ask("/v1/attempts?format=parquet").body;
    let reader = SerializedFileReader::new(bytes::Bytes::from(parquet)).unwrap();
    let row = reader.get_row_iter(None).unwrap().next().unwrap().unwrap();
    let cells: Vec<_> = row.get_column_iter().filter(|(name, _)| name.starts_with("variable")).collect();
    assert_eq!(cells.len(), 2);
    assert!(*cells[0].1 == Field::Str(control) && *cells[1].1 == Field::Str("north".to_owned()));
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("rows.xlsx");
    std::fs::write(&place, service.ask("/v1/attempts?format=xlsx").body).unwrap();
    let row = sheet_rows(&place)[0].clone();
    assert_eq!(row["variable.region"], "north");
    assert!(!row["variable.control"].as_str().unwrap().contains("cut"));
}

#[test]
fn more_variables_than_a_file_has_columns_for_are_refused_with_the_way_out() {
    let service = served();
    for queue_id in 100..103 {
        let names: Vec<String> = (0..400).map(|number| format!("v{queue_id}_{number}")).collect();
        service.put(&format!("/v1/queues/{queue_id}"), &json!({ "type": 1, "variables": names })).expect(201);
    }
    let problem = service.get("/v1/attempts?format=csv").problem(400, "parameter_invalid");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("1201 variables") && detail.contains("`queue_id`"), "{detail}");
    assert_eq!(variable_columns(&service, "&queue_id=101").0.len(), 400);
    assert_eq!(service.get("/v1/attempts").status, 200, "pages have an object");
}

#[test]
fn a_definition_changes_the_entity_tag_of_what_it_shows() {
    let service = served();
    let tag = service.get("/v1/attempts/9").headers["etag"].clone();
    let current = [("if-none-match", tag.as_str())];
    assert_eq!(service.get_with("/v1/attempts/9", &current).status, 304);
    service.put("/v1/queues/18", &json!({ "type": 1, "variables": ["region"] })).expect(201);
    assert_eq!(service.get_with("/v1/attempts/9", &current).status, 200);
}

#[test]
fn declared_variables_filter() {
    let service = served();
    assert_eq!(listed(&service, "variable.region=north"), [7]);
    assert_eq!(listed(&service, "variable.region=5"), [8]);
    assert_eq!(listed(&service, "variable.region=south"), [0; 0], "the last report counts");
    assert_eq!(listed(&service, "variable.region=south&as_of=2"), [7]);
    for query in ["variable.secret=x", "variable.region=a&variable.region=b", "variable.=x"] {
        service.get(&format!("/v1/attempts?{query}")).problem(400, "parameter_invalid");
    }
    service.put("/v1/queues/18", &json!({ "type": 1, "variables": ["secret", "region"] })).expect(201);
    assert_eq!(listed(&service, "variable.region=north"), [9, 7], "also of what came before the definition");
    assert_eq!(listed(&service, "variable.secret=x"), [9]);
}

#[test]
fn a_definition_declares_variables_of_the_users_own_only() {
    let service = served();
    for (name, reason) in [
        ("agent_id", "a field that the ledger knows"),
        ("bucket_id", "a field that the ledger knows"),
        ("queue_type", "a name of the envelope"),
        ("", "begins with a letter, a digit or an underscore"),
        ("\"", "begins with a letter, a digit or an underscore"),
        (",x", "begins with a letter, a digit or an underscore"),
        ("a=b", "has no `=`"),
    ] {
        let body = json!({ "type": 1, "variables": [name] });
        let refused = service.put("/v1/queues/17", &body);
        assert!(
            [400, 422].contains(&refused.status) && refused.text().contains(reason),
            "{name}: {refused:?}"
        );
        let name = name.replace('"', "%22").replace('=', "%3D");
        let asked = service.get(&format!("/v1/attempts?variable.{name}=5"));
        let problem = asked.problem(400, "parameter_invalid");
        assert!(problem.to_string().contains(&reason.replace('"', "\\\"")), "{name}: {problem}");
    }
    let asked = service.get("/v1/attempts?variable.zone=x").problem(400, "parameter_invalid");
    assert!(
        asked["detail"].as_str().unwrap().starts_with("`variable.zone`: no queue's definition"),
        "{asked}"
    );
    let definition = service.show("/v1/queues/17");
    assert_eq!(definition["variables"], json!(["region"]));
}
