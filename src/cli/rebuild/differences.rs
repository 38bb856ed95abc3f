//! Rows that are not the same in the old and the new read models: all of them in a file, or the first on
//! stderr.

use std::io::{BufWriter, IntoInnerError, Write as _};
use std::path::Path;

use anyhow::Context as _;
use serde_json::{Map, Value};

use crate::cli::CliError;
use crate::cli::atomic_file::AtomicFile;
use crate::cli::visible::visible;

/// Differences that are shown where no file was named.
const SHOWN_MAX: u64 = 20;

pub(super) struct Differences {
    file: Option<BufWriter<AtomicFile>>,
    count: u64,
}

impl Differences {
    pub(super) fn new(path: Option<&Path>) -> Result<Self, CliError> {
        let begin = |path: &Path| Ok::<_, CliError>(BufWriter::new(AtomicFile::begin(path)?));
        Ok(Self { file: path.map(begin).transpose()?, count: 0 })
    }

    /// Takes one, as JSON.
    pub(super) fn take(&mut self, line: &str) -> Result<(), CliError> {
        self.count += 1;
        match &mut self.file {
            Some(file) => Ok(writeln!(file, "{line}").with_context(|| file.get_ref().name())?),
            None => {
                if self.count <= SHOWN_MAX {
                    anstream::eprintln!("{}", visible(&in_words(line)));
                }
                Ok(())
            }
        }
    }

    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// Gives the file its name, or reports how many differences were not shown.
    pub(super) fn finish(self) -> Result<(), CliError> {
        match self.file {
            Some(file) => {
                let name = file.get_ref().name();
                let file = file.into_inner().map_err(IntoInnerError::into_error);
                file.with_context(|| name.clone())?.finish()?;
                anstream::eprintln!("{} differences in {name}", self.count);
            }
            None if self.count > SHOWN_MAX => {
                let rest = self.count - SHOWN_MAX;
                anstream::eprintln!(
                    "… and {rest} differences more\nhint: --differences FILE writes all of them"
                );
            }
            None => {}
        }
        Ok(())
    }
}

/// `attempts [48000001]: wait_ms 7 → 5`.
fn in_words(line: &str) -> String {
    let Ok(difference) = serde_json::from_str::<Value>(line) else { return line.to_owned() };
    let place = format!("{} {}", difference["table"].as_str().unwrap_or_default(), difference["key"]);
    match (difference["before"].as_object(), difference["after"].as_object()) {
        (Some(before), Some(after)) => format!("{place}: {}", columns(before, after)),
        (None, Some(_)) => format!("{place}: was missing"),
        _ => format!("{place}: should not be there"),
    }
}

fn columns(before: &Map<String, Value>, after: &Map<String, Value>) -> String {
    let nothing = Value::Null;
    let changed = after.iter().filter_map(|(name, new)| {
        let old = before.get(name).unwrap_or(&nothing);
        (old != new).then(|| format!("{name} {old} → {new}"))
    });
    changed.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_columns_that_differ_are_shown() {
        let line = r#"{"table":"attempts","key":[7],"before":{"a":1,"b":2},"after":{"a":1,"b":3}}"#;
        assert_eq!(in_words(line), "attempts [7]: b 2 → 3");
        assert_eq!(in_words(r#"{"table":"t","key":[7],"after":{}}"#), "t [7]: was missing");
        assert_eq!(in_words(r#"{"table":"t","key":[7],"before":{}}"#), "t [7]: should not be there");
    }
}
