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
    variables: Vec<String>,
}

impl FieldArguments {
    pub(super) fn add_to(&self, query: Query) -> Query {
        let query = self.fields.iter().fold(query, |query, (name, value)| query.with(*name, value));
        self.variables.iter().fold(query, |query, variable| {
            let (name, text) = variable.split_once('=').unwrap_or((variable, ""));
            query.with(format!("{VARIABLE}.{name}"), text)
        })
    }
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
        let variables = matches.get_many::<String>(VARIABLE).into_iter().flatten().cloned().collect();
        Ok(Self { fields: given.collect(), variables })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
