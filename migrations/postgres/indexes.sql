-- Secondary indexes: one for each way in which questions look for rows, for each slows a rebuild. They are left out
-- while a shadow is filled, and made before it is swapped in. They are no part of the contract with other programs.
CREATE INDEX IF NOT EXISTS attempts_by_time ON attempts (started_at, attempt_id);
CREATE INDEX IF NOT EXISTS attempts_by_queue ON attempts (queue_id, started_at, attempt_id);
CREATE INDEX IF NOT EXISTS attempts_by_member ON attempts (member_id, started_at, attempt_id)
    WHERE member_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS attempts_by_destination ON attempts (destination, started_at, attempt_id)
    WHERE destination IS NOT NULL;
-- Hooks can name an agent of whom they report no leg.
CREATE INDEX IF NOT EXISTS attempts_by_agent ON attempts (agent_id, attempt_id) WHERE agent_id IS NOT NULL;
-- What changed after a position.
CREATE INDEX IF NOT EXISTS attempts_by_position ON attempts (last_position, first_position);
-- What goes on now. What was never closed is counted by queue, and only what had an event of late is read.
DROP INDEX IF EXISTS attempts_open;
DROP INDEX IF EXISTS attempts_open_by_event;
CREATE INDEX IF NOT EXISTS attempts_open_by_queue ON attempts (queue_id) WHERE left_at IS NULL;
CREATE INDEX IF NOT EXISTS attempts_open_by_last_event
    ON attempts (last_event_at, queue_id, state, started_at, attempt_id, is_start_untimed)
    WHERE left_at IS NULL;
-- A connection that a later event carries can be before the first event: such attempts count before they began. How
-- long before at most is read off the second.
CREATE INDEX IF NOT EXISTS attempts_by_early_bridge ON attempts (started_at, attempt_id)
    WHERE bridged_at < started_at;
CREATE INDEX IF NOT EXISTS attempts_by_lead ON attempts ((started_at - bridged_at)) WHERE bridged_at < started_at;
-- How long the longest run lasts: no attempt that overlaps a time began longer before it.
CREATE INDEX IF NOT EXISTS attempts_by_span ON attempts ((last_event_at - started_at));
CREATE INDEX IF NOT EXISTS offers_by_agent ON offers (agent_id, started_at, attempt_id, leg) WHERE agent_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS offers_by_queue ON offers (queue_id, started_at, attempt_id, leg);
CREATE INDEX IF NOT EXISTS offers_by_time ON offers (started_at, attempt_id, leg);
-- What goes on now, and how long the longest leg that ended lasted.
CREATE INDEX IF NOT EXISTS offers_open ON offers (started_at, attempt_id, leg) WHERE ended_at IS NULL;
CREATE INDEX IF NOT EXISTS offers_by_span ON offers ((ended_at - started_at)) WHERE ended_at IS NOT NULL;
-- A stretch of time of every queue, of every agent, and of one agent in every queue.
CREATE INDEX IF NOT EXISTS queue_history_by_time ON queue_history (attribution, interval_start);
CREATE INDEX IF NOT EXISTS queue_history_values_by_time
    ON queue_history_values (attribution, measure, interval_start);
CREATE INDEX IF NOT EXISTS queue_history_mix_by_time ON queue_history_mix (attribution, interval_start);
CREATE INDEX IF NOT EXISTS agent_history_by_time ON agent_history (attribution, interval_start);
CREATE INDEX IF NOT EXISTS agent_history_by_agent ON agent_history (agent_id, attribution, interval_start);
CREATE INDEX IF NOT EXISTS refusals_by_position ON refusals (position);
-- What an attempt names.
CREATE INDEX IF NOT EXISTS links_by_attempt ON links (attempt_id, kind, id, first_position);
