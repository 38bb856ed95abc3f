//! The hash that binds cursors and entity tags to a question.

use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64;

/// The hash that binds cursors and entity tags to a question.
pub fn question_hash(question: &impl Serialize) -> u64 {
    // Another release may answer the same question in another shape.
    let release = env!("CARGO_PKG_VERSION");
    xxh3_64(&serde_json::to_vec(&(release, question)).expect("a question serializes"))
}
