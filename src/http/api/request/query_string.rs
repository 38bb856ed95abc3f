//! The one way to read a query string: parameter by parameter. What nothing reads is answered, not ignored.

use std::convert::Infallible;
use std::str::FromStr;

use attempt_ledger_domain::{QueueGroup, QueueGroupUnreadable};
use axum::extract::{FromRequestParts, Query};
use axum::http::Uri;
use axum::http::request::Parts;

use super::parameter::QUEUE_GROUP;
use super::query_fault::QueryFault;

/// A query string. Groups of parameters that routes share read theirs in turn; [`QueryString::end`] refuses
/// the rest.
pub struct QueryString {
    uri: Uri,
    left: Vec<(String, String)>,
}

impl<S: Sync> FromRequestParts<S> for QueryString {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.uri))
    }
}

impl QueryString {
    fn of(uri: &Uri) -> Self {
        let Query(left) = Query::try_from_uri(uri).expect("every query string is a list of names and texts");
        Self { uri: uri.clone(), left }
    }

    /// A parameter's text, if it is given.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, QueryFault> {
        let mut all = self.all(name);
        if all.len() > 1 {
            return Err(QueryFault::Repeated(name.to_owned()));
        }
        Ok(all.pop())
    }

    /// Every text of a parameter that may be given several times.
    pub fn all(&mut self, name: &str) -> Vec<String> {
        self.left.extract_if(.., |(given, _)| given == name).map(|(_, text)| text).collect()
    }

    /// Every parameter whose name begins so: the rest of the name, and its text.
    pub fn with_prefix(&mut self, prefix: &str) -> Result<Vec<(String, String)>, QueryFault> {
        let given = self.left.extract_if(.., |(given, _)| given.starts_with(prefix));
        let mut all: Vec<_> = given.map(|(name, text)| (name[prefix.len()..].to_owned(), text)).collect();
        all.sort();
        match all.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            Some(pair) => Err(QueryFault::Repeated(format!("{prefix}{}", pair[0].0))),
            None => Ok(all),
        }
    }

    /// A whole number.
    pub fn number<T: FromStr>(&mut self, name: &str) -> Result<Option<T>, QueryFault> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| malformed(name, "it must be a whole number"))
    }

    /// A queue's number, or `none` for what stands in no queue.
    pub fn queue(&mut self, name: &str) -> Result<Option<QueueGroup>, QueryFault> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|QueueGroupUnreadable| malformed(name, QUEUE_GROUP))
    }

    /// One of several names.
    pub fn one_of<T: Copy>(
        &mut self,
        name: &str,
        all: &[T],
        name_of: impl Fn(T) -> &'static str,
    ) -> Result<Option<T>, QueryFault> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let found = all.iter().copied().find(|one| name_of(*one) == text);
        found.map(Some).ok_or_else(|| {
            let names: Vec<&str> = all.iter().map(|one| name_of(*one)).collect();
            malformed(name, &format!("it must be one of {}", names.join(", ")))
        })
    }

    /// A name that has other spellings, too.
    pub fn spelt<T>(
        &mut self,
        name: &str,
        read: impl Fn(&str) -> Option<T>,
        what: &str,
    ) -> Result<Option<T>, QueryFault> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        read(&text).map(Some).ok_or_else(|| malformed(name, &format!("it must be {what}")))
    }

    /// `true` or `false`.
    pub fn flag(&mut self, name: &str) -> Result<Option<bool>, QueryFault> {
        self.one_of(name, &[true, false], |flag| if flag { "true" } else { "false" })
    }

    /// Refuses the first parameter that nothing has read.
    pub fn end(&self) -> Result<(), QueryFault> {
        match self.left.first() {
            Some((name, _)) => Err(QueryFault::Unknown(name.clone())),
            None => Ok(()),
        }
    }

    /// Whether the text begins so, for a probe: it is never refused for its query string.
    pub fn begins_with(&self, text: &str) -> bool {
        self.uri.query().is_some_and(|query| query.starts_with(text))
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

fn malformed(name: &str, reason: &str) -> QueryFault {
    QueryFault::Malformed(name.to_owned(), reason.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn query_string(text: &str) -> QueryString {
        QueryString::of(&format!("/v1/attempts?{text}").parse().unwrap())
    }

    #[test]
    fn what_is_read_is_gone_and_what_is_left_is_refused() {
        let mut query = query_string("limit=5&order=oldest&bogus=1");
        assert_eq!(query.number::<usize>("limit").ok(), Some(Some(5)));
        assert!(matches!(query.end(), Err(QueryFault::Unknown(name)) if name == "order"));
        assert_eq!(query.text("order").ok(), Some(Some("oldest".to_owned())));
        assert!(matches!(query.end(), Err(QueryFault::Unknown(name)) if name == "bogus"));
        assert_eq!(query.all("bogus"), ["1"]);
        assert!(query.end().is_ok());
    }

    #[test]
    fn a_parameter_that_is_given_twice_is_refused_however_it_is_read() {
        assert!(matches!(
            query_string("limit=1&limit=1").number::<u64>("limit"),
            Err(QueryFault::Repeated(_))
        ));
        assert!(matches!(query_string("late=true&late").flag("late"), Err(QueryFault::Repeated(_))));
    }

    #[test]
    fn any_bytes_at_all_are_a_query_string() {
        for text in ["", "&", "=", "&&=&", "%", "%FF=%C3", "a=%zz&%00", "+=+", "a;b", "?"] {
            let mut query = query_string(text);
            assert!(query.text("absent").is_ok(), "{text}");
        }
    }
}
