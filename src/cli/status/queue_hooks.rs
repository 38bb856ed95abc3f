//! Queues whose hooks are not those of their definition.

use serde::{Deserialize, Serialize};

use crate::cli::CliError;
use crate::cli::remote_service::{RemoteService, read, refusal};
use crate::cli::visible::visible;
use crate::http::api::HooksAnswer;
use crate::ledger::Ledger;
use crate::queries::QueueHooks;
use crate::read_store::{ReadStore, StoreError};
use attempt_ledger_domain::QueueId;

/// Queues that are named in words; JSON names all.
const QUEUES_IN_WORDS_MAX: usize = 20;

/// A queue for which something else arrives than its definition says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct QueueFault {
    queue_id: i64,
    #[serde(flatten)]
    hooks: HooksAnswer,
}

/// A page of `/v1/queues`.
#[derive(Deserialize)]
struct QueuesPage {
    queues: Vec<ListedHooks>,
    #[serde(default)]
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct ListedHooks {
    /// Absent of what stands in no queue.
    queue_id: Option<i64>,
    #[serde(flatten)]
    hooks: HooksAnswer,
}

/// What a server says of its queues.
pub(super) fn ask(server: &RemoteService) -> Result<Vec<QueueFault>, CliError> {
    let mut faults = Vec::new();
    let mut path = "/v1/queues".to_owned();
    loop {
        let (status, text) = server.get(&path)?;
        if status != 200 {
            return Err(refusal(status, &path, &text));
        }
        let page: QueuesPage = read(&text, &path)?;
        let listed = page.queues.into_iter();
        let listed = listed.filter_map(|it| Some(QueueFault { queue_id: it.queue_id?, hooks: it.hooks }));
        faults.extend(listed.filter(|queue| queue.words().is_some()));
        match page.next_cursor {
            Some(cursor) => path = format!("/v1/queues?cursor={cursor}"),
            None => return Ok(faults),
        }
    }
}

/// What read models say, held against the definitions in the log.
pub(super) fn of(ledger: &Ledger, store: &dyn ReadStore) -> Result<Vec<QueueFault>, StoreError> {
    let reader = store.reader()?;
    let mut faults = Vec::new();
    for definition in ledger.queues() {
        let QueueId(queue_id) = definition.queue_id;
        let arriving = reader.hooks(definition.queue_id..=definition.queue_id)?;
        let hooks = QueueHooks::of(Some(&definition), arriving);
        if !hooks.is_as_declared() {
            faults.push(QueueFault { queue_id, hooks: HooksAnswer::of(hooks) });
        }
    }
    Ok(faults)
}

impl QueueFault {
    /// What is not as it is defined; `None` when nothing is.
    fn words(&self) -> Option<String> {
        let lists = [
            ("never came", &self.hooks.hooks_silent),
            ("not declared", &self.hooks.hooks_undeclared),
            ("not of its type", &self.hooks.queue_types_differing),
        ];
        let said = lists.into_iter().filter(|(_, names)| !names.is_empty());
        let said: Vec<String> =
            said.map(|(what, names)| format!("{what}: {}", visible(&names.join(", ")))).collect();
        (!said.is_empty()).then(|| format!("queue {}: {}", self.queue_id, said.join("; ")))
    }
}

/// A line for each of the first ones.
pub(super) fn in_words(faults: &[QueueFault]) -> String {
    let mut text: String = faults
        .iter()
        .take(QUEUES_IN_WORDS_MAX)
        .filter_map(QueueFault::words)
        .map(|words| format!("hooks        {words}\n"))
        .collect();
    if let Some(more) = faults.len().checked_sub(QUEUES_IN_WORDS_MAX + 1) {
        text.push_str(&format!("hooks        and of {} more queues: --json names them\n", more + 1));
    }
    text
}
