//! A path with parameters: the same for a server and for the routes in this process.

use std::borrow::Cow;

/// A path and its parameters.
#[derive(Clone, Debug, Default)]
pub(super) struct Query {
    pub(super) path: String,
    parameters: Vec<(Cow<'static, str>, String)>,
}

impl Query {
    pub(super) fn to(path: impl Into<String>) -> Self {
        Self { path: path.into(), parameters: Vec::new() }
    }

    pub(super) fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// Adds those parameters that are given.
    pub(super) fn with_given<'a>(
        mut self,
        given: impl IntoIterator<Item = (&'static str, &'a Option<String>)>,
    ) -> Self {
        let given = given.into_iter().filter_map(|(name, value)| Some((name.into(), value.clone()?)));
        self.parameters.extend(given);
        self
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.parameters.iter().any(|(given, _)| *given == name)
    }

    /// Whether it has no parameters.
    pub(super) fn is_bare(&self) -> bool {
        self.parameters.is_empty()
    }

    pub(super) fn path_and_query(&self) -> String {
        let pairs =
            self.parameters.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
        let query = pairs.collect::<Vec<_>>().join("&");
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{mark}{query}", self.path)
    }
}

/// A value as a query may hold it.
fn encoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_encoded_so_that_no_text_is_taken_for_another_parameter() {
        let query = Query::to("/v1/attempts").with("destination", "+38050&state=left").with("result", "не");
        assert_eq!(
            query.path_and_query(),
            "/v1/attempts?destination=%2B38050%26state%3Dleft&result=%D0%BD%D0%B5"
        );
    }
}
