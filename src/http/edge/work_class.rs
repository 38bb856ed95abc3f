//! What a request asks for, as far as the edge must know: who waits for whom when there is too much to do.

use axum::http::request::Parts;

/// The class of a request. When the service has too much to do, questions are turned away first, large bodies
/// next, and hooks last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkClass {
    /// It brings deliveries: handled where it is read, never behind a question.
    Delivery,
    /// It asks whether the service lives, is ready, or what its figures are.
    Probe,
    /// Everything else.
    Question,
}

/// Finds the class of a request by its head.
pub type Classifier = fn(&Parts) -> WorkClass;
