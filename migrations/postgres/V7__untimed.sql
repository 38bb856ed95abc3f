-- What has the time of a receipt: nothing says how long it took.
ALTER TABLE attempts ADD COLUMN is_start_untimed bigint NOT NULL DEFAULT 0;
ALTER TABLE attempts ADD COLUMN is_last_event_untimed bigint NOT NULL DEFAULT 0;
-- States of which an end has it. Bits: 1 ringing, 2 connecting, 4 talking, 8 wrap_up.
ALTER TABLE offers ADD COLUMN untimed_states bigint NOT NULL DEFAULT 0;

-- What agents were doing, as stretches of time. An empty end means that it goes on.
CREATE OR REPLACE VIEW agent_intervals AS
WITH stretches AS (
    SELECT attempt_id, leg, queue_id, queue_type, agent_id, 'ringing' AS state,
        offered_at AS started_at, ring_ended_at AS ended_at, untimed_states & 1 AS untimed
    FROM offers WHERE offered_at IS NOT NULL
    UNION ALL
    SELECT attempt_id, leg, queue_id, queue_type, agent_id, 'connecting',
        answered_at, coalesce(bridged_at, ended_at), untimed_states & 2
    FROM offers WHERE answered_at IS NOT NULL
    UNION ALL
    SELECT attempt_id, leg, queue_id, queue_type, agent_id, 'talking', bridged_at, talk_ended_at,
        untimed_states & 4
    FROM offers WHERE bridged_at IS NOT NULL
    UNION ALL
    SELECT attempt_id, leg, queue_id, queue_type, agent_id, 'wrap_up', wrap_started_at, ended_at,
        untimed_states & 8
    FROM offers WHERE wrap_started_at IS NOT NULL
)
SELECT s.agent_id, a.agent_name, s.attempt_id, s.leg, s.queue_id, s.queue_type, s.state,
    s.started_at, s.ended_at,
    to_char(timestamp 'epoch' + s.started_at * interval '1 millisecond',
        'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS started_at_utc,
    to_char(timestamp 'epoch' + s.ended_at * interval '1 millisecond',
        'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS ended_at_utc,
    CASE WHEN s.untimed = 0 THEN (s.ended_at - s.started_at) / 1000.0::double precision END AS duration_s
FROM stretches AS s LEFT JOIN agents AS a ON a.agent_id = s.agent_id;

-- Attempts without Leaving.
CREATE OR REPLACE VIEW open_attempts AS
SELECT a.attempt_id, a.queue_id, q.name AS queue_name, a.queue_type, a.channel, a.state, a.offers,
    a.started_at, a.last_event_at,
    to_char(timestamp 'epoch' + a.started_at * interval '1 millisecond',
        'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS started_at_utc,
    to_char(timestamp 'epoch' + a.last_event_at * interval '1 millisecond',
        'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS last_event_at_utc,
    CASE WHEN a.is_start_untimed + a.is_last_event_untimed = 0
        THEN (a.last_event_at - a.started_at) / 1000.0::double precision END AS run_s
FROM attempts AS a LEFT JOIN queues AS q ON q.queue_id = a.queue_id
WHERE a.left_at IS NULL;
