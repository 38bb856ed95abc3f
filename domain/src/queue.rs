//! A queue's definition: what the dialer's administrator knows about it and the hooks do not say.

use std::collections::BTreeSet;

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::field::{is_known_field, is_variable};
use crate::{EventKind, QueueId, QueueType, Revision};

/// How long after its last event an attempt without Leaving is called `never_left`, unless the queue says
/// otherwise.
pub const LEAVING_DEADLINE_MS_DEFAULT: u64 = 24 * 60 * 60 * 1_000;

/// What is defined about a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueDefinition {
    /// The queue's number at the producer.
    pub queue_id: QueueId,
    /// Its type; it decides which events are legal.
    pub queue_type: QueueType,
    /// Its name, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The hooks that the administrator registered; absent means not known, not none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hooks: Option<BTreeSet<EventKind>>,
    /// The wait within which an answer meets the service level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_level_threshold_ms: Option<u64>,
    /// The wait up to which an abandon is short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short_abandon_threshold_ms: Option<u64>,
    /// How long after its last event an attempt counts as `never_left`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaving_deadline_ms: Option<u64>,
    /// The names of the variables that lists show, filter by and export; absent means none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variables: Option<BTreeSet<String>>,
}

impl QueueDefinition {
    /// Whether the queue is known *not* to send this hook, so that its absence is no gap.
    #[must_use]
    pub fn is_known_not_to_send(&self, kind: EventKind) -> bool {
        self.hooks.as_ref().is_some_and(|hooks| !hooks.contains(&kind))
    }

    /// Whether the queue's lifecycle has this event, and it is known not to send it: it may have happened.
    #[must_use]
    pub fn withholds(&self, kind: EventKind) -> bool {
        self.queue_type.has_event(kind) && self.is_known_not_to_send(kind)
    }

    /// Whether it declares a variable.
    #[must_use]
    pub fn declares(&self, variable: &str) -> bool {
        self.variables.as_ref().is_some_and(|names| names.contains(variable))
    }
}

/// A queue was defined, or its definition replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueDefined(pub QueueDefinition);

impl DomainEvent for QueueDefined {
    fn event_type(&self) -> String {
        "QueueDefined".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

/// Why a definition is not recorded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum QueueDefinitionError {
    /// The queue is defined in exactly this way already.
    #[error("the queue is defined so since revision {revision}")]
    Unchanged {
        /// Since when.
        revision: Revision,
    },
    /// A declared variable has a name that none can have.
    #[error("{name:?} is no name of a variable: {reason}")]
    NoVariable {
        /// The name.
        name: String,
        /// Why.
        reason: &'static str,
    },
    /// The hooks name an event that the queue type does not have.
    #[error("a queue of type {queue_type} has no {kind} hook; hint: leave it out of \"hooks\"")]
    HookNotInQueueType {
        /// The type.
        queue_type: QueueType,
        /// The event.
        kind: EventKind,
    },
}

/// Why no definition declares a variable of this name; `None` for one that can be declared.
#[must_use]
pub fn undeclarable(name: &str) -> Option<&'static str> {
    let begins = name.starts_with(|first: char| first.is_alphanumeric() || first == '_');
    match is_variable(name) {
        false if is_known_field(name) => Some("it is a field that the ledger knows, and none of your own"),
        false => Some("it is a name of the envelope, and no field of your own"),
        true if !begins => Some("a declared name begins with a letter, a digit or an underscore"),
        // It would end the name where a name and a text are written with one between.
        true if name.contains('=') => Some("a declared name has no `=`"),
        true => None,
    }
}

/// The aggregate: the definition in force.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    definition: Option<QueueDefinition>,
    revision: Revision,
}

impl Queue {
    /// The definition in force.
    #[must_use]
    pub const fn definition(&self) -> Option<&QueueDefinition> {
        self.definition.as_ref()
    }

    /// How many times the queue was defined.
    #[must_use]
    pub const fn revision(&self) -> Revision {
        self.revision
    }

    /// Judges a definition. Pure: nothing changes.
    ///
    /// # Errors
    /// [`QueueDefinitionError`] when it says nothing new or contradicts itself.
    pub fn judge(&self, definition: QueueDefinition) -> Result<QueueDefined, QueueDefinitionError> {
        if self.definition.as_ref() == Some(&definition) {
            return Err(QueueDefinitionError::Unchanged { revision: self.revision });
        }
        let queue_type = definition.queue_type;
        let mut names = definition.variables.iter().flatten();
        if let Some((name, reason)) = names.find_map(|name| Some((name.clone(), undeclarable(name)?))) {
            return Err(QueueDefinitionError::NoVariable { name, reason });
        }
        let stray = definition.hooks.iter().flatten().find(|kind| !queue_type.has_event(**kind));
        match stray {
            Some(kind) => Err(QueueDefinitionError::HookNotInQueueType { queue_type, kind: *kind }),
            None => Ok(QueueDefined(definition)),
        }
    }
}

impl Aggregate for Queue {
    const TYPE: &'static str = "queue";
    type Command = QueueDefinition;
    type Event = QueueDefined;
    type Error = QueueDefinitionError;
    type Services = ();

    async fn handle(
        &mut self,
        definition: QueueDefinition,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), QueueDefinitionError> {
        let event = self.judge(definition)?;
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: QueueDefined) {
        self.revision = self.revision.next();
        self.definition = Some(event.0);
    }
}
