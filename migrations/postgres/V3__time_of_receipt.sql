-- Attempts whose wait is not known because one of its ends has the time of its receipt.
ALTER TABLE queue_history ADD COLUMN answered_untimed bigint NOT NULL DEFAULT 0;
ALTER TABLE queue_history ADD COLUMN abandoned_untimed bigint NOT NULL DEFAULT 0;
ALTER TABLE agent_history ADD COLUMN answered_untimed bigint NOT NULL DEFAULT 0;
ALTER TABLE agent_history ADD COLUMN abandoned_untimed bigint NOT NULL DEFAULT 0;

-- From the offer to the connection: not known where either has the time of its receipt.
ALTER TABLE offers ADD COLUMN answer_ms bigint;

-- One row for each attempt and each step, or time, of it that was not reported.
CREATE OR REPLACE VIEW gaps AS
WITH kinds (bit, gap) AS (
    VALUES (1, 'missed_without_offering'), (2, 'bridged_without_offering'),
        (4, 'joined_inferred'), (8, 'bridged_inferred'), (16, 'time_of_receipt'),
        (32, 'agent_changed')
)
SELECT a.attempt_id, a.queue_id, q.name AS queue_name, a.queue_type, k.gap, a.started_at,
    to_char(timestamp 'epoch' + a.started_at * interval '1 millisecond',
        'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS started_at_utc
FROM attempts AS a JOIN kinds AS k ON (a.gaps & k.bit) <> 0
LEFT JOIN queues AS q ON q.queue_id = a.queue_id;
