//! Filters by documented fields and by variables as flags: the flags follow from the one table of fields.

use attempt_ledger_projections::DOCUMENTED_FIELDS;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

use super::query::Query;

/// The flag that asks for a variable.
const VARIABLE: &str = "variable";

/// Which documented fields and variables shall have which values.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldArguments {
    fields: Vec<(&'static str, String)>,
    variables: Vec<(String, String)>,
}

impl FieldArguments {
    pub(super) fn add_to(&self, query: Query) -> Query {
        let query = self.fields.iter().fold(query, |query, (name, value)| query.with(*name, value));
        let variables = self.variables.iter();
        variables.fold(query, |query, (name, text)| query.with(format!("{VARIABLE}.{name}"), text))
    }
}

/// The first `=` ends the name: no declared name has one.
fn name_and_text(pair: &str) -> Result<(String, String), &'static str> {
    let (name, text) = pair.split_once('=').ok_or("it must be NAME=TEXT")?;
    if name.is_empty() { Err("it must be NAME=TEXT") } else { Ok((name.to_owned(), text.to_owned())) }
}

impl Args for FieldArguments {
    fn augment_args(command: Command) -> Command {
        let flags = DOCUMENTED_FIELDS.iter().map(|field| {
            Arg::new(field.name)
                .long(field.name.replace('_', "-"))
                .value_name("VALUE")
                .allow_hyphen_values(true)
                .help(field.meaning)
        });
        let variable = Arg::new(VARIABLE)
            .long(VARIABLE)
            .value_name("NAME=TEXT")
            .action(ArgAction::Append)
            .value_parser(name_and_text)
            .help("The exact text of a variable that the queue declares; may be given several times");
        command.args(flags).arg(variable)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for FieldArguments {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let given = DOCUMENTED_FIELDS
            .iter()
            .filter_map(|field| Some((field.name, matches.get_one::<String>(field.name)?.clone())));
        let variables =
            matches.get_many::<(String, String)>(VARIABLE).into_iter().flatten().cloned().collect();
        Ok(Self { fields: given.collect(), variables })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
