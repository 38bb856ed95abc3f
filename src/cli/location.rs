//! Which ledger a command works on: what is typed goes before the environment.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::CliError;

/// Where a ledger lies by default.
pub const DATA_DEFAULT: &str = "attempt-ledger-data";

const DATA_VARIABLE: &str = "ATTEMPT_LEDGER_DATA";
const URL_VARIABLE: &str = "ATTEMPT_LEDGER_URL";

/// Which ledger a command works on.
///
/// The variables are read here and not by the parser, for which a variable beside the other flag would be two
/// flags.
#[derive(Args, Clone, Debug)]
#[group(multiple = false)]
pub struct Target {
    /// The ledger's directory [default: ./attempt-ledger-data] [env: ATTEMPT_LEDGER_DATA]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A running server, such as http://127.0.0.1:7878 [env: ATTEMPT_LEDGER_URL]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

/// Where a ledger is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LedgerLocation {
    /// In this directory.
    Directory(PathBuf),
    /// Behind a server at this address.
    Server(String),
}

impl LedgerLocation {
    /// The same as it is typed, for hints.
    pub(super) fn as_arguments(&self) -> String {
        match self {
            Self::Directory(directory) => format!("--data {}", directory.display()),
            Self::Server(url) => format!("--url {url}"),
        }
    }
}

impl Target {
    /// The ledger that is meant.
    pub(super) fn location(&self) -> Result<LedgerLocation, CliError> {
        self.location_in(|name| std::env::var_os(name))
    }

    fn location_in(&self, variable: impl Fn(&str) -> Option<OsString>) -> Result<LedgerLocation, CliError> {
        if let Some(directory) = &self.data {
            return Ok(LedgerLocation::Directory(directory.clone()));
        }
        if let Some(url) = &self.url {
            return Ok(LedgerLocation::Server(url.clone()));
        }
        let given = |name: &str| variable(name).filter(|value| !value.is_empty());
        match (given(DATA_VARIABLE), given(URL_VARIABLE)) {
            (Some(_), Some(_)) => Err(CliError::Usage(format!(
                "{DATA_VARIABLE} and {URL_VARIABLE} are both set\nhint: say which is meant with --data DIR \
                 or --url URL"
            ))),
            (Some(directory), None) => Ok(LedgerLocation::Directory(directory.into())),
            (None, Some(url)) => Ok(LedgerLocation::Server(url.to_string_lossy().into_owned())),
            (None, None) => Ok(LedgerLocation::Directory(PathBuf::from(DATA_DEFAULT))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_word_the_ledger_lies_in_the_directory_of_the_default_name() {
        let nothing = Target { data: None, url: None };
        let place = nothing.location_in(|_| None).expect("a place");
        assert_eq!(place, LedgerLocation::Directory(PathBuf::from(DATA_DEFAULT)));
        let empty = nothing.location_in(|_| Some(OsString::new())).expect("a place");
        assert_eq!(empty, place, "an empty variable says nothing");
    }
}
