//! The bytes of the record may never change: golden lines, and every damage seen.

use std::borrow::Cow;

use attempt_ledger::record::{
    Digest, FrameError, Leaf, LeafError, Opening, RecordKind, RecordPayload, SALT_BYTES, Verdict, commitment,
    decode_frame, encode_frame, leaf_hash,
};
use attempt_ledger_domain::{
    Address, AttemptId, EventKind, Observation, Payload, Position, QueueId, QueueType, Revision, Rule,
    UnixMillis, write_canonical_payload,
};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

const SALT: [u8; SALT_BYTES] = [7; SALT_BYTES];

fn leaf(commitment: Digest) -> Leaf<'static> {
    Leaf {
        attempt_id: Some(AttemptId(i64::MAX)),
        commitment,
        corrects: None,
        event: Some(EventKind::Bridged),
        id: Uuid::from_u128(0x0198_3333_4444_7555_8666_7777_8888_9999),
        kind: RecordKind::Event,
        observation: None,
        occurred_at: Some(UnixMillis(1_784_711_733_609)),
        previous: Some(Digest([1; 32])),
        queue_id: Some(QueueId(17)),
        queue_type: Some(QueueType::InboundQueue),
        recorded_at: UnixMillis(1_784_711_733_700),
        revision: Some(Revision(7)),
        rule: None,
        settles: None,
        source: Cow::Borrowed("http"),
        v: 1,
        verdict: None,
    }
}

fn refusal(commitment: Digest) -> Leaf<'static> {
    Leaf {
        event: Some(EventKind::Leaving),
        kind: RecordKind::Refusal,
        previous: None,
        revision: None,
        rule: Some(Rule::LeftOnlyOnce),
        ..leaf(commitment)
    }
}

fn decision(commitment: Digest) -> Leaf<'static> {
    Leaf {
        event: None,
        kind: RecordKind::Refusal,
        occurred_at: None,
        previous: None,
        queue_id: None,
        queue_type: None,
        revision: None,
        settles: Some(Uuid::from_u128(5)),
        verdict: Some(Verdict::Dismissed),
        ..leaf(commitment)
    }
}

fn observation() -> Leaf<'static> {
    Leaf {
        event: None,
        kind: RecordKind::Observation,
        observation: Some(Observation::WaitAgent),
        previous: None,
        revision: None,
        ..leaf(Digest([0; 32]))
    }
}

/// The lines of `tests/golden/record-v1.ndjson`, made again.
fn lines() -> Vec<u8> {
    let open = |payload, address, detail: Option<&'static str>| Opening {
        address,
        detail: detail.map(Cow::Borrowed),
        payload,
        salt: SALT,
    };
    let hook = Address {
        event: Some("bridged".into()),
        id: Some("key \"1\"".into()),
        queue_type: Some("1".into()),
        ..Address::default()
    };
    let json = concat!(
        r#"{"attempt_id":"9223372036854775807", "n":1.50,"#,
        r#""member_name":"\u041e\u043b\u0435\u043d\u0430 \"x\""}"#
    );
    let openings = [
        open(RecordPayload::of(json.as_bytes(), true), hook.clone(), None),
        open(RecordPayload::of(b"{\n \"attempt_id\": 1\r\n}", true), Address::default(), None),
        open(
            RecordPayload::of("{\"x\":\"Олена\" broken".as_bytes(), false),
            hook,
            Some("what \"the\" rule saw"),
        ),
        open(RecordPayload::of(b"\xff\xfe not text", false), Address::default(), Some("")),
        open(RecordPayload::of(br#"{"note":""}"#, true), Address::default(), None),
    ];
    let mut out = Vec::new();
    for (index, opening) in openings.iter().enumerate() {
        let commitment = opening.commitment();
        let leaf = match index {
            0 | 1 => leaf(commitment),
            2 | 3 => refusal(commitment),
            _ => decision(commitment),
        };
        encode_frame(&mut out, Position(index as u64 + 1), &leaf.to_bytes(), &opening.to_bytes());
    }
    out
}

#[test]
fn format_version_1_is_written_byte_for_byte_as_ever() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/record-v1.ndjson");
    let expected = std::fs::read(golden).expect("the golden file is there");
    assert_eq!(String::from_utf8_lossy(&lines()), String::from_utf8_lossy(&expected));
}

#[test]
fn format_version_1_reads_back_what_was_written() {
    let bytes = lines();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let line = &line[..line.len() - 1];
        let frame = decode_frame(line).expect("it is intact");
        let leaf = Leaf::parse(&line[frame.leaf.clone()]).expect("it is a leaf");
        let opening = Opening::parse(&line[frame.opening.clone()]).expect("it is an opening");
        assert_eq!(leaf.to_bytes(), &line[frame.leaf]);
        assert_eq!(opening.to_bytes(), &line[frame.opening]);
        assert_eq!(opening.commitment(), leaf.commitment);
        assert_eq!(opening.salt, SALT);
    }
}

/// The lines of `tests/golden/record-v2.ndjson`, made again: one for each part that needs format 2.
fn lines_of_format_2() -> Vec<u8> {
    let envelope = [("id", "7"), ("source", "/dialer \"a\""), ("type", "com.webitel.bridged")];
    let envelope = envelope.map(|(name, value)| (name.to_owned(), value.into())).into();
    let address = Address {
        envelope: Some(envelope),
        media_type: Some("application/x-www-form-urlencoded".into()),
        ..Address::default()
    };
    let open = |address, payload| Opening { address, detail: None, payload, salt: SALT };
    let of_event = || Leaf { corrects: Some(Uuid::from_u128(5)), ..leaf(Digest([0; 32])) };
    let without_attempt = Leaf {
        attempt_id: None,
        observation: Some(Observation::AgentStatus),
        queue_id: None,
        ..observation()
    };
    let openings = [
        (
            open(address, RecordPayload::of(b"attempt_id=7&agent_id=", false)),
            Leaf { corrects: None, ..of_event() },
        ),
        (open(Address::default(), RecordPayload::of(b"{}", true)), of_event()),
        (
            open(Address::default(), RecordPayload::of(br#"{"attempt_id":"9223372036854775807"}"#, true)),
            observation(),
        ),
        (open(Address::default(), RecordPayload::of(br#"{"agent_id":"3"}"#, true)), without_attempt),
    ];
    let mut out = Vec::new();
    for (position, (opening, leaf)) in (1..).zip(openings) {
        let leaf = Leaf { commitment: opening.commitment(), ..leaf };
        let leaf = Leaf { v: leaf.format_needed().max(opening.format_needed()), ..leaf };
        encode_frame(&mut out, Position(position), &leaf.to_bytes(), &opening.to_bytes());
    }
    out
}

#[test]
fn format_version_2_is_written_byte_for_byte_as_ever_and_read_back() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/record-v2.ndjson");
    let expected = std::fs::read(golden).expect("the golden file is there");
    assert_eq!(String::from_utf8_lossy(&lines_of_format_2()), String::from_utf8_lossy(&expected));
    for line in expected.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let frame = decode_frame(line).expect("it is intact");
        let leaf = Leaf::parse(&line[frame.leaf.clone()]).expect("it is a leaf");
        assert_eq!((leaf.v, &leaf.to_bytes()[..]), (2, &line[frame.leaf]));
        let opening = Opening::parse(&line[frame.opening.clone()]).expect("it is an opening");
        assert_eq!(opening.to_bytes(), &line[frame.opening]);
    }
}

#[test]
fn a_leaf_is_canonical_json_as_rfc_8785_has_it() {
    let of_nothing = commitment(&SALT, b"");
    for leaf in [leaf(of_nothing), refusal(of_nothing), decision(of_nothing), observation()] {
        let bytes = leaf.to_bytes();
        let mut canonical = Vec::new();
        write_canonical_payload(&Payload::parse(&bytes).expect("a leaf is an object"), &mut canonical);
        assert_eq!(String::from_utf8_lossy(&bytes), String::from_utf8_lossy(&canonical));
        assert!(!bytes.contains(&b'.'), "no fraction anywhere");
    }
}

#[test]
fn commitments_and_leaf_hashes_are_plain_sha_256() {
    let salted = [&SALT[..], b"payload"].concat();
    assert_eq!(commitment(&SALT, b"payload").0, <[u8; 32]>::from(Sha256::digest(salted)));
    assert_eq!(leaf_hash(b"leaf").0, <[u8; 32]>::from(Sha256::digest(b"\0leaf")));
}

#[test]
fn every_flipped_bit_of_a_line_is_seen() {
    let bytes = lines();
    let line = bytes.split(|byte| *byte == b'\n').next().expect("a first line").to_vec();
    for index in 0..line.len() {
        for bit in 0..8 {
            let mut damaged = line.clone();
            damaged[index] ^= 1 << bit;
            assert!(decode_frame(&damaged).is_err(), "bit {bit} of byte {index}");
        }
    }
}

#[test]
fn a_cut_or_lengthened_line_is_seen() {
    let bytes = lines();
    let line = bytes.split(|byte| *byte == b'\n').next().expect("a first line").to_vec();
    for length in 0..line.len() {
        assert!(decode_frame(&line[..length]).is_err(), "cut to {length}");
    }
    let mut longer = line.clone();
    longer.push(b' ');
    assert!(matches!(decode_frame(&longer), Err(FrameError::Checksum { .. })));
}

#[test]
fn a_line_states_its_own_length_at_every_change_of_digits() {
    for payload in 0..10_200 {
        if !(500..=1_200).contains(&payload) && payload < 9_500 {
            continue;
        }
        let opening = vec![b'x'; payload];
        let mut out = Vec::new();
        encode_frame(&mut out, Position(9), b"{}", &opening);
        let frame = decode_frame(&out[..out.len() - 1]).expect("it is intact");
        assert_eq!(frame.opening.len(), payload);
    }
}

#[test]
fn a_later_format_is_refused_by_name() {
    let text = String::from_utf8(leaf(commitment(&SALT, b"")).to_bytes()).expect("text");
    let later = text.replace("\"v\":1", "\"v\":3");
    assert!(matches!(Leaf::parse(later.as_bytes()), Err(LeafError::Newer { found: 3 })));
    let with_a_new_field = later.replace("{\"attempt_id\"", "{\"added\":1,\"attempt_id\"");
    assert!(matches!(Leaf::parse(with_a_new_field.as_bytes()), Err(LeafError::Newer { found: 3 })));
    let unknown_field = text.replace("{\"attempt_id\"", "{\"added\":1,\"attempt_id\"");
    assert!(matches!(Leaf::parse(unknown_field.as_bytes()), Err(LeafError::Malformed(_))));
}
