//! A file that says what is not typed: flag before variable before file before default.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{ArgMatches, Command};
use toml::{Table, Value};

use super::CliError;

/// The command that a file is for.
const SERVE: &str = "serve";

/// The option that names the file, which the file itself cannot hold.
const CONFIG: &str = "config";

/// The commands, where the matches name a file with its values for defaults.
pub(super) fn with_file(commands: Command, matches: &ArgMatches) -> Result<Option<Command>, CliError> {
    let serve = matches.subcommand_matches(SERVE);
    match serve.and_then(|serve| serve.get_one::<PathBuf>(CONFIG)) {
        None => Ok(None),
        Some(path) => Ok(Some(with_defaults(commands, path)?)),
    }
}

fn with_defaults(commands: Command, path: &Path) -> Result<Command, CliError> {
    let name = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("the configuration file {name}"))?;
    let table: Table = text.parse().map_err(|error: toml::de::Error| {
        CliError::Usage(format!("{name} is not TOML: {}", error.message()))
    })?;
    let serve = commands.find_subcommand(SERVE).expect("the command is there");
    let known = options_of(serve);
    let mut defaults = Vec::with_capacity(table.len());
    for (key, value) in table {
        if !known.contains(&key) {
            let known = known.join(", ");
            return Err(CliError::Usage(format!(
                "{name}: there is no option `{key}`\nhint: there are {known}"
            )));
        }
        let text = text_of(&value).ok_or_else(|| {
            CliError::Usage(format!("{name}: `{key}` must be a text, a number or a boolean"))
        })?;
        defaults.push((key, text));
    }
    Ok(commands.mut_subcommand(SERVE, |serve| {
        defaults
            .into_iter()
            .fold(serve, |serve, (key, text)| serve.mut_arg(key, |argument| argument.default_value(text)))
    }))
}

/// The names of the options that a file may hold: what is said once, at one start, is none of them.
fn options_of(serve: &Command) -> Vec<String> {
    let named = serve.get_arguments().map(|argument| argument.get_id().as_str().to_owned());
    named.filter(|name| ![CONFIG, "help", "ephemeral", "keep_old_models_aside"].contains(&&**name)).collect()
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(flag) => Some(flag.to_string()),
        _ => None,
    }
}
