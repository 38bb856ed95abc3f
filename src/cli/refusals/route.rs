//! Where refusals are asked for.

pub(super) const REFUSALS: &str = "/v1/refusals";
