//! Where a cluster is: a connection string that is never shown with its credentials.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;

use super::credentials::with_credentials;
use super::driver::{ClientSettings, SCHEMES};
use crate::error::ClusterError;

/// The pause before each connection, unless the connection string gives one.
const DISCOVERY_INTERVAL_MS: &str = "10";

/// A parsed connection string, such as `esdb://user:password@host:2113?tls=false`.
///
/// Shown, it has no credentials: neither its `Display` nor its `Debug` form, nor the errors about it.
#[derive(Clone)]
pub struct ClusterAddress {
    settings: ClientSettings,
    /// Without credentials and without parameters, which may name key files.
    shown: String,
}

impl ClusterAddress {
    /// Whether a text is meant as a connection string rather than as a path. One with a scheme that is not
    /// known is, too: as a path it would be shown, with its password.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        text.contains("://")
    }

    pub(crate) fn settings(&self) -> ClientSettings {
        self.settings.clone()
    }
}

impl FromStr for ClusterAddress {
    type Err = ClusterError;

    fn from_str(text: &str) -> Result<Self, ClusterError> {
        // The error does not repeat the text: a password may stand in it.
        let wrong = |reason: &str| ClusterError::Address { reason: reason.to_owned() };
        let (scheme, rest) = text.split_once("://").ok_or_else(|| wrong("it has no scheme"))?;
        if !SCHEMES.contains(&scheme) {
            return Err(wrong(&format!("its scheme is not one of {}", SCHEMES.join(", "))));
        }
        let (authority, _) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (credentials, hosts) = match authority.rsplit_once('@') {
            Some((credentials, hosts)) => (Some(credentials).filter(|user| !user.is_empty()), hosts),
            None => (None, authority),
        };
        if hosts.is_empty() {
            return Err(wrong(
                "it names no host, or a password in it has characters that must be written as %2F or %3F",
            ));
        }
        let shown = format!("{scheme}://{hosts}");
        let settings = with_defaults(&format!("{shown}{}", &rest[authority.len()..]))
            .parse::<ClientSettings>()
            .map_err(|_| wrong("its hosts or parameters cannot be understood"))?;
        let Some(credentials) = credentials else { return Ok(Self { settings, shown }) };
        let (login, password) = credentials.split_once(':').unwrap_or((credentials, ""));
        let decoded = decoded(login).zip(decoded(password));
        let (login, password) = decoded.ok_or_else(|| wrong("its credentials are not UTF-8"))?;
        let settings = with_credentials(&settings, &login, &password)
            .ok_or_else(|| wrong("this release of the client takes no credentials"))?;
        Ok(Self { settings, shown })
    }
}

/// A name or password as it is meant. The client would send it as it is written.
fn decoded(text: &str) -> Option<Cow<'_, str>> {
    percent_decode_str(text).decode_utf8().ok()
}

/// Two parameters that a node wants otherwise than the client, unless the connection string has them.
///
/// The client sleeps for its discovery interval, 500 ms, before the first connection of each client. Here
/// every failure costs a client, and the pauses between them are ours. And a node that does not lead turns
/// writes away, or passes them on at the cost of a hop.
fn with_defaults(text: &str) -> String {
    let mut text = text.to_owned();
    for (name, value) in [("discoveryInterval", DISCOVERY_INTERVAL_MS), ("nodePreference", "leader")] {
        let (is_first, given) = match text.split_once('?') {
            None => (true, ""),
            Some((_, given)) => (false, given),
        };
        let names = given.split('&').filter_map(|parameter| parameter.split('=').next());
        if !names.into_iter().any(|given| given.eq_ignore_ascii_case(name)) {
            let joint = if is_first { '?' } else { '&' };
            text = format!("{text}{joint}{name}={value}");
        }
    }
    text
}

impl fmt::Display for ClusterAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.shown)
    }
}

impl fmt::Debug for ClusterAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ClusterAddress({})", self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::super::driver::Credentials;
    use super::*;

    #[test]
    fn credentials_are_never_shown() {
        let address: ClusterAddress =
            "esdb://admin:changeit@one:2113,two:2113?tls=false".parse().expect("it parses");
        assert_eq!(address.to_string(), "esdb://one:2113,two:2113");
        assert!(!format!("{address:?}").contains("changeit"));
        for wrong in ["esdb://admin:changeit@?tls=maybe", "http://admin:changeit@one", "admin:changeit@one"] {
            let error = wrong.parse::<ClusterAddress>().expect_err("it is wrong");
            assert!(!error.to_string().contains("changeit"), "{error}");
        }
    }

    #[test]
    fn a_connection_string_keeps_the_parameters_that_it_has() {
        let settings = |text: &str| {
            let settings = text.parse::<ClusterAddress>().expect("it parses").settings();
            (settings.discovery_interval().as_millis().to_string(), settings.node_preference().to_string())
        };
        let default = (DISCOVERY_INTERVAL_MS.to_owned(), "Leader".to_owned());
        for text in ["esdb://one,two", "esdb://one?", "esdb://one?tls=false"] {
            assert_eq!(settings(text), default, "{text}");
        }
        let own = settings("esdb://one?DiscoveryInterval=300&tls=false&nodepreference=follower");
        assert_eq!(own, ("300".to_owned(), "Follower".to_owned()));
    }

    #[test]
    fn a_password_may_have_any_character() {
        let credentials = |text: &str| {
            let address: ClusterAddress = text.parse().expect("it parses");
            format!("{:?}", address.settings().default_authenticated_user())
        };
        for (written, meant) in [
            ("ledger:p%40ss%2C%2F%3A%3F%25@", "p@ss,/:?%"),
            ("ledger:p@ss,:%5E@", "p@ss,:^"),
            ("ledger:caf%C3%A9@", "café"),
            ("led%67er:plain@", "plain"),
        ] {
            let expected = format!("{:?}", Some(Credentials::new("ledger", meant)));
            for hosts in ["one:2113,two:2113", "one", "one,two?tls=false"] {
                assert_eq!(credentials(&format!("esdb://{written}{hosts}")), expected, "{written}{hosts}");
            }
        }
        for without in ["esdb://one", "esdb://@one"] {
            assert_eq!(credentials(without), "None");
        }
    }

    #[test]
    fn a_path_is_no_address() {
        assert!(ClusterAddress::is_meant("esdb+discover://cluster.example"));
        assert!(!ClusterAddress::is_meant("./esdb"));
        for meant in ["postgres://one", "ESDB://admin:changeit@one", "kurrentdb://one"] {
            assert!(ClusterAddress::is_meant(meant));
        }
    }
}
