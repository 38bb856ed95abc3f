//! What is odd about one delivery by itself.

use crate::field::FieldType;
use crate::time_source::{TimeSource, plausible};
use crate::{Address, HookName, Payload, QueueDefinition, QueueType, StatedTime, UnixMillis, Value};

/// A delivery that comes this long after what it reports is `late`.
pub const LATE_AFTER_MS: u64 = 24 * 60 * 60 * 1_000;

/// Names of the envelope that a user's variable may carry too. They never override the envelope.
const ENVELOPE: [&str; 8] =
    ["flags", "id", "kind", "occurred_at", "position", "recorded_at", "revision", "source"];

/// Instants of earlier events. One that cannot be true is a user's variable of the name.
const CARRIED: [&str; 2] = ["bridged_at", "joined_at"];

/// The flags of one delivery: `clock_implausible`, `late`, `converted:{field}`, `unparsable:{field}`,
/// `shadowed:{field}`, `joined_at_ignored`, `unreadable_character`.
#[must_use]
pub fn payload_flags(
    address: &Address,
    payload: &Payload<'_>,
    hook: HookName,
    occurred_at: UnixMillis,
    recorded_at: UnixMillis,
    time_source: TimeSource,
) -> Vec<String> {
    let mut flags = Vec::new();
    let is_set_aside = address.time().is_some_and(|time| time.at != occurred_at);
    if time_source == TimeSource::ReceiptForImplausible || is_set_aside {
        flags.push("clock_implausible".to_owned());
    }
    if recorded_at.since(occurred_at) >= LATE_AFTER_MS {
        flags.push("late".to_owned());
    }
    field_flags(address, payload, &mut flags);
    for name in CARRIED {
        let carried = payload.get(name).and_then(StatedTime::of);
        if carried.is_some_and(|time| !plausible(time.at, recorded_at)) {
            flags.push(format!("shadowed:{name}"));
        }
    }
    if time_source.is_stated() && is_before_joining(address, payload, occurred_at, recorded_at) {
        flags.push("joined_at_ignored".to_owned());
    }
    // The rule that refuses an event for it judges no observation.
    if hook.event().is_none()
        && address.queue_type.as_deref().is_some_and(|it| QueueType::parse(it).is_none())
    {
        flags.push("unparsable:queue_type".to_owned());
    }
    shadowed(address, payload, hook, &mut flags);
    if payload.has_unreadable_character() || address.has_unreadable_character() {
        flags.push("unreadable_character".to_owned());
    }
    flags
}

/// Whether an event that says when it happened carries a later `joined_at`: nothing happens before joining.
fn is_before_joining(
    address: &Address,
    payload: &Payload<'_>,
    occurred_at: UnixMillis,
    recorded_at: UnixMillis,
) -> bool {
    let read = |name| payload.get(name).and_then(StatedTime::of);
    let joined_at = read("joined_at").filter(|time| plausible(time.at, recorded_at));
    let is_own = |time: &StatedTime| time.at == occurred_at;
    let own = address.time().filter(is_own).or_else(|| read("timestamp").filter(is_own));
    joined_at.zip(own).is_some_and(|(joined, own)| !joined.coarse().can_precede(own.coarse()))
}

/// The flags of one delivery that its queue's definition gives: `queue_type_differs` where it states another
/// queue type, `hook_not_declared` where its event is not among the hooks of the queue. A
/// definition declares events alone: no observation is undeclared.
pub fn definition_flags(
    definition: Option<&QueueDefinition>,
    queue_type: Option<QueueType>,
    hook: HookName,
) -> impl Iterator<Item = String> {
    let differs = definition.is_some_and(|it| queue_type.is_some_and(|stated| stated != it.queue_type));
    let is_undeclared = hook
        .event()
        .is_some_and(|event| definition.is_some_and(|definition| definition.is_known_not_to_send(event)));
    let flags = [(differs, "queue_type_differs"), (is_undeclared, "hook_not_declared")];
    flags.into_iter().filter(|(is_so, _)| *is_so).map(|(_, flag)| flag.to_owned())
}

/// What was not readable as its documented type, and what was stated in another unit, by the field's name.
/// Of a CloudEvent's attributes, only the time is read.
fn field_flags(address: &Address, payload: &Payload<'_>, flags: &mut Vec<String>) {
    let begin = flags.len();
    match address.time() {
        None if address.states_time() => flags.push("unparsable:time".to_owned()),
        Some(time) if time.is_converted => flags.push("converted:time".to_owned()),
        _ => {}
    }
    for (name, value) in payload.iter().filter(|(_, value)| !value.is_absent()) {
        let Some(field_type) = FieldType::of(name) else { continue };
        if !field_type.reads(value) {
            flags.push(format!("unparsable:{name}"));
        } else if field_type == FieldType::Time && StatedTime::of(value).is_some_and(|time| time.is_converted)
        {
            flags.push(format!("converted:{name}"));
        }
    }
    flags[begin..].sort_unstable();
}

/// Variables that carry a reserved name and say something else than the envelope.
fn shadowed(address: &Address, payload: &Payload<'_>, hook: HookName, flags: &mut Vec<String>) {
    let text = |name| payload.get(name).and_then(Value::as_text);
    if text("event").is_some_and(|said| HookName::parse(&said) != Some(hook)) {
        flags.push("shadowed:event".to_owned());
    }
    let addressed = address.queue_type.as_deref().and_then(QueueType::parse);
    if let Some(said) = text("queue_type") {
        let body = QueueType::parse(&said);
        if body.is_none() || addressed.is_some_and(|addressed| body != Some(addressed)) {
            flags.push("shadowed:queue_type".to_owned());
        }
    }
    for name in ENVELOPE {
        if payload.get(name).is_some() {
            flags.push(format!("shadowed:{name}"));
        }
    }
}
