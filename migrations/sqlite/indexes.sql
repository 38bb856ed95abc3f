-- Secondary indexes: one for each way in which questions look for rows. They are left out while a shadow is filled, and
-- made before it is swapped in.
CREATE INDEX IF NOT EXISTS attempts_by_time ON attempts (started_at, attempt_id);
CREATE INDEX IF NOT EXISTS attempts_by_queue ON attempts (queue_id, started_at, attempt_id);
CREATE INDEX IF NOT EXISTS attempts_by_member ON attempts (member_id, started_at) WHERE member_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS attempts_by_destination ON attempts (destination, started_at) WHERE destination IS NOT NULL;
-- What changed after a position.
CREATE INDEX IF NOT EXISTS attempts_by_position ON attempts (last_position, first_position);
CREATE INDEX IF NOT EXISTS attempts_open ON attempts (queue_id, started_at) WHERE left_at IS NULL;
-- How long the longest run lasts.
CREATE INDEX IF NOT EXISTS attempts_by_span ON attempts (last_event_at - started_at);
CREATE INDEX IF NOT EXISTS offers_by_agent ON offers (agent_id, started_at);
CREATE INDEX IF NOT EXISTS offers_by_time ON offers (started_at, attempt_id, leg);
CREATE INDEX IF NOT EXISTS refusals_by_position ON refusals (position);
