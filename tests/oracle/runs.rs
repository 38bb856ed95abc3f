//! Legal attempts drawn at random: rarer than any generated day, with steps missing, nameless agents, ties,
//! and carried times that are wrong.

use attempt_ledger_domain::{EventKind, QueueType, UnixMillis};
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

use crate::support::recording::Arrival;

const RESULTS: [&str; 11] = [
    "abandoned",
    "Abandoned",
    "transfer",
    "TRANSFERRED",
    "cancel",
    "success",
    "timeout",
    "max_wait_size",
    "failed",
    "Failed",
    "",
];
const DETECTED: [&str; 6] = ["HUMAN", "MACHINE", "MASHINE", "human", "NOTSURE", ""];
const DETECTED_BY_AI: [&str; 5] = ["human", "voicemail", "silence", "undefined", ""];
const VOICE_SEC: [&str; 6] = ["0", "0.0", "3", "12.5", "-1", "abc"];

/// Fields that only rows show, and two of users, with values good and bad.
pub const MORE: &[(&str, &[&str])] = &[
    ("agent_channel_id", &["one", "two", "three", ""]),
    ("agent_extension", &["2031", "2032"]),
    ("agent_name", &["Olena", "Taras", ""]),
    ("call_bill_sec", &["0", "12", "12.5", "-1", "1e2", ""]),
    ("call_duration", &["3", "1784723470", "946684799.5", "abc"]),
    ("call_sip_code", &["200", "486", "603.0", "1e3", "486.5", "x"]),
    ("member_channel_id", &["first", "second"]),
    ("member_name", &["Petro", "Ім'я \"x\"", ""]),
    ("region", &["north", "south", ""]),
    ("use_processing", &["true", "false", "yes", ""]),
    ("user_id", &["10455", "10480", "x"]),
];

/// One hook of an attempt as a dialer would fire it.
#[derive(Clone)]
pub struct Hook {
    pub occurred_at: i64,
    /// How long it is on its way.
    pub delay_ms: i64,
    pub event: EventKind,
    pub queue_type: QueueType,
    pub body: Map<String, Value>,
}

impl Hook {
    pub fn arrival(&self) -> Arrival {
        Arrival {
            at: UnixMillis(self.occurred_at + self.delay_ms),
            event: self.event.wire_name().to_owned(),
            queue_type: self.queue_type.name().to_owned(),
            body: Value::Object(self.body.clone()).to_string(),
        }
    }
}

/// The hooks of an attempt, and what the dialer reports beside the eight events: that it looks for an agent.
pub fn with_waits(hooks: &[Hook], attempt: i64, random: &mut ChaCha8Rng) -> Vec<Arrival> {
    let mut arrivals: Vec<Arrival> = hooks.iter().map(Hook::arrival).collect();
    let Some(first) = hooks.first() else { return arrivals };
    for _ in 0..random.random_range(0..3) {
        let at = first.occurred_at + random.random_range(-5_000..20_000);
        let mut body = Map::new();
        body.insert("attempt_id".to_owned(), attempt.into());
        if random.random_bool(0.8) {
            body.insert("timestamp".to_owned(), at.to_string().into());
        }
        arrivals.push(Arrival {
            at: UnixMillis(at + first.delay_ms),
            event: "wait_agent".to_owned(),
            queue_type: first.queue_type.name().to_owned(),
            body: Value::Object(body).to_string(),
        });
    }
    arrivals
}

/// The hooks of so many attempts, in any order.
pub fn random_runs(seed: u64, attempts: i64, start: UnixMillis) -> Vec<Arrival> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut arrivals: Vec<Arrival> = (1..=attempts)
        .flat_map(|attempt| {
            let begins = start.0 + random.random_range(0..100_000_000);
            with_waits(&one_run(attempt, begins, &mut random), attempt, &mut random)
        })
        .collect();
    arrivals.shuffle(&mut random);
    arrivals
}

fn steps(queue_type: QueueType, random: &mut ChaCha8Rng) -> Vec<EventKind> {
    use EventKind as Kind;
    let mut steps = Vec::new();
    steps.extend(random.random_bool(0.5).then_some(Kind::Joined));
    for _ in 0..random.random_range(0..5) {
        let misses = queue_type.has_agents() && random.random_bool(0.35);
        steps.push(if misses { Kind::Missed } else { Kind::Offering });
    }
    if queue_type.reports_answer() {
        for _ in 0..random.random_range(0..3) {
            steps.push(if random.random_bool(0.5) { Kind::Answered } else { Kind::Active });
        }
    }
    let bridges = [0, 0, 1, 1, 2, 3].choose(random).copied().expect("some");
    steps.extend(std::iter::repeat_n(Kind::Bridged, bridges));
    if queue_type.has_agents() {
        steps.extend((bridges > 0 && random.random_bool(0.2)).then_some(Kind::Missed));
        steps.extend(random.random_bool(0.5).then_some(Kind::Processing));
    }
    steps.extend(random.random_bool(0.7).then_some(Kind::Leaving));
    if steps.is_empty() { vec![Kind::Leaving] } else { steps }
}

/// A legal attempt that begins at an instant, its hooks in time order.
pub fn one_run(attempt: i64, begins: i64, random: &mut ChaCha8Rng) -> Vec<Hook> {
    let queue_type = *QueueType::ALL.choose(random).expect("eight");
    let mut at = begins;
    let mut rank = 0;
    let mut hooks = Vec::new();
    for event in steps(queue_type, random) {
        at += *[0, 1, 50, 3_000, 60_000, 900_000].choose(random).expect("six");
        // Steps of one millisecond stand in the order of the lifecycle, whatever it really was.
        at += i64::from(event.rank() < rank);
        rank = event.rank();
        let body = body(attempt, event, at, begins, queue_type, random);
        let delay_ms = *[5, 5, 5, 2_000, 80_000_000, 90_000_000].choose(random).expect("six");
        hooks.push(Hook { occurred_at: at, delay_ms, event, queue_type, body });
    }
    hooks
}

/// What a hook of an attempt says.
pub fn body(
    attempt: i64,
    event: EventKind,
    at: i64,
    begins: i64,
    queue_type: QueueType,
    random: &mut ChaCha8Rng,
) -> Map<String, Value> {
    let mut body = Map::new();
    // Makes bodies differ that say the same otherwise: rows show no lists.
    body.insert("nonce".to_owned(), json!([random.random::<u32>()]));
    let mut say = |name: &str, value: String| {
        body.insert(name.to_owned(), Value::String(value));
    };
    say("attempt_id", attempt.to_string());
    // Some attempts name no queue at all.
    if attempt % 7 > 0 {
        say("queue_id", (attempt % 5 + 10 * queue_type as i64).to_string());
    }
    say("timestamp", at.to_string());
    if event != EventKind::Joined && queue_type.has_agents() && random.random_bool(0.9) {
        say("agent_id", [1, 1, 2, 3].choose(random).expect("some").to_string());
    }
    if random.random_bool(0.5) {
        let wrong = [0, 0, 0, 1, 7, begins].choose(random).copied().expect("some");
        say("joined_at", (begins - 500 - wrong).to_string());
    }
    if matches!(event, EventKind::Processing | EventKind::Leaving) && random.random_bool(0.5) {
        let before = [0, 10, 5_000, 90_000, -10].choose(random).copied().expect("some");
        say("bridged_at", (at - before).to_string());
    }
    if random.random_bool(0.2) {
        say("call_cause", "NO_ANSWER".to_owned());
    }
    if random.random_bool(0.3) {
        say("cc_attempt_seq", (attempt % 3).to_string());
        say("amd_result", (*DETECTED.choose(random).expect("some")).to_owned());
    }
    if random.random_bool(0.2) {
        say("amd_ai_result", (*DETECTED_BY_AI.choose(random).expect("some")).to_owned());
    }
    if random.random_bool(0.3) {
        say("call_voice_sec", (*VOICE_SEC.choose(random).expect("some")).to_owned());
    }
    if event == EventKind::Leaving {
        say("cc_result", (*RESULTS.choose(random).expect("some")).to_owned());
    }
    say_more(&mut body, random);
    body
}

/// What a row shows of a call and nothing counts, and users' own fields.
fn say_more(body: &mut Map<String, Value>, random: &mut ChaCha8Rng) {
    for (name, values) in MORE {
        if random.random_bool(0.4) {
            body.insert((*name).to_owned(), (*values.choose(random).expect("some")).into());
        }
    }
    for (name, value) in [("vip", json!(true)), ("score", json!(12.5)), ("tags", json!(["a", "b"]))] {
        if random.random_bool(0.2) {
            body.insert(name.to_owned(), value);
        }
    }
    for (name, length) in [("half", 5_000), ("other half", 3_500), ("whole", 9_000)] {
        if random.random_bool(0.01) {
            body.insert(name.to_owned(), "ї".repeat(length / 2).into());
        }
    }
}
