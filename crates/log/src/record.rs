//! One record of the log: a packed leaf, an erasable opening, and the frame around both.
//!
//! The leaf is what proofs commit to, byte for byte; it holds no personal data and no global position.
//! The opening holds the salt and the payload exactly as sent. The frame makes damage visible.

mod delivery_identity;
mod digest;
mod frame;
mod leaf;
mod opening;
mod unread_identity;

pub(crate) use delivery_identity::delivery_identity_of;
pub use delivery_identity::{event_identity, observation_identity, refusal_identity};
pub use digest::Digest;
pub use frame::{FrameError, decode as decode_frame, encode as encode_frame};
pub use leaf::{FORMAT_VERSION, Leaf, LeafError, RecordKind, Verdict, leaf_hash};
pub use opening::{Opening, OpeningError, RecordPayload, SALT_BYTES, commitment};
pub use unread_identity::unread_identity;
