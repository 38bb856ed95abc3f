//! A delivery as one line of NDJSON. There is no URL in a file, so event and queue type go into the object.

use super::delivery::SeedDelivery;

/// Appends `delivery` to `out` as one line that ends with a line feed.
///
/// `event` and `queue_type` come first in the object, as constants of the sender's template would.
/// A body that is not an object stays as it is, on one line.
pub fn ndjson_line(delivery: &SeedDelivery, out: &mut String) {
    let from = out.len();
    match delivery.body.strip_prefix('{') {
        Some(fields) => {
            out.push_str("{\"event\":\"");
            out.push_str(delivery.hook.wire_name());
            out.push_str("\",\"queue_type\":\"");
            out.push_str(delivery.queue_type.name());
            out.push_str(if fields.starts_with('}') { "\"" } else { "\"," });
            out.push_str(fields);
        }
        None => out.push_str(&delivery.body),
    }
    if out[from..].contains(['\n', '\r']) {
        let one_line = out[from..].replace(['\n', '\r'], " ");
        out.truncate(from);
        out.push_str(&one_line);
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use attempt_ledger_domain::{EventKind, QueueType, UnixMillis};

    use super::*;

    fn line(body: &str) -> String {
        let mut out = String::from("before\n");
        let delivery = SeedDelivery {
            sent_at: UnixMillis(1),
            queue_type: QueueType::InboundQueue,
            hook: EventKind::Offering.into(),
            body: body.to_owned(),
        };
        ndjson_line(&delivery, &mut out);
        out
    }

    #[test]
    fn a_line_names_its_event_and_queue_type() {
        let address = r#""event":"offering","queue_type":"inbound_queue""#;
        assert_eq!(line(r#"{"a":"1"}"#), format!("before\n{{{address},\"a\":\"1\"}}\n"));
        assert_eq!(line("{}"), format!("before\n{{{address}}}\n"));
        assert_eq!(line("{\"a\":"), format!("before\n{{{address},\"a\":\n"));
    }

    #[test]
    fn a_broken_body_stays_one_line() {
        assert_eq!(line("no\r\njson"), "before\nno  json\n");
    }
}
