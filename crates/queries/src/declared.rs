//! Variables that the definitions in force declare: of every other one rows show nothing.

use std::collections::{BTreeSet, HashMap};

use attempt_ledger_domain::QueueId;
use attempt_ledger_ledger::Ledger;
use attempt_ledger_projections::{AttemptRow, Variables};

/// The declared names by queue, each asked for once.
pub(crate) struct DeclaredVariables<'l> {
    ledger: &'l Ledger,
    known: HashMap<QueueId, Option<BTreeSet<String>>>,
}

impl<'l> DeclaredVariables<'l> {
    pub(crate) fn of(ledger: &'l Ledger) -> Self {
        Self { ledger, known: HashMap::new() }
    }

    fn names(&mut self, queue_id: QueueId) -> Option<&BTreeSet<String>> {
        let ledger = self.ledger;
        let names = self.known.entry(queue_id);
        names.or_insert_with(|| ledger.queue(queue_id).and_then(|queue| queue.variables)).as_ref()
    }

    /// Leaves a row no other variables than its queue declares.
    pub(crate) fn hide_others(&mut self, row: &mut AttemptRow) {
        let Some(Variables(mut all)) = row.variables.take() else { return };
        let Some(names) = row.queue_id.and_then(|queue_id| self.names(queue_id)) else { return };
        all.retain(|name, _| names.contains(name));
        row.variables = (!all.is_empty()).then_some(Variables(all));
    }

    /// Whether a row has these variables, and its queue declares them.
    pub(crate) fn has(&mut self, row: &AttemptRow, variables: &[(String, String)]) -> bool {
        let Some(queue_id) = row.queue_id else { return variables.is_empty() };
        let found = |name: &str| row.variables.as_ref().and_then(|all| all.0.get(name));
        variables.iter().all(|(name, text)| {
            found(name) == Some(text) && self.names(queue_id).is_some_and(|names| names.contains(name))
        })
    }
}
