//! A request's query, taken parameter by parameter: what nobody takes is answered, not ignored.

use std::str::FromStr;

use attempt_ledger_projections::calendar::CalendarError;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};

use super::parameters::{invalid, whole_number};
use crate::http::problem::Problem;

/// What a client asks. Groups of parameters that routes share take theirs in turn; [`Asked::done`] refuses the rest.
pub struct Asked {
    uri: Uri,
    left: Vec<(String, String)>,
}

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Query(left) = Query::try_from_uri(&parts.uri)?;
        Ok(Self { uri: parts.uri.clone(), left })
    }
}

impl Asked {
    /// A parameter's text, if it is given.
    ///
    /// # Errors
    /// A 400 problem when it is given twice.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, Problem> {
        let mut all = self.all(name);
        if all.len() > 1 {
            return Err(invalid(name, "it is given more than once"));
        }
        Ok(all.pop())
    }

    /// Every text of a parameter that may be given several times.
    pub fn all(&mut self, name: &str) -> Vec<String> {
        self.left.extract_if(.., |(given, _)| given == name).map(|(_, text)| text).collect()
    }

    /// A whole number.
    ///
    /// # Errors
    /// A 400 problem that names the parameter.
    pub fn number<T: FromStr>(&mut self, name: &str) -> Result<Option<T>, Problem> {
        self.text(name)?.map(|text| whole_number(name, &text)).transpose()
    }

    /// One of several names.
    ///
    /// # Errors
    /// A 400 problem that lists the names.
    pub fn one_of<T: Copy>(
        &mut self,
        name: &str,
        all: &[T],
        name_of: impl Fn(T) -> &'static str,
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let found = all.iter().copied().find(|one| name_of(*one) == text);
        found.map(Some).ok_or_else(|| {
            let names: Vec<&str> = all.iter().map(|one| name_of(*one)).collect();
            invalid(name, &format!("it must be one of {}", names.join(", ")))
        })
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// A 400 problem that names the parameter.
    pub fn flag(&mut self, name: &str) -> Result<Option<bool>, Problem> {
        self.one_of(name, &[true, false], |flag| if flag { "true" } else { "false" })
    }

    /// Refuses the first parameter that nobody took.
    ///
    /// # Errors
    /// A 400 problem that names it, unless it may be somebody's data.
    pub fn done(&self) -> Result<(), Problem> {
        let Some((name, _)) = self.left.first() else { return Ok(()) };
        let problem = Problem::new(StatusCode::BAD_REQUEST, "query_invalid", "A query parameter is unknown")
            .with_hint("The parameters of every path are listed in /openapi.json.");
        let could_be_ours = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        if name.is_empty() || !name.bytes().all(could_be_ours) {
            return Err(problem);
        }
        Err(problem
            .with_detail(format!("`{name}`: this path knows no such parameter."))
            .with_error(name, "this path knows no such parameter"))
    }

    /// The same request for the next page, as the value of a `Link` header.
    pub fn link_to_next(&self, cursor: &str) -> String {
        let parts = self.uri.query().unwrap_or_default().split('&');
        let mut query: Vec<&str> =
            parts.filter(|part| !part.is_empty() && !part.starts_with("cursor=")).collect();
        let cursor = format!("cursor={cursor}");
        query.push(&cursor);
        // A URL may hold these and the header's syntax may not.
        let query = query.join("&").replace('<', "%3C").replace('>', "%3E").replace('"', "%22");
        format!("<{}?{query}>; rel=\"next\"", self.uri.path())
    }
}

/// What is wrong with a time, a zone, an interval or a range, by the parameter that it came in.
pub fn calendar_fault(name: &str, error: &CalendarError) -> Problem {
    let name = match error {
        CalendarError::ZoneUnknown { .. } => "timezone",
        CalendarError::NotOnQuarterHour { edge, .. } => edge,
        CalendarError::RangeEmpty { .. } | CalendarError::RangeReversed { .. } => "to",
        CalendarError::TooManyBuckets { .. } => "interval",
        _ => name,
    };
    let text = error.to_string();
    match text.split_once("; hint: ") {
        Some((reason, hint)) => invalid(name, reason).with_hint(hint),
        None => invalid(name, &text),
    }
}
