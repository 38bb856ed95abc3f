//! Agents: who was ever named by a hook.

use attempt_ledger_domain::{AgentId, UnixMillis};
use serde::{Deserialize, Serialize};

/// One agent, under the name that the latest event tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentRow {
    /// The agent.
    pub agent_id: AgentId,
    /// The name as last reported. Among equally late reports, the greatest.
    pub agent_name: Option<String>,
    /// The latest event that tells the agent's name; 0 when none does.
    pub last_seen_at: UnixMillis,
}
