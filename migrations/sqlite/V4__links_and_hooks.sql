-- Which attempts name the same id: one row for each id and each attempt that names it, in a delivery that was recorded
-- or refused.
CREATE TABLE links (
    -- sender_id, member_leg or agent_leg.
    kind TEXT NOT NULL,
    -- Of a sender's id, its digest.
    id TEXT NOT NULL,
    attempt_id INTEGER NOT NULL,
    -- The first record about the attempt that names it.
    first_position INTEGER NOT NULL,
    PRIMARY KEY (kind, id, attempt_id)
) WITHOUT ROWID;

-- What arrives for each queue: one row for each queue, queue type and event.
CREATE TABLE hooks (
    queue_id INTEGER NOT NULL,
    queue_type TEXT NOT NULL,
    event TEXT NOT NULL,
    deliveries INTEGER NOT NULL,
    refusals INTEGER NOT NULL,
    last_recorded_at INTEGER NOT NULL,
    PRIMARY KEY (queue_id, queue_type, event)
) WITHOUT ROWID;
