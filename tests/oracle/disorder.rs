//! Attempts as bad senders report them: with times that are missing, coarse, wrong or in any unit, deliveries
//! that come twice or contradict each other, ids that are used twice, carried instants that cannot stand.
//!
//! Deliveries that differ in content only say the same in all that counts: the order of hashes is nobody's
//! rule.

use std::collections::HashMap;

use attempt_ledger_domain::{EventKind, QueueType, UnixMillis};
use rand::seq::{IndexedRandom as _, IteratorRandom as _, SliceRandom as _};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

use super::runs::{Hook, MORE, body, one_run};
use crate::support::recording::{Arrival, BATCH};

/// How many hooks an attempt has before others contradict it: the oracle tries every choice of them.
const HOOKS_MAX: usize = 8;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// Times that cannot be true.
const IMPLAUSIBLE: [&str; 5] = ["7", "0", "4102444800001", "soon", "-1784678400000"];
const TIMES: [&str; 3] = ["timestamp", "joined_at", "bridged_at"];
/// The fields whose value in a row depends on which of two deliveries comes first.
const ORDERED: [&str; 14] = [
    "amd_ai_result",
    "amd_result",
    "bridged_at",
    "call_cause",
    "call_voice_sec",
    "cc_attempt_seq",
    "cc_result",
    "half",
    "joined_at",
    "other half",
    "score",
    "tags",
    "vip",
    "whole",
];

/// Whether every delivery states its time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Timing {
    /// Each does, so that the order of their arrival decides nothing.
    Whole,
    /// Some do not, or state one that cannot be true.
    Half,
}

/// The hooks of so many attempts, in the order of their arrival.
pub fn disordered_runs(seed: u64, attempts: i64, start: UnixMillis, timing: Timing) -> Vec<Arrival> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut arrivals: Vec<Arrival> = (1..=attempts)
        .flat_map(|attempt| {
            let begins = start.0 + random.random_range(0..100_000_000);
            disordered(attempt, begins, timing, &mut random)
        })
        .map(|hook| hook.arrival())
        .collect();
    if random.random_bool(0.3) {
        arrivals.shuffle(&mut random);
    } else {
        // The clock goes with the hooks, so that what states no time is placed among what does.
        arrivals.sort_by_key(|arrival| arrival.at);
        arrivals.chunks_mut(BATCH).for_each(|together| together.shuffle(&mut random));
    }
    arrivals
}

/// The same deliveries, all of them long after what they report, in another order.
pub fn in_another_order(arrivals: &[Arrival], seed: u64) -> Vec<Arrival> {
    let newest = arrivals.iter().map(|arrival| arrival.at).max().expect("some");
    let at = UnixMillis(newest.0 + DAY_MS);
    let mut arrivals: Vec<Arrival> =
        arrivals.iter().map(|arrival| Arrival { at, ..arrival.clone() }).collect();
    arrivals.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    arrivals
}

fn disordered(attempt: i64, begins: i64, timing: Timing, random: &mut ChaCha8Rng) -> Vec<Hook> {
    let mut hooks = one_run(attempt, begins, random);
    let mut is_so = |ratio| random.random_bool(ratio);
    let [contradicts, is_coarse, carries_wrong, lacks_times, shares_ids, spells] =
        [0.3, 0.3, 0.3, 0.4, 0.3, 0.4].map(&mut is_so);
    if contradicts && hooks.len() <= HOOKS_MAX {
        contradict(attempt, begins, &mut hooks, random);
    }
    if is_coarse {
        hooks.iter_mut().for_each(round_to_seconds);
    }
    if carries_wrong {
        carry_what_cannot_stand(begins, &mut hooks, timing, random);
    }
    if lacks_times && timing == Timing::Half {
        lose_times(&mut hooks, random);
    }
    settle_ties(&mut hooks);
    if shares_ids {
        share_ids(&mut hooks, random);
    }
    if spells {
        hooks.iter_mut().for_each(|hook| spell_times(hook, random));
    }
    if lacks_times && shares_ids && timing == Timing::Half {
        say_twice(&mut hooks, random);
    }
    repeat(&mut hooks, random);
    hooks
}

/// Under one id and without a time, what counts the same in other words.
fn say_twice(hooks: &mut Vec<Hook>, random: &mut ChaCha8Rng) {
    let Some(hook) = hooks.iter_mut().filter(|hook| is_untimed(hook)).choose(random) else { return };
    hook.body.insert("event_id".to_owned(), json!("untimed"));
    let mut again = hook.clone();
    again.delay_ms += *[0, 7, 30_000].choose(random).expect("three");
    again.body.insert("nonce".to_owned(), json!([random.random::<u32>()]));
    hooks.push(again);
}

fn is_untimed(hook: &Hook) -> bool {
    !hook.body.contains_key("timestamp") && !hook.body.contains_key("event_id")
}

/// Other steps at any time, some of them of another queue.
fn contradict(attempt: i64, begins: i64, hooks: &mut Vec<Hook>, random: &mut ChaCha8Rng) {
    let (first, last) = (hooks[0].occurred_at, hooks[hooks.len() - 1].occurred_at);
    for _ in 0..random.random_range(1..4) {
        let event = *EventKind::ALL.choose(random).expect("eight");
        let same_time = hooks.choose(random).expect("some").occurred_at;
        let at = if random.random_bool(0.3) { same_time } else { random.random_range(first..last + 1_000) };
        let mut queue_type = hooks[0].queue_type;
        if random.random_bool(0.1) {
            queue_type = *QueueType::ALL.choose(random).expect("eight");
        }
        let body = body(attempt, event, at, begins, queue_type, random);
        hooks.push(Hook { occurred_at: at, delay_ms: 5, event, queue_type, body });
    }
    hooks.sort_by_key(|hook| hook.occurred_at);
}

fn number(body: &Map<String, Value>, name: &str) -> Option<i64> {
    body.get(name)?.as_str()?.parse().ok()
}

fn round_to_seconds(hook: &mut Hook) {
    for name in TIMES {
        if let Some(at) = number(&hook.body, name) {
            hook.body.insert(name.to_owned(), json!((at / 1_000 * 1_000).to_string()));
        }
    }
}

/// `joined_at` after the beginning, `bridged_at` before an offer or after the end.
fn carry_what_cannot_stand(begins: i64, hooks: &mut [Hook], timing: Timing, random: &mut ChaCha8Rng) {
    let ends = hooks[hooks.len() - 1].occurred_at;
    let (joined_at, bridged_at) =
        (random.random_range(begins - 1_000..ends + 2), random.random_range(begins - 1_000..ends + 5_000));
    for hook in hooks {
        // A time before the joining beside it is not believed.
        let is_believed = number(&hook.body, "timestamp").is_some_and(|at| joined_at <= at);
        if random.random_bool(0.3) && (is_believed || timing == Timing::Half) {
            hook.body.insert("joined_at".to_owned(), json!(joined_at.to_string()));
        }
        if random.random_bool(0.7) {
            hook.body.insert("bridged_at".to_owned(), json!(bridged_at.to_string()));
        }
    }
}

fn lose_times(hooks: &mut [Hook], random: &mut ChaCha8Rng) {
    let lost = *[0.2, 0.5, 1.0].choose(random).expect("three");
    for hook in hooks {
        if random.random_bool(lost) {
            hook.body.remove("timestamp");
            if random.random_bool(0.3) {
                let implausible = *IMPLAUSIBLE.choose(random).expect("five");
                hook.body.insert("timestamp".to_owned(), json!(implausible));
            }
        }
    }
}

/// The step at its place of the lifecycle, the agent, and the instant that it states.
fn place(hook: &Hook) -> (EventKind, Option<String>, Option<i64>) {
    let event = if hook.event == EventKind::Active { EventKind::Answered } else { hook.event };
    let agent = hook.body.get("agent_id").and_then(Value::as_str).map(str::to_owned);
    (event, agent, number(&hook.body, "timestamp"))
}

/// Deliveries of one place differ in nothing that a row shows.
fn settle_ties(hooks: &mut [Hook]) {
    let mut first_of_place: HashMap<_, Hook> = HashMap::new();
    for hook in hooks {
        let first = first_of_place.entry(place(hook)).or_insert_with(|| hook.clone());
        (hook.delay_ms, hook.occurred_at) = (first.delay_ms, first.occurred_at);
        for name in ORDERED.into_iter().chain(MORE.iter().map(|(name, _)| *name)) {
            match first.body.get(name) {
                Some(value) => hook.body.insert(name.to_owned(), value.clone()),
                None => hook.body.remove(name),
            };
        }
    }
}

/// One id for several deliveries that state different times.
fn share_ids(hooks: &mut [Hook], random: &mut ChaCha8Rng) {
    let queue = (hooks[0].queue_type, hooks[0].body.get("queue_id").cloned());
    let mut taken = Vec::new();
    for hook in hooks {
        let joined_at = number(&hook.body, "joined_at").unwrap_or_default();
        let at = number(&hook.body, "timestamp").filter(|at| *at > 1_000_000_000 && joined_at <= *at);
        let is_of_queue = (hook.queue_type, hook.body.get("queue_id").cloned()) == queue;
        if is_of_queue && at.is_some() && !taken.contains(&at) && random.random_bool(0.5) {
            taken.push(at);
            hook.body.insert("event_id".to_owned(), json!("once"));
        }
    }
}

/// The same instants in another unit.
fn spell_times(hook: &mut Hook, random: &mut ChaCha8Rng) {
    for name in TIMES {
        let Some(at) = number(&hook.body, name).filter(|at| *at > 1_000_000_000_000) else { continue };
        let (seconds, rest) = (at / 1_000, at % 1_000);
        let spelled = match random.random_range(0..7) {
            0 => json!(at),
            1 => json!(format!("{seconds}.{rest:03}")),
            2 => json!(format!("{at}000")),
            3 => json!(at * 1_000_000),
            4 if rest == 0 => json!(seconds.to_string()),
            5 => json!(rfc_3339(at)),
            _ => continue,
        };
        hook.body.insert(name.to_owned(), spelled);
    }
}

fn rfc_3339(at: i64) -> String {
    let instant = chrono::DateTime::from_timestamp_millis(at).expect("a time of this century");
    instant.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// Some come again, the same in other words.
fn repeat(hooks: &mut Vec<Hook>, random: &mut ChaCha8Rng) {
    let again: Vec<Hook> = hooks.iter().filter(|_| random.random_bool(0.2)).cloned().collect();
    for mut hook in again {
        if random.random_bool(0.5) {
            for name in ["agent_id", "attempt_id", "cc_attempt_seq", "queue_id"] {
                if let Some(number) = number(&hook.body, name) {
                    hook.body.insert(name.to_owned(), json!(number));
                }
            }
            hook.body.insert("member_stop_cause".to_owned(), json!(""));
            hook.body.insert("chat_transferred".to_owned(), Value::Null);
        }
        hooks.push(hook);
    }
}
