//! Agents: who was ever named by a hook.

use attempt_ledger_domain::{AgentId, UnixMillis};

use crate::table::table_row;

table_row! {
    /// One agent, under the name that the latest event gives.
    pub struct AgentRow: "agents" {
        agent_id: AgentId, since 1, "the producer's number; the key";
        agent_name: Option<String>, since 1, "as last reported; personal data";
        last_seen_at: UnixMillis, since 1, "the latest event that names the agent; 0 when none does";
    }
}
