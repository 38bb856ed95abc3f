//! What several routes may answer besides what they are asked for, said once for the document.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

/// A response for the document: the status, what it means, and the schema of its body.
type StatusResponse = (&'static str, &'static str, Option<&'static str>);

const NOT_MODIFIED: StatusResponse = ("304", "Not changed since the entity tag in If-None-Match", None);
const INVALID: StatusResponse = ("400", "", Some("Problem"));
const TOO_FAR_BACK: StatusResponse = ("422", "Too much has changed since `as_of`", Some("Problem"));
const NOT_YET: StatusResponse = ("503", "The read models do not contain `min_position` yet", Some("Problem"));

fn responses(all: &[StatusResponse]) -> BTreeMap<String, RefOr<Response>> {
    let response = |(status, description, schema): &StatusResponse| {
        let mut response = ResponseBuilder::new().description(*description);
        if let Some(schema) = schema {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(*schema))).build();
            response = response.content("application/json", content);
        }
        ((*status).to_owned(), RefOr::T(response.build()))
    };
    all.iter().map(response).collect()
}

/// Of routes that answer from the read models, about now.
pub struct PresentResponses;

impl IntoResponses for PresentResponses {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        responses(&[INVALID, NOT_YET])
    }
}

/// Of routes that answer from the read models, about now with an entity tag.
pub struct TaggedPresentResponses;

impl IntoResponses for TaggedPresentResponses {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        responses(&[NOT_MODIFIED, INVALID, NOT_YET])
    }
}

/// Of routes that answer from the read models, about now or a position of the past.
pub struct PastResponses;

impl IntoResponses for PastResponses {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        responses(&[INVALID, TOO_FAR_BACK, NOT_YET])
    }
}

/// Of routes that answer from the read models, about now or a position of the past, with an entity tag.
pub struct TaggedPastResponses;

impl IntoResponses for TaggedPastResponses {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        responses(&[NOT_MODIFIED, INVALID, TOO_FAR_BACK, NOT_YET])
    }
}

/// Of routes that record deliveries.
pub struct DeliveryResponses;

impl IntoResponses for DeliveryResponses {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        responses(&[
            ("413", "Too large", Some("Problem")),
            ("415", "Of a media type or packed in a way that is not supported; not kept", Some("Problem")),
            ("422", "Refused by a rule, and kept", Some("Problem")),
            ("503", "Not recorded: send it again after Retry-After", Some("Problem")),
        ])
    }
}
