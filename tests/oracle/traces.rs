//! Recorded traces of real attempts, and what their manifest says of them.

use std::fmt::Write as _;

use attempt_ledger_domain::UnixMillis;
use serde_json::Value;

use crate::support::recording::Arrival;

/// Two days after the traces' day.
const ARRIVAL: UnixMillis = UnixMillis(1_784_851_200_000);
/// Its user's variables shadow the attempt's number.
const SHADOWED: &str = "12_progressive_colliding_user_variables.ndjson";

/// The deliveries of all traces, and a sheet of what must come of them.
pub fn traces() -> (Vec<Arrival>, String) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/traces");
    let read = |name: &str| std::fs::read_to_string(format!("{folder}/{name}")).expect(name);
    let manifest: Vec<Value> = serde_json::from_str(&read("manifest.json")).expect("the manifest is JSON");
    let (mut arrivals, mut sheet) = (Vec::new(), String::new());
    for trace in &manifest {
        let file = trace["file"].as_str().expect("a trace has a file");
        let lines = read(file);
        let hooks = trace["hooks"].as_array().expect("a trace has hooks");
        arrivals.extend(lines.lines().zip(hooks).map(|(body, event)| Arrival {
            at: ARRIVAL,
            event: event.as_str().expect("a hook has a name").to_owned(),
            queue_type: trace["queue_type"].to_string(),
            body: body.to_owned(),
        }));
        let first: Value = serde_json::from_str(&lines[..lines.find('\n').expect("a line")]).expect("JSON");
        if let (Some(attempt), true) = (first["attempt_id"].as_str(), file != SHADOWED) {
            claim(trace, attempt, &mut sheet);
        }
    }
    (arrivals, sheet)
}

fn claim(trace: &Value, attempt: &str, sheet: &mut String) {
    let columns = [
        ("outcome", "result"),
        ("misses", "missed_by_agent"),
        ("wait_ms", "wait_ms"),
        ("talk_ms", "talk_ms"),
        ("wrap_ms", "wrap_ms"),
    ];
    for (theirs, ours) in columns {
        let value = match trace.get(theirs) {
            None => continue,
            Some(Value::Null) => "none".to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(number) => number.to_string(),
        };
        writeln!(sheet, "attempts {attempt} {ours} = {value}").expect("a string takes everything");
    }
}
