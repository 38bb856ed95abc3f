//! Packed bodies: unpacked within the limits, refused and kept when they do not unpack, never cut up.

use std::io::Write as _;

use attempt_ledger::limits::Limits;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::api::harness::{Service, at};
use crate::support::http::{Answer, Connection, request};

const NDJSON: (&str, &str) = ("content-type", "application/x-ndjson");
const GZIP: (&str, &str) = ("content-encoding", "gzip");
const ZSTD: (&str, &str) = ("content-encoding", "zstd");
const HOOK: &str = "/v1/hooks/inbound_queue/joined";

fn gzip(body: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body.as_ref()).unwrap();
    encoder.finish().unwrap()
}

fn zstd(body: impl AsRef<[u8]>) -> Vec<u8> {
    zstd::encode_all(body.as_ref(), 3).unwrap()
}

fn lines(count: i64) -> String {
    (1..=count).map(|attempt_id| at(attempt_id, 0) + "\n").collect()
}

#[test]
fn hooks_and_batches_are_unpacked() {
    let service = Service::start();
    service.post_with(HOOK, &[GZIP], gzip(at(1, 0))).expect(201);
    service.post_with(HOOK, &[ZSTD], zstd(at(2, 0))).expect(201);
    service.post_with(HOOK, &[("content-encoding", "identity")], at(3, 0)).expect(201);
    // A mark and white space belong to what was packed.
    service.post_with(HOOK, &[GZIP], gzip(format!("\u{feff} {}\n", at(4, 0)))).expect(201);
    for (attempt_id, body) in (1..=4).map(|attempt_id| (attempt_id, at(attempt_id, 0))) {
        let text = service.get(&format!("/v1/attempts/{attempt_id}/events")).text();
        assert!(text.contains(&format!("\"payload\":{body}")), "{text}");
    }
    // Longer than a hook may be.
    let body = lines(5_000);
    for (encoding, packed) in [(GZIP, gzip(&body)), (ZSTD, zstd(&body))] {
        let answer = service.post_with(HOOK, &[NDJSON, encoding], packed).expect(200);
        let counts = ["recorded", "duplicates", "refused"].map(|name| answer[name].as_u64().unwrap());
        assert_eq!(counts[0] + counts[1], 5_000, "{counts:?}");
    }
    assert_eq!(service.head(), 5_000);
}

#[test]
fn limits_hold_for_what_a_body_unpacks_to() {
    let body_bytes_max = 1024 * 1024;
    let limits = Limits { body_bytes_max, event_bytes_max: 512, ..Limits::default() };
    let service = Service::start_with(limits);
    let of_length = |bytes: usize| {
        let body = at(7, 0);
        body.clone() + &" ".repeat(bytes - body.len())
    };
    service.post_with(HOOK, &[GZIP], gzip(of_length(body_bytes_max))).expect(201);
    let head = service.head();
    for packed in [gzip(of_length(body_bytes_max + 1)), gzip(vec![b'x'; 16 * body_bytes_max])] {
        assert!(packed.len() <= body_bytes_max);
        let problem = service.post_with(HOOK, &[GZIP], packed).problem(413, "body_too_large");
        assert!(problem["detail"].as_str().unwrap().contains("1048576"), "{problem}");
    }
    service.post_with(HOOK, &[ZSTD], zstd(vec![b'x'; 16 * body_bytes_max])).problem(413, "body_too_large");
    assert_eq!(service.head(), head, "nothing of them is kept");
    // One delivery is as long as it is, however it was packed.
    let long = format!("{{\"attempt_id\":8,\"filler\":\"{}\"}}", "x".repeat(512));
    let answer = service.post_with(HOOK, &[GZIP], gzip(&long));
    service.refused(&answer, "too_large", &long);
}

#[test]
fn what_a_body_unpacks_to_takes_memory_as_a_body_does() {
    let body_bytes_max = 1024 * 1024;
    // One large body fits, and no second one.
    let memory_bytes_max = 6 * body_bytes_max;
    let service = Service::start_with(Limits { body_bytes_max, memory_bytes_max, ..Limits::default() });
    let mut slow = Connection::open(service.address);
    slow.send(format!(
        "POST {HOOK} HTTP/1.1\r\nhost: ledger\r\ncontent-length: {body_bytes_max}\r\n\
         expect: 100-continue\r\n\r\n"
    ));
    // It is told to go on once it has its memory.
    assert_eq!(slow.answer().status, 100);
    let body = lines(5_000);
    let send = || service.post_with(HOOK, &[NDJSON, GZIP], gzip(&body));
    send().problem(503, "too_many_bodies");
    assert_eq!(service.head(), 0);
    service.post_with(HOOK, &[GZIP], gzip(at(1, 0))).expect(201);
    slow.send(vec![b' '; body_bytes_max]);
    slow.answer();
    send().expect(200);
}

#[test]
fn another_encoding_is_answered_by_those_that_are_known_and_nothing_is_kept() {
    let service = Service::start();
    let encodings = ["br", "deflate", "gzip, gzip", "compress", "aes128gcm"];
    for encoding in encodings {
        let answer: Answer = service.post_with(HOOK, &[NDJSON, ("content-encoding", encoding)], at(1, 0));
        answer.problem(415, "encoding_unsupported");
        assert_eq!(answer.headers["accept-encoding"], "gzip, zstd", "{encoding}");
    }
    assert_eq!(service.head(), 0);
}

#[test]
fn what_does_not_unpack_is_one_refusal_that_keeps_it_to_the_last_byte() {
    let service = Service::start();
    let whole = gzip(lines(3));
    let broken = [&whole[..whole.len() - 1], &[&whole[..], b" \n"].concat(), b"\n{}\n", b"{}"];
    for body in broken {
        let answer = service.post_with(HOOK, &[NDJSON, GZIP], body);
        let kept = service.refused(&answer, "malformed_json", body);
        assert_eq!(kept["address"]["media_type"], "application/gzip");
        assert_eq!(kept["detail"], "the body does not unpack as gzip");
    }
    let answer = service.post_with(HOOK, &[ZSTD], b"\x28\xb5\x2f\xfd");
    let kept = service.refused(&answer, "malformed_json", b"\x28\xb5\x2f\xfd");
    // Judged again, it is what it was.
    let id = kept["refusal_id"].as_str().unwrap();
    service.post(&format!("/v1/refusals/{id}/replay"), "").problem(422, "malformed_json");
}

#[test]
fn what_is_no_text_is_not_cut_up_at_its_line_feeds() {
    let service = Service::start();
    for body in [gzip(lines(3)), zstd(lines(3))] {
        let answer = service.post_with(HOOK, &[NDJSON], &body);
        let head = service.head();
        answer.problem(422, "malformed_json");
        let kept = service.show("/v1/refusals?limit=1")["refusals"][0].clone();
        assert_eq!((kept["position"].as_u64(), kept["code"].as_str()), (Some(head), Some("malformed_json")));
    }
    assert_eq!(service.head(), 2, "one record each");
}

#[test]
fn a_media_type_that_is_not_read_is_not_taken_unless_the_body_is_json() {
    let service = Service::start();
    for media_type in [
        "multipart/form-data; boundary=x",
        "application/xml",
        "text/xml",
        "application/soap+xml",
        "application/cloudevents+avro",
    ] {
        let headers = [("content-type", media_type)];
        service.post_with(HOOK, &headers, "--x\n{}\n--x--").problem(415, "media_type_unsupported");
        assert_eq!(service.head(), 0, "{media_type}");
    }
    service.post_with(HOOK, &[("content-type", "text/xml")], at(1, 0)).expect(201);
}

#[test]
fn a_packed_body_that_is_no_delivery_is_answered_415_and_does_nothing() {
    let service = Service::start();
    let refusal = service.inbound("answered", at(7, 0)).expect(422);
    let refusal = format!("/v1/refusals/{}", refusal["refusal_id"].as_str().unwrap());
    let head = service.head();
    for line in [
        "PUT /v1/queues/17".to_owned(),
        format!("POST {refusal}/replay"),
        format!("POST {refusal}/dismiss"),
        "POST /v1/projections/all/rebuild".to_owned(),
    ] {
        let body = gzip(r#"{"type":1}"#);
        let answer = request(service.address, &line, &[GZIP], &body);
        answer.problem(415, "encoding_unsupported");
        assert_eq!(answer.headers["accept-encoding"], "identity", "{line}");
    }
    assert_eq!(service.head(), head);
    let plain = [("content-encoding", "identity")];
    let answer = request(service.address, "PUT /v1/queues/17", &plain, br#"{"type":1}"#);
    assert_eq!(answer.status, 201, "{answer:?}");
}
