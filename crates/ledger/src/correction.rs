//! What an operator puts in the place of what was sent.

use attempt_ledger_domain::{Address, FORM_MEDIA_TYPE};
use bytes::Bytes;

use crate::submission::Submission;

/// A correction of a refused delivery; what is left out stays as it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Correction {
    /// The body.
    pub body: Option<Bytes>,
    /// The event, in place of the one in the URL or the envelope's type.
    pub event: Option<String>,
    /// The queue type, in place of the one in the URL or the envelope.
    pub queue_type: Option<String>,
}

impl Correction {
    /// Whether everything stays as it was sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The delivery as it should have been sent. Its envelope and the sender's id stay.
    pub(crate) fn apply(&self, sent: &Submission) -> Submission {
        let body = self.body.as_ref().unwrap_or(&sent.body);
        let mut address = Address {
            event: self.event.clone().or_else(|| sent.address.event.clone()),
            queue_type: self.queue_type.clone().or_else(|| sent.address.queue_type.clone()),
            ..sent.address.clone()
        };
        if self.body.is_some() {
            // Another body is packed no more, and a form only where it is not JSON.
            let is_object = body.trim_ascii_start().starts_with(b"{");
            address.media_type.take_if(|media_type| is_object || media_type != FORM_MEDIA_TYPE);
        }
        Submission { address, body: body.clone(), source: sent.source.clone() }
    }
}
