//! Agents: who was ever named by a hook.

use attempt_ledger_domain::{AgentId, UnixMillis};

use crate::table::table_row;

table_row! {
    /// One agent, under the name that the latest event gives.
    pub struct AgentRow: "agents" {
        agent_id: AgentId, since 1, "the producer's number; the key";
        agent_name: Option<String>, since 1, "as last reported; personal data";
        last_seen_at: UnixMillis, since 1,
            "the latest event that says the agent's name; where none does, the latest with its number";
    }
}

impl AgentRow {
    /// Of several reports about an agent the greatest counts: one with a name, then the latest. A report
    /// without a name must not hide an earlier one with it.
    #[must_use]
    pub const fn report_order(&self) -> (bool, UnixMillis, &Option<String>) {
        (self.agent_name.is_some(), self.last_seen_at, &self.agent_name)
    }
}
