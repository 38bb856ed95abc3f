//! The address of a server. The password in it is never told to anybody.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use crate::store_error::StoreError;

/// How long the network may be silent before a connection counts as lost.
const SILENCE_MAX: Duration = Duration::from_secs(15);

/// Where a PostgreSQL server and a database on it are: `postgres://user:password@host:5432/database`.
#[derive(Clone)]
pub struct PostgresAddress {
    config: Config,
}

impl PostgresAddress {
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// Whether connections must be secured.
    pub(super) fn wants_tls(&self) -> bool {
        self.config.get_ssl_mode() == SslMode::Require
    }
}

impl FromStr for PostgresAddress {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        // Neither the text nor what the parser says of it is told: a password may be anywhere in it.
        let failed = |what: &str| StoreError::Failed {
            reason: format!(
                "the address of the read store {what}; hint: write \
                 postgres://user:password@host:5432/database, with %40 for an @ in the password"
            ),
        };
        if !(text.starts_with("postgres://") || text.starts_with("postgresql://")) {
            return Err(failed("does not begin with postgres://"));
        }
        let mut config: Config = text.parse().map_err(|_| failed("cannot be read"))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(failed("names no host"));
        }
        // "Prefer" is what the parser says of an address that says nothing. A fallback that anybody on the
        // way can bring about protects nobody, so it is TLS or none.
        if config.get_ssl_mode() != SslMode::Require {
            config.ssl_mode(SslMode::Disable);
        }
        config.application_name("attempt-ledger");
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(SILENCE_MAX);
        }
        config.keepalives_idle(SILENCE_MAX / 3).keepalives_interval(SILENCE_MAX / 3).keepalives_retries(2);
        config.tcp_user_timeout(SILENCE_MAX);
        Ok(Self { config })
    }
}

impl fmt::Display for PostgresAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts = self.config.get_hosts().iter().map(|host| match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(path) => path.display().to_string(),
        });
        let addresses = self.config.get_hostaddrs().iter().map(ToString::to_string);
        let hosts: Vec<String> = hosts.chain(addresses).collect();
        let database = self.config.get_dbname().or(self.config.get_user()).unwrap_or_default();
        write!(formatter, "postgres://{}/{database}", hosts.join(","))
    }
}

impl fmt::Debug for PostgresAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PostgresAddress({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::PostgresAddress;

    #[test]
    fn an_address_tells_host_and_database_and_no_password() {
        let address: PostgresAddress =
            "postgres://writer:s3cret@one.example,two.example:6000/ledger".parse().unwrap();
        assert_eq!(address.to_string(), "postgres://one.example,two.example/ledger");
        assert!(!format!("{address:?}").contains("s3cret"));
    }

    #[test]
    fn what_is_no_address_is_refused_without_telling_it() {
        for wrong in [
            "writer:s3cret@one.example/ledger",
            "postgres://writer:s3cret@one.example:s3cret/ledger",
            "postgres://writer@one.example/ledger?s3cret=s3cret",
            "postgres:///s3cret",
        ] {
            let error = wrong.parse::<PostgresAddress>().unwrap_err().to_string();
            assert!(!error.contains("s3cret") && error.contains("hint: "), "{error}");
        }
    }
}
