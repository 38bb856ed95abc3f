//! One record of the log: a packed leaf, an erasable opening, and the frame around both.
//!
//! The leaf is what proofs commit to, byte for byte; it holds no personal data and no global position.
//! The opening holds the salt and the payload exactly as sent. The frame makes damage visible.

mod digest;
mod frame;
mod leaf;
mod opening;
mod unjudged_identity;
mod unread_identity;

pub use digest::Digest;
pub use frame::{FrameError, decode as decode_frame, encode as encode_frame};
pub use leaf::{FORMAT_VERSION, Leaf, LeafError, RecordKind, Verdict, leaf_hash};
pub use opening::{Opening, OpeningError, RecordPayload, SALT_BYTES, commitment};
pub use unjudged_identity::observation_identity;
pub(crate) use unjudged_identity::unjudged_identity_of;
pub use unread_identity::unread_identity;
