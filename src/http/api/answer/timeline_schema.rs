//! The schema of a timeline, which the domain serializes.

use attempt_ledger_domain::timeline::{AttemptState, EndedBy};
use attempt_ledger_domain::{EventKind, Observation, QueueType, Rule};
use utoipa::openapi::schema::{ArrayBuilder, Schema, Type};
use utoipa::openapi::{ObjectBuilder, Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::lapse::LapseAnswer;
use super::object_schema::{member, names_member, object_schema, schema_member, uuid_member};

/// The story of an attempt, as the domain serializes it.
pub struct TimelineSchema;

/// One lane of a timeline.
pub struct LaneSchema;

/// A stretch of time in a lane.
pub struct PhaseSchema;

/// A delivery in its place in time.
pub struct EntrySchema;

/// What the dialer reports beside the eight events.
pub struct ObservationSchema;

/// A refused delivery beside the entries.
pub struct TimelineRefusalSchema;

fn list_of<T: ToSchema>() -> RefOr<Schema> {
    ArrayBuilder::new().items(Ref::from_schema_name(T::name())).into()
}

fn lapse() -> RefOr<Schema> {
    Ref::from_schema_name(LapseAnswer::name()).into()
}

impl PartialSchema for TimelineSchema {
    fn schema() -> RefOr<Schema> {
        let members =
            vec![
            member::<i64>("attempt_id", "The attempt."),
            names_member("queue_type", &QueueType::ALL.map(QueueType::name), "The type of its queue.")
                .or_absent(),
            member::<i64>("queue_id", "Its queue.").or_absent(),
            member::<String>("channel", "Its channel: `call`, `chat`, `task`, `im` …").or_absent(),
            names_member("state", &AttemptState::ALL.map(AttemptState::name), "Where it stands."),
            member::<String>("result", "The result stated at Leaving.").or_absent(),
            member::<i64>(
                "joined_at",
                "When the subscriber joined: by event, else as carried by later events.",
            )
            .or_absent(),
            member::<i64>("bridged_at", "When agent and subscriber were first connected.").or_absent(),
            member::<i64>("left_at", "When the subscriber left the queue.").or_absent(),
            member::<u64>(
                "wait_ms",
                "From joining to the first talk, else to leaving; absent when not known or not over.",
            )
            .or_absent(),
            member::<u64>(
                "talk_ms",
                "From the first talk to the Missed that ended it, else to after-call work, else to leaving.",
            )
            .or_absent(),
            member::<u64>("wrap_ms", "From the start of after-call work to leaving.").or_absent(),
            schema_member("wait", lapse(), "How far the wait has come."),
            schema_member("talk", lapse(), "How far the talk has come."),
            schema_member("wrap", lapse(), "How far after-call work has come."),
            names_member("ended_by", &EndedBy::ALL.map(EndedBy::name), "Who ended it, where hooks say so.")
                .or_absent(),
            member::<String>("call_cause", "Why the call was hung up, as last reported.").or_absent(),
            member::<i64>("call_sip_code", "The SIP code as last reported.").or_absent(),
            member::<u32>("missed_by_agent", "Offers missed because the agent did not answer."),
            member::<u32>("missed_by_caller", "Offers missed because the caller was gone."),
            member::<Vec<i64>>("offered_agents", "Who was offered the attempt, in order, each once."),
            member::<Vec<i64>>("answered_agents", "Who was connected, in order, each once."),
            member::<Vec<String>>(
                "flags",
                "What is missing or contradictory: gaps, `conflict`, and what other attempts show.",
            ),
            schema_member(
                "lanes",
                list_of::<LaneSchema>(),
                "Subscriber, queue, then each agent in order of appearance.",
            ),
            schema_member("entries", list_of::<EntrySchema>(), "Every delivery, in time order."),
            schema_member(
                "observations",
                list_of::<ObservationSchema>(),
                "What else was reported, in time order. Nothing above follows from it.",
            ),
            schema_member(
                "refusals",
                list_of::<TimelineRefusalSchema>(),
                "Refused deliveries that have no place among the entries: without an event, or let in by a \
                 replay. At most 100; absent where there are none.",
            )
            .or_absent(),
            member::<bool>("has_more_refusals", "Whether there are more of them; absent where there are not.")
                .or_absent(),
        ];
        object_schema("What happened in an attempt. Times are milliseconds since 1970.", members)
    }
}

impl PartialSchema for LaneSchema {
    fn schema() -> RefOr<Schema> {
        let members = vec![
            names_member("lane", &["subscriber", "queue", "agent"], "Whose it is."),
            member::<i64>("agent_id", "The agent's number; absent when no hook reports it.").or_absent(),
            member::<String>("agent_name", "The agent's name as last reported.").or_absent(),
            schema_member("phases", list_of::<PhaseSchema>(), "In time order."),
        ];
        object_schema("One lane of the picture.", members)
    }
}

impl PartialSchema for PhaseSchema {
    fn schema() -> RefOr<Schema> {
        let certainties = ["observed", "inferred", "open", "contradicted"];
        let members = vec![
            names_member("kind", &["wait", "ring", "talk", "wrap"], "What goes on."),
            member::<i64>("start", "When it begins."),
            member::<i64>("end", "When it ends; absent while it is open.").or_absent(),
            member::<u64>("duration_ms", "Its length; absent while it is open.").or_absent(),
            names_member("certainty", &certainties, "How sure its bounds are."),
            member::<String>("started_by", "What began it."),
            member::<String>("ended_by", "What ended it.").or_absent(),
        ];
        object_schema("A stretch of time in one lane; the end is exclusive.", members)
    }
}

impl PartialSchema for EntrySchema {
    fn schema() -> RefOr<Schema> {
        let rules: Vec<_> = Rule::ALL.iter().map(|rule| rule.code()).collect();
        let members = vec![
            uuid_member("id", "The record's id; for refusals, the refusal's id."),
            member::<u64>("position", "The record's place in the log."),
            names_member("event", &EventKind::ALL.map(EventKind::name), "The event."),
            member::<i64>("occurred_at", "When it happened."),
            member::<i64>("recorded_at", "When the ledger took it."),
            names_member("outcome", &["recorded", "refused"], "What became of it on arrival."),
            member::<u32>("revision", "Its place in the attempt; only when it was recorded.").or_absent(),
            names_member("rule", &rules, "The rule that refused it.").or_absent(),
            member::<bool>("dismissed", "Whether an operator decided that the refused delivery stays out.")
                .or_absent(),
            member::<bool>("counted", "Whether it is part of the run that the timeline follows."),
            names_member("set_aside_by", &rules, "The rule that sets it aside, when it is not counted.")
                .or_absent(),
            uuid_member("corrects", "The refusal in whose place an operator sent it.").or_absent(),
            member::<i64>("agent_id", "The agent that it names.").or_absent(),
            member::<String>("cc_result", "The result that it states.").or_absent(),
            member::<String>("call_cause", "Why the call was hung up, as it states.").or_absent(),
            member::<i64>("call_sip_code", "The SIP code that it states.").or_absent(),
            names_member("missed_by", &["agent", "caller"], "Who missed the offer, where it misses one.")
                .or_absent(),
            member::<Vec<String>>("flags", "What is odd about it."),
        ];
        object_schema("A delivery in its place in time.", members)
    }
}

impl PartialSchema for ObservationSchema {
    fn schema() -> RefOr<Schema> {
        let stated = ObjectBuilder::new().schema_type(Type::Object).into();
        let members = vec![
            uuid_member("id", "The record's id."),
            member::<u64>("position", "The record's place in the log."),
            names_member("observation", &Observation::ALL.map(Observation::name), "What it reports."),
            member::<i64>("occurred_at", "When it happened."),
            member::<i64>("recorded_at", "When the ledger took it."),
            schema_member("fields", stated, "The documented fields that it states, by their types."),
            member::<Vec<String>>("flags", "What is odd about it."),
        ];
        object_schema("What the dialer reports beside the eight events.", members)
    }
}

impl PartialSchema for TimelineRefusalSchema {
    fn schema() -> RefOr<Schema> {
        let rules: Vec<_> = Rule::ALL.iter().map(|rule| rule.code()).collect();
        let members = vec![
            uuid_member("id", "The refusal's id."),
            member::<u64>("position", "Its place in the log."),
            names_member("rule", &rules, "The rule that refused it."),
            names_member("event", &EventKind::ALL.map(EventKind::name), "What it claimed to be.").or_absent(),
            member::<i64>("recorded_at", "When the ledger took it."),
            member::<bool>("replayed", "Whether it was judged again, and let in."),
            member::<bool>("dismissed", "Whether an operator decided that it stays out."),
        ];
        object_schema("A refused delivery beside the entries.", members)
    }
}

impl ToSchema for TimelineSchema {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((LaneSchema::name().into_owned(), LaneSchema::schema()));
        schemas.push((PhaseSchema::name().into_owned(), PhaseSchema::schema()));
        schemas.push((EntrySchema::name().into_owned(), EntrySchema::schema()));
        schemas.push((TimelineRefusalSchema::name().into_owned(), TimelineRefusalSchema::schema()));
        schemas.push((ObservationSchema::name().into_owned(), ObservationSchema::schema()));
    }
}

impl ToSchema for LaneSchema {}

impl ToSchema for PhaseSchema {}

impl ToSchema for EntrySchema {}

impl ToSchema for ObservationSchema {}

impl ToSchema for TimelineRefusalSchema {}
