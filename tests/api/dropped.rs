//! Dialled members who answered and got no agent: the figure that regulators ask outbound centres for.

use serde_json::{Value, json};

use crate::api::harness::{Service, T0};
use crate::api::world::numbers;

const DAY_MS: i64 = 86_400_000;

/// One attempt that is told by its Leaving alone, so many days before the others.
fn left(service: &Service, queue: (&str, i64), attempt_id: i64, days_ago: i64, says: &Value) {
    let at = T0 - days_ago * DAY_MS;
    let mut body = json!({
        "attempt_id": attempt_id, "queue_id": queue.1, "timestamp": at, "joined_at": at - 9_000,
        "cc_result": "abandoned",
    });
    body.as_object_mut().unwrap().extend(says.as_object().unwrap().clone());
    service.post(&format!("/v1/hooks/{}/leaving", queue.0), body.to_string()).expect(201);
}

/// Queue 50, predictive: two dropped of four live answers today, one of one twenty days ago, and one of one
/// forty days ago. Queue 40, progressive, of which no hook says who answered. Queue 17, inbound.
fn dialled() -> Service {
    let service = Service::start();
    let (predictive, progressive) = (("predictive_dialer", 50), ("progressive_dialer", 40));
    let human = json!({ "amd_result": "HUMAN" });
    let talked = json!({ "amd_result": "HUMAN", "bridged_at": T0 - 5_000, "cc_result": "success" });
    left(&service, predictive, 1, 0, &human);
    left(&service, predictive, 2, 0, &json!({ "call_voice_sec": "6", "cc_result": "cancel" }));
    left(&service, predictive, 3, 0, &talked);
    left(&service, predictive, 4, 0, &talked);
    left(&service, predictive, 5, 0, &json!({ "amd_result": "MACHINE", "call_voice_sec": "6" }));
    left(&service, predictive, 6, 0, &json!({ "call_cause": "NO_ANSWER" }));
    left(&service, predictive, 7, 20, &human);
    left(&service, predictive, 8, 40, &human);
    left(&service, progressive, 9, 0, &json!({ "bridged_at": T0 - 5_000, "cc_result": "success" }));
    left(&service, progressive, 10, 0, &json!({ "call_cause": "NO_ANSWER" }));
    left(&service, ("inbound_queue", 17), 11, 0, &human);
    service
}

const METRICS: &str = "n_dropped,n_live_answers,dropped_rate,n_dropped_two_seconds,dropped_rate_two_seconds";
const THIRTY_DAYS: &str = "from=2026-06-23T00:00:00Z&to=2026-07-23T00:00:00Z";

/// The dropped calls, the live answers and the rate of some metrics.
fn figures(metrics: &Value) -> [Value; 3] {
    ["n_dropped", "n_live_answers", "dropped_rate"].map(|key| metrics[key]["value"].clone())
}

#[test]
fn the_dropped_rate_is_asked_by_queue_by_day_and_over_thirty_days() {
    let service = dialled();
    let path = format!("/v1/queues/50/history?{THIRTY_DAYS}&interval=P1D&metrics={METRICS}");
    let answer = service.read(&path);
    let days = answer["buckets"].as_array().unwrap();
    assert_eq!(days.len(), 30);
    assert_eq!(figures(&days[29]["metrics"]), [json!(2), json!(4), json!(0.5)]);
    assert_eq!(figures(&days[9]["metrics"]), [json!(1), json!(1), json!(1.0)]);
    assert_eq!(figures(&days[8]["metrics"]), [json!(null), json!(null), json!(null)], "nobody was called");
    let whole = &answer["total"];
    assert_eq!(figures(whole), [json!(3), json!(5), json!(0.6)]);
    let rate = &whole["dropped_rate"];
    assert_eq!((&rate["numerator"], &rate["denominator"]), (&json!(3), &json!(5)));
    assert_eq!(answer["identity"]["dropped"], 3);
    assert_eq!(answer["identity"]["holds"], true);
    let earlier = service.read(&path.replace("2026-06-23", "2026-06-01").replace("2026-07-23", "2026-07-01"));
    assert_eq!(figures(&earlier["total"]), [json!(1), json!(1), json!(1.0)], "any thirty days");
}

#[test]
fn groups_say_why_they_have_no_dropped_rate() {
    let service = dialled();
    let path = format!("/v1/queues/history?{THIRTY_DAYS}&metrics={METRICS}&group_by=queue");
    let answer = service.read(&path);
    let groups = answer["queues"].as_array().unwrap();
    let told: Vec<_> = groups
        .iter()
        .map(|group| (group["queue_id"].clone(), group["total"]["dropped_rate"]["reason_code"].clone()))
        .collect();
    let expected =
        [(json!(17), json!("not_dialled")), (json!(40), json!("answer_not_told")), (json!(50), json!(null))];
    assert_eq!(told, expected);
    let whole = service.read(&format!("/v1/queues/history?{THIRTY_DAYS}&metrics={METRICS}"))["total"].clone();
    assert_eq!(figures(&whole), figures(&groups[2]["total"]), "the sum is of what is told");
    assert_eq!(
        (&whole["dropped_rate"]["excluded"], &whole["dropped_rate"]["denominator"]),
        (&json!(1), &json!(5))
    );
    for group in groups {
        let reason = group["total"]["dropped_rate_two_seconds"]["reason"].as_str().unwrap();
        assert!(reason.len() > 20, "{reason}");
    }
    let code = &groups[2]["total"]["dropped_rate_two_seconds"]["reason_code"];
    assert_eq!(code, "answer_not_timed", "no wait_agent says when the members answered");
}

#[test]
fn each_number_opens_to_its_attempts() {
    let service = dialled();
    let path = format!("/v1/queues/50/history?{THIRTY_DAYS}&explain=");
    let codes = |answer: &Value| -> Vec<Value> {
        answer["attempts"].as_array().unwrap().iter().map(|share| share["left_out"]["code"].clone()).collect()
    };
    let dropped = service.read(&format!("{path}n_dropped"));
    assert_eq!(numbers(&dropped["attempts"], "attempt_id"), [7, 1, 2, 3, 4, 5, 6]);
    let null = json!(null);
    let [class, untold] = [json!("class"), json!("answer_not_told")];
    assert_eq!(
        codes(&dropped),
        [null.clone(), null.clone(), null.clone(), class.clone(), class.clone(), class, untold.clone()]
    );
    let rate = service.read(&format!("{path}dropped_rate"));
    assert_eq!(rate["measured"]["value"], 0.6);
    let nobody = json!("no_live_answer");
    assert_eq!(codes(&rate), [vec![null; 5], vec![nobody, untold]].concat());
    let inbound = service.read(&path.replace("/50/", "/17/").replace("explain=", "explain=n_live_answers"));
    assert_eq!(codes(&inbound), [json!("not_dialled")]);
}

#[test]
fn lists_and_summaries_know_the_class() {
    let service = dialled();
    let listed = service.read("/v1/attempts?class=dropped&from=2026-01-01T00:00:00Z");
    let mut attempts = numbers(&listed["attempts"], "attempt_id");
    attempts.sort_unstable();
    assert_eq!(attempts, [1, 2, 7, 8]);
    let first = &service.read("/v1/attempts?class=dropped&queue_id=50")["attempts"][0];
    assert_eq!(first["class"], "dropped");
    assert!(["human", "voice"].iter().any(|sign| first["live_answer"] == *sign), "{first}");
}

/// A hook of attempt 1 of a predictive queue, so many milliseconds after T0.
fn predictive(service: &Service, event: &str, offset_ms: i64, says: &Value) {
    let mut body = json!({ "attempt_id": 1, "queue_id": 50, "timestamp": T0 + offset_ms });
    body.as_object_mut().unwrap().extend(says.as_object().unwrap().clone());
    service.post(&format!("/v1/hooks/predictive_dialer/{event}"), body.to_string()).expect(201);
}

#[test]
fn wait_agent_says_that_the_member_answered_and_when_also_after_the_attempt_has_left() {
    let service = Service::start();
    let path = format!("/v1/queues/50/history?{THIRTY_DAYS}&metrics={METRICS}");
    predictive(&service, "leaving", 5_000, &json!({ "cc_result": "abandoned" }));
    let before = service.read(&path);
    assert_eq!(before["total"]["n_dropped"]["reason_code"], "answer_not_told");
    let head = service.head();
    predictive(&service, "wait_agent", 1_000, &json!({}));
    let after = service.read(&path);
    assert_eq!(figures(&after["total"]), [json!(1), json!(1), json!(1.0)]);
    assert_eq!(after["total"]["n_dropped_two_seconds"]["value"], 1);
    assert_eq!(after["total"]["dropped_rate_two_seconds"]["value"], 1.0);
    let attempt = &service.read("/v1/attempts?class=dropped")["attempts"][0];
    assert_eq!(
        (&attempt["live_answer"], &attempt["member_answered_at"]),
        (&json!("wait_agent"), &json!(T0 + 1_000))
    );
    let explained = service.read(&format!("{path}&explain=n_dropped"))["attempts"][0].clone();
    let wait = &explained["observations"][0];
    assert_eq!(
        (&wait["observation"], &wait["position"]),
        (&json!("wait_agent"), &json!(head + 1)),
        "{explained}"
    );
    let past = service.read(&format!("{path}&as_of={head}"));
    assert_eq!(past["total"], before["total"], "the past knows nothing of what came later");
    let changed = service.read(&format!("{path}&explain=n_dropped&changed_since={head}"));
    assert_eq!(numbers(&changed["changed"], "attempt_id"), [1]);
    let cause = &changed["changed"][0]["causes"][0];
    let named = ["kind", "observation", "position"].map(|member| cause[member].clone());
    assert_eq!((named, cause.get("event")), ([json!("observation"), json!("wait_agent"), json!(2)], None));
}

#[test]
fn who_gets_an_agent_after_two_seconds_is_dropped_by_that_rule_alone() {
    let service = Service::start();
    predictive(&service, "wait_agent", 0, &json!({}));
    predictive(&service, "bridged", 2_001, &json!({ "agent_id": 5 }));
    predictive(&service, "leaving", 9_000, &json!({ "cc_result": "success" }));
    let total =
        service.read(&format!("/v1/queues/50/history?{THIRTY_DAYS}&metrics={METRICS}"))["total"].clone();
    assert_eq!(figures(&total), [json!(0), json!(1), json!(0.0)]);
    assert_eq!(total["n_dropped_two_seconds"]["value"], 1);
    let code = service.read(&format!("/v1/queues/50/history?{THIRTY_DAYS}&explain=n_dropped"));
    assert_eq!(code["attempts"][0]["left_out"]["code"], "class");
}
