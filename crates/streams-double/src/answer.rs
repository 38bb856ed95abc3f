//! The messages that a read or a subscription sends.

use std::collections::HashMap;
use std::time::SystemTime;

use prost_types::Timestamp;
use uuid::Uuid;

use crate::record::Recorded;
use crate::wire::shared::Uuid as WireUuid;
use crate::wire::streams::ReadResp;
use crate::wire::streams::read_resp::read_event::{self, RecordedEvent};
use crate::wire::streams::read_resp::{
    CaughtUp, Checkpoint, Content, Position, ReadEvent, StreamNotFound, SubscriptionConfirmation,
};
use crate::wire::{identifier, structured, textual};

/// How far a subscriber has come when he has caught up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reached {
    Nothing,
    Revision(u64),
    Position(u64),
}

fn content(content: Content) -> ReadResp {
    ReadResp { content: Some(content) }
}

fn now() -> Option<Timestamp> {
    Some(SystemTime::now().into())
}

/// Ids as text or as two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IdsAsText(pub bool);

impl IdsAsText {
    fn id(self, id: Uuid) -> WireUuid {
        if self.0 { textual(id) } else { structured(id) }
    }

    /// An event with its place among all, which servers since 22.6 tell in reads of one stream too.
    pub fn event(self, event: &Recorded) -> ReadResp {
        let content_type =
            if event.proposal.is_json { "application/json" } else { "application/octet-stream" };
        let metadata = [
            ("type", event.proposal.event_type.clone()),
            ("content-type", content_type.to_owned()),
            ("created", event.created_ticks.to_string()),
        ];
        let recorded = RecordedEvent {
            id: Some(self.id(event.proposal.id)),
            stream_identifier: Some(identifier(&event.stream)),
            stream_revision: event.revision,
            prepare_position: event.position,
            commit_position: event.position,
            metadata: HashMap::from(metadata.map(|(key, value)| (key.to_owned(), value))),
            custom_metadata: event.proposal.metadata.clone(),
            data: event.proposal.data.clone(),
        };
        content(Content::Event(ReadEvent {
            event: Some(recorded),
            link: None,
            position: Some(read_event::Position::CommitPosition(event.position)),
        }))
    }
}

pub(crate) fn stream_not_found(stream: &str) -> ReadResp {
    content(Content::StreamNotFound(StreamNotFound { stream_identifier: Some(identifier(stream)) }))
}

pub(crate) fn first_stream_position(revision: u64) -> ReadResp {
    content(Content::FirstStreamPosition(revision))
}

pub(crate) fn last_stream_position(revision: u64) -> ReadResp {
    content(Content::LastStreamPosition(revision))
}

pub(crate) fn confirmation() -> ReadResp {
    let subscription_id = Uuid::new_v4().to_string();
    content(Content::Confirmation(SubscriptionConfirmation { subscription_id }))
}

pub(crate) fn checkpoint(position: u64) -> ReadResp {
    let checkpoint = Checkpoint { commit_position: position, prepare_position: position, timestamp: now() };
    content(Content::Checkpoint(checkpoint))
}

pub(crate) fn caught_up(reached: Reached) -> ReadResp {
    let mut caught_up = CaughtUp { timestamp: now(), stream_revision: None, position: None };
    match reached {
        Reached::Nothing => {}
        Reached::Revision(revision) => caught_up.stream_revision = Some(revision.cast_signed()),
        Reached::Position(position) => {
            caught_up.position = Some(Position { commit_position: position, prepare_position: position });
        }
    }
    content(Content::CaughtUp(caught_up))
}
