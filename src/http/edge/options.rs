//! What the edge is told at its start.

use tokio::runtime::Handle;

use super::work_class::Classifier;
use crate::limits::Limits;

/// How the edge behaves.
#[derive(Clone, Debug)]
pub struct EdgeOptions {
    /// The limits it keeps.
    pub limits: Limits,
    /// Finds the class of a request.
    pub classifier: Classifier,
    /// The runtime that serves the connections of batches: reading a large body takes a processor for long.
    pub batch_runtime: Handle,
    /// The runtime that serves the connections of questions and streams, and whose threads answer questions.
    /// Not the one that accepts connections: a question may take its thread for long.
    pub question_runtime: Handle,
}
