//! Bodies that are no deliveries are objects: what is none is answered 400, decides nothing, and is not
//! quoted.

use serde_json::json;

use crate::api::harness::Service;
use crate::api::settling::{status, waiting};

#[test]
fn only_an_object_settles_a_refusal() {
    let service = Service::start();
    let id = waiting(&service, 1, 17);
    let head = service.head();
    for action in ["dismiss", "replay"] {
        for body in ["[]", "[\"x\"]", "null", "7", "true", "\"+380441112233\"", " [\"n\"]"] {
            let answer = service.post(&format!("/v1/refusals/{id}/{action}"), body);
            let problem = answer.problem(400, "parameter_invalid");
            assert!(!problem.to_string().contains("380441112233"), "{problem}");
        }
    }
    let corrected = json!({ "address": ["offering"] }).to_string();
    service.post(&format!("/v1/refusals/{id}/replay"), corrected).problem(400, "parameter_invalid");
    assert_eq!((service.head(), status(&service, &id)), (head, json!("open")));
}

#[test]
fn only_an_object_defines_a_queue_and_nothing_of_another_body_is_said() {
    let service = Service::start();
    for body in ["[\"inbound_queue\"]", "[]", "\"secret-string\"", "17", "null"] {
        let answer = service.put_text("/v1/queues/21", body);
        let problem = answer.problem(400, "parameter_invalid");
        let detail = problem["detail"].as_str().unwrap();
        assert!(!detail.contains("secret") && !detail.contains("struct"), "{detail}");
        assert!(detail.contains("an object"), "{detail}");
    }
    for (body, word) in [
        (json!({ "type": "inbound_queue", "name": 380_441_112_233_u64 }), "`name`"),
        (json!({ "type": "inbound_queue", "hooks": "secret-string" }), "`hooks`"),
        (json!({ "type": "inbound_queue", "leaving_deadline_ms": "secret" }), "`leaving_deadline_ms`"),
        (json!({ "typ": "secret-string" }), "`type`"),
    ] {
        let problem = service.put("/v1/queues/21", &body).problem(400, "parameter_invalid");
        let text = problem.to_string();
        assert!(!text.contains("380441112233") && !text.contains("secret"), "{text}");
        assert!(text.contains(word), "{word}: {text}");
        assert!(!text.contains("struct") && !text.contains("u64") && !text.contains("sequence"), "{text}");
    }
    service.get("/v1/queues/21").problem(404, "queue_unknown");
}
