//! What handlers take from the edge as arguments.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::answer_memory::AnswerMemory;
use super::memory::BodyMemory;
use super::request_context::RequestContext;
use super::request_id::RequestId;
use super::stop_signal::StopSignal;

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let context = parts.extensions.get::<Arc<RequestContext>>();
        Ok(context.map_or_else(|| Self::of(&parts.headers), |context| context.request_id.clone()))
    }
}

impl<S: Sync> FromRequestParts<S> for StopSignal {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let context = parts.extensions.get::<Arc<RequestContext>>();
        Ok(context.map_or_else(Self::never, |context| context.stop_signal.clone()))
    }
}

impl<S: Sync> FromRequestParts<S> for BodyMemory {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts.extensions.get::<Arc<RequestContext>>()))
    }
}

impl<S: Sync> FromRequestParts<S> for AnswerMemory {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let context = parts.extensions.get::<Arc<RequestContext>>();
        Ok(Self::of(context.map(|context| Arc::clone(&context.memory_pools))))
    }
}
