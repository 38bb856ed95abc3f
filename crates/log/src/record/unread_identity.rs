//! What makes two deliveries the same when their attempt or their event could not be read.

use attempt_ledger_domain::{Address, Payload, Rule, write_content};
use sha2::{Digest as _, Sha256};

use super::Digest;

/// The identity of a delivery that no attempt could judge: of the sender's id, the event and the queue type
/// as its address states them, and of what its body says, or of its bytes where they say nothing.
#[must_use]
pub fn unread_identity(address: &Address, rule: Rule, body: &[u8]) -> Digest {
    let mut hasher = Sha256::new();
    // What a sender writes differently each time it tries, such as a trace or a time, is not among them.
    let sender_id = address.sender_id().map(|id| hex::encode(id.0));
    let event_type = address.envelope_text("type");
    let parts = [sender_id.as_deref(), address.event.as_deref(), event_type.as_deref()];
    let parts = parts.into_iter().chain([address.queue_type.as_deref(), address.media_type.as_deref()]);
    for part in parts.map(Option::unwrap_or_default) {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    // A body above the limit is not parsed, neither now nor later.
    let payload = if rule == Rule::TooLarge { None } else { Payload::read(address, body).ok() };
    match payload {
        Some(payload) => {
            let mut content = Vec::with_capacity(body.len());
            write_content(&payload, &mut content);
            hasher.update([1]);
            hasher.update(content);
        }
        None => {
            hasher.update([0]);
            hasher.update(body);
        }
    }
    Digest(hasher.finalize().into())
}
