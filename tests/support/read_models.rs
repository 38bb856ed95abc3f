//! The read models by name, as users write them.

/// Every read model, in the order in which they are listed.
pub const NAMES: [&str; 9] = [
    "attempts",
    "offers",
    "queue_history",
    "agent_history",
    "agents",
    "queues",
    "refusals",
    "links",
    "hooks",
];
