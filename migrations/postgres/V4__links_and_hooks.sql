-- Which attempts name the same id: one row for each id and each attempt that names it, in a delivery that was recorded
-- or refused.
CREATE TABLE links (
    -- sender_id, member_leg or agent_leg.
    kind text COLLATE "C" NOT NULL,
    -- Of a sender's id, its digest.
    id text COLLATE "C" NOT NULL,
    attempt_id bigint NOT NULL,
    -- The first record about the attempt that names it.
    first_position bigint NOT NULL,
    PRIMARY KEY (kind, id, attempt_id)
);

-- What arrives for each queue: one row for each queue, queue type and event.
CREATE TABLE hooks (
    queue_id bigint NOT NULL,
    queue_type text COLLATE "C" NOT NULL,
    event text COLLATE "C" NOT NULL,
    deliveries bigint NOT NULL,
    refusals bigint NOT NULL,
    last_recorded_at bigint NOT NULL,
    PRIMARY KEY (queue_id, queue_type, event)
);
