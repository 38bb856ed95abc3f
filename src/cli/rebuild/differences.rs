//! Rows that are not the same in the old and the new read models: all of them in a file, or the first on stderr.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::Context as _;
use serde_json::{Map, Value};

use crate::cli::CliError;

/// Differences that are shown where no file was named.
const SHOWN_MAX: u64 = 20;

pub(super) struct Differences {
    file: Option<(BufWriter<File>, String)>,
    count: u64,
}

impl Differences {
    pub(super) fn new(path: Option<&Path>) -> Result<Self, CliError> {
        let open = |path: &Path| {
            let name = path.display().to_string();
            let file = File::create(path).with_context(|| name.clone())?;
            Ok::<_, CliError>((BufWriter::new(file), name))
        };
        Ok(Self { file: path.map(open).transpose()?, count: 0 })
    }

    /// Takes one, as JSON.
    pub(super) fn take(&mut self, line: &str) -> Result<(), CliError> {
        self.count += 1;
        match &mut self.file {
            Some((file, name)) => Ok(writeln!(file, "{line}").with_context(|| name.clone())?),
            None => {
                if self.count <= SHOWN_MAX {
                    anstream::eprintln!("{}", in_words(line));
                }
                Ok(())
            }
        }
    }

    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn finish(&mut self) -> Result<(), CliError> {
        match &mut self.file {
            Some((file, name)) => {
                file.flush().with_context(|| name.clone())?;
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
    fn only_the_columns_that_differ_are_told() {
        let line = r#"{"table":"attempts","key":[7],"before":{"a":1,"b":2},"after":{"a":1,"b":3}}"#;
        assert_eq!(in_words(line), "attempts [7]: b 2 → 3");
        assert_eq!(in_words(r#"{"table":"t","key":[7],"after":{}}"#), "t [7]: was missing");
        assert_eq!(in_words(r#"{"table":"t","key":[7],"before":{}}"#), "t [7]: should not be there");
    }
}
