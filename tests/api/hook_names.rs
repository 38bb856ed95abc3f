//! What names a hook: the URL, a CloudEvent's type, the body's `event` and `state`, two of them at a time.

use serde_json::{Value, json};

use crate::api::harness::Service;

/// What can name a hook, in the order in which it is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Source {
    Url,
    Type,
    Event,
    State,
}

use Source::{Event, State, Type, Url};

/// What a delivery is recorded as that names a hook by each of these.
fn recorded_as<const N: usize>(stated: [(Source, &str); N]) -> String {
    let service = Service::start();
    let stated = |source| stated.iter().find(|(one, _)| *one == source).map(|(_, name)| *name);
    let mut body = json!({ "attempt_id": 7 });
    for (source, member) in [(Event, "event"), (State, "state")] {
        if let Some(name) = stated(source) {
            body[member] = name.into();
        }
    }
    let event = stated(Url).map(|name| format!("&event={name}")).unwrap_or_default();
    let path = format!("/v1/events?queue_type=inbound_queue{event}");
    let answer = match stated(Type) {
        None => service.post(&path, body.to_string()),
        Some(name) => {
            let event = json!({ "specversion": "1.0", "id": "1", "source": "/d", "data": body,
                "type": format!("com.acme.{name}.v1") });
            let media_type = [("content-type", "application/cloudevents+json")];
            service.post_with(&path, &media_type, event.to_string())
        }
    };
    let receipt: Value = answer.expect(201);
    let name = receipt.get("event").or_else(|| receipt.get("observation"));
    name.and_then(Value::as_str).unwrap_or_else(|| panic!("{receipt}")).to_owned()
}

/// Of two sources but the URL, whichever names one of the eight events says what it is.
fn assert_the_event_counts(first: Source, second: Source) {
    assert_eq!(recorded_as([(first, "wait_agent"), (second, "bridged")]), "Bridged");
    assert_eq!(recorded_as([(first, "bridged"), (second, "wait_agent")]), "Bridged");
    assert_eq!(recorded_as([(first, "joined"), (second, "bridged")]), "Joined");
    assert_eq!(recorded_as([(first, "add_member"), (second, "wait_agent")]), "add_member");
}

/// The URL is what the sender says, whatever it names.
fn assert_the_url_counts(other: Source) {
    assert_eq!(recorded_as([(Url, "wait_agent"), (other, "bridged")]), "wait_agent");
    assert_eq!(recorded_as([(Url, "bridged"), (other, "wait_agent")]), "Bridged");
    assert_eq!(recorded_as([(Url, "add_member"), (other, "wait_agent")]), "add_member");
}

#[test]
fn the_url_counts_before_the_type() {
    assert_the_url_counts(Type);
}

#[test]
fn the_url_counts_before_the_bodys_event() {
    assert_the_url_counts(Event);
}

#[test]
fn the_url_counts_before_the_bodys_state() {
    assert_the_url_counts(State);
}

#[test]
fn of_the_type_and_the_bodys_event_one_of_the_eight_counts() {
    assert_the_event_counts(Type, Event);
}

#[test]
fn of_the_type_and_the_bodys_state_one_of_the_eight_counts() {
    assert_the_event_counts(Type, State);
}

#[test]
fn of_the_bodys_event_and_state_one_of_the_eight_counts() {
    assert_the_event_counts(Event, State);
}

#[test]
fn in_a_type_one_of_the_eight_counts() {
    assert_eq!(recorded_as([(Type, "joined.add_member")]), "Joined");
    assert_eq!(recorded_as([(Type, "add_member.joined")]), "Joined");
    assert_eq!(recorded_as([(Type, "add_member.wait_agent")]), "wait_agent");
}

#[test]
fn what_the_type_names_counts_where_the_body_names_nothing_known() {
    assert_eq!(recorded_as([(Type, "wait_agent"), (Event, "hold")]), "wait_agent");
    assert_eq!(recorded_as([(Type, "bridged"), (State, "hold")]), "Bridged");
}
