//! What the service's own log never holds.

use serde_json::json;

use crate::api::harness::{NOW, Service};
use crate::support::process_log;

#[test]
fn no_phone_number_of_a_delivery_appears_in_the_log() {
    let number = "380509876501";
    let service = Service::start();
    let body = json!({
        "attempt_id": 7, "timestamp": NOW, "destination": number, "member_name": number,
        "event_id": number, number: number, "queue_id": number,
    })
    .to_string();
    let key = [("idempotency-key", number), ("x-request-id", "privacy-last")];
    service.inbound("joined", &body).expect(201);
    service.inbound("joined", &body).expect(200);
    service.inbound("answered", &body).expect(422);
    service.inbound("joined", format!("{{\"{number}\":1,\"{number}\":2}}")).expect(422);
    service.inbound("joined", format!("{{\"destination\":{number}")).expect(422);
    service.inbound("joined", format!("[{body},17,\"{number}\"]")).expect(200);
    for scalar in [number.to_owned(), format!("\"{number}\""), format!(" [{number}")] {
        let answer = service.inbound("joined", scalar);
        answer.expect(422);
        assert!(!answer.text().contains(number), "{}", answer.text());
    }
    service.post(&format!("/v1/hooks/{number}/{number}"), &body).expect(422);
    service.post(&format!("/v1/events?event={number}"), &body).expect(422);
    service.post(&format!("/v1/events?{number}={number}"), &body).expect(400);
    service.get(&format!("/v1/attempts/{number}"));
    service.get(&format!("/v1/attempts/{number}x")).expect(400);
    service.get(&format!("/v1/refusals?code={number}")).expect(400);
    service.get(&format!("/{number}"));
    service.get(&format!("/v1/attempts?member_name={number}&agent_channel_id={number}")).expect(200);
    service.get(&format!("/v1/attempts?variable.{number}={number}")).expect(400);
    service.get(&format!("/v1/offers?agent_name={number}&user_id={number}")).expect(200);
    service.put("/v1/queues/1", &json!({ "type": number, "name": number })).expect(400);
    service.put(&format!("/v1/queues/{number}"), &json!({ "type": 1, "name": number })).expect(201);
    service.post_with("/v1/hooks/1/leaving", &key, &body).expect(422);
    let told = process_log::lines_with(number);
    assert!(told.is_empty(), "{told:#?}");
    assert!(!process_log::lines_with("privacy-last").is_empty(), "the log was captured to the end");
}
