//! The document: what the routes say of themselves, and what none of them says alone.

use serde_json::Value;
use utoipa::openapi::OpenApi;

use super::{bodies, examples, operations, own_parameters, schemas, values};

/// The whole document. It is read by programs at `/openapi.json`, and by people at `/docs`.
pub fn document(routes: &OpenApi) -> Value {
    let mut document = serde_json::to_value(routes).expect("the document serializes");
    document["info"]["version"] = env!("CARGO_PKG_VERSION").into();
    values::name_values(&mut document);
    own_parameters::tell(&mut document);
    schemas::join_parts(&mut document);
    operations::complete(&mut document);
    bodies::tell_forms(&mut document);
    examples::show(&mut document);
    document
}
