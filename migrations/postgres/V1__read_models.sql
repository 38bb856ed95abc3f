-- The read models, in the schema of one generation. Everything here is derived from the log and can be deleted: it is
-- folded anew.
--
-- Times are milliseconds since 1970-01-01T00:00:00Z, durations milliseconds, booleans 0 or 1, names of states as in the
-- API. NULL means not known, never zero. In primary keys, where NULL cannot stand, a queue that is not known is
-- -9223372036854775808, the one number that no producer can mean.
--
-- Every whole number is a bigint, as it is in a SQLite file. Texts compare by their bytes. PostgreSQL cannot keep U+0000:
-- in a text it is kept as U+0001 U+0001, and U+0001 as U+0001 U+0002, which changes neither order nor equality.

-- Where each projection stands. Changed in the same transaction as its rows.
CREATE TABLE projections (
    name text COLLATE "C" PRIMARY KEY,
    -- The fold that filled the tables; another one rebuilds them.
    version bigint NOT NULL,
    position bigint NOT NULL,
    recorded_at bigint NOT NULL,
    -- The event at which it stopped.
    failed_position bigint,
    failed_record_id text COLLATE "C",
    failure text COLLATE "C"
);

-- One row for each attempt.
CREATE TABLE attempts (
    attempt_id bigint PRIMARY KEY,
    queue_id bigint,
    queue_type text COLLATE "C",
    channel text COLLATE "C",
    destination text COLLATE "C",
    member_id bigint,
    attempt_seq bigint,
    state text COLLATE "C" NOT NULL,
    class text COLLATE "C" NOT NULL,
    result text COLLATE "C",
    call_cause text COLLATE "C",
    call_sip_code bigint,
    amd_result text COLLATE "C",
    started_at bigint NOT NULL,
    joined_at bigint,
    first_offered_at bigint,
    first_answered_at bigint,
    bridged_at bigint,
    processing_at bigint,
    left_at bigint,
    last_event_at bigint NOT NULL,
    wait_ms bigint,
    talk_ms bigint,
    wrap_ms bigint,
    handle_ms bigint,
    offers bigint NOT NULL,
    bridges bigint NOT NULL,
    missed_by_agent bigint NOT NULL,
    missed_by_caller bigint NOT NULL,
    -- Bits: 1 missed_without_offering, 2 bridged_without_offering, 4 joined_inferred, 8 bridged_inferred.
    gaps bigint NOT NULL,
    is_late bigint NOT NULL,
    events bigint NOT NULL,
    conflicts bigint NOT NULL,
    first_position bigint NOT NULL,
    last_position bigint NOT NULL,
    last_recorded_at bigint NOT NULL
);

-- One row for each agent's leg of an attempt.
CREATE TABLE offers (
    attempt_id bigint NOT NULL,
    leg bigint NOT NULL,
    queue_id bigint,
    queue_type text COLLATE "C",
    agent_id bigint,
    outcome text COLLATE "C" NOT NULL,
    missed_by text COLLATE "C",
    started_at bigint NOT NULL,
    offered_at bigint,
    answered_at bigint,
    bridged_at bigint,
    ring_ended_at bigint,
    talk_ended_at bigint,
    wrap_started_at bigint,
    ended_at bigint,
    ring_ms bigint,
    talk_ms bigint,
    wrap_ms bigint,
    handle_ms bigint,
    PRIMARY KEY (attempt_id, leg)
);

-- Sums by queue and quarter of an hour. The catalogue says what each column counts.
CREATE TABLE queue_history (
    queue_id bigint NOT NULL,
    -- start, emit or end: which interval a value falls into.
    attribution text COLLATE "C" NOT NULL,
    interval_start bigint NOT NULL,
    offered bigint NOT NULL DEFAULT 0,
    join_unknown bigint NOT NULL DEFAULT 0,
    answered bigint NOT NULL DEFAULT 0,
    abandoned bigint NOT NULL DEFAULT 0,
    flowed_out bigint NOT NULL DEFAULT 0,
    cancelled bigint NOT NULL DEFAULT 0,
    not_reached bigint NOT NULL DEFAULT 0,
    other bigint NOT NULL DEFAULT 0,
    open bigint NOT NULL DEFAULT 0,
    answered_join_unknown bigint NOT NULL DEFAULT 0,
    unanswered_join_unknown bigint NOT NULL DEFAULT 0,
    left_queue bigint NOT NULL DEFAULT 0,
    transferred bigint NOT NULL DEFAULT 0,
    handled bigint NOT NULL DEFAULT 0,
    offers bigint NOT NULL DEFAULT 0,
    offers_bridged bigint NOT NULL DEFAULT 0,
    offers_answered bigint NOT NULL DEFAULT 0,
    offers_withdrawn bigint NOT NULL DEFAULT 0,
    offers_open bigint NOT NULL DEFAULT 0,
    missed_by_agent bigint NOT NULL DEFAULT 0,
    missed_by_caller bigint NOT NULL DEFAULT 0,
    attempts_offered bigint NOT NULL DEFAULT 0,
    attempts_missed bigint NOT NULL DEFAULT 0,
    first_offer_bridged bigint NOT NULL DEFAULT 0,
    second_offers bigint NOT NULL DEFAULT 0,
    second_offer_bridged bigint NOT NULL DEFAULT 0,
    amd_human bigint NOT NULL DEFAULT 0,
    amd_machine bigint NOT NULL DEFAULT 0,
    retries bigint NOT NULL DEFAULT 0,
    retries_answered bigint NOT NULL DEFAULT 0,
    with_gap bigint NOT NULL DEFAULT 0,
    with_conflict bigint NOT NULL DEFAULT 0,
    late bigint NOT NULL DEFAULT 0,
    wait_answered_count bigint NOT NULL DEFAULT 0,
    wait_answered_sum_ms bigint NOT NULL DEFAULT 0,
    wait_abandoned_count bigint NOT NULL DEFAULT 0,
    wait_abandoned_sum_ms bigint NOT NULL DEFAULT 0,
    wait_other_count bigint NOT NULL DEFAULT 0,
    wait_other_sum_ms bigint NOT NULL DEFAULT 0,
    wait_accepted_count bigint NOT NULL DEFAULT 0,
    wait_accepted_sum_ms bigint NOT NULL DEFAULT 0,
    wait_first_offer_count bigint NOT NULL DEFAULT 0,
    wait_first_offer_sum_ms bigint NOT NULL DEFAULT 0,
    ring_count bigint NOT NULL DEFAULT 0,
    ring_sum_ms bigint NOT NULL DEFAULT 0,
    ring_answered_count bigint NOT NULL DEFAULT 0,
    ring_answered_sum_ms bigint NOT NULL DEFAULT 0,
    talk_count bigint NOT NULL DEFAULT 0,
    talk_sum_ms bigint NOT NULL DEFAULT 0,
    wrap_count bigint NOT NULL DEFAULT 0,
    wrap_sum_ms bigint NOT NULL DEFAULT 0,
    handle_count bigint NOT NULL DEFAULT 0,
    handle_sum_ms bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (queue_id, attribution, interval_start)
) WITH (fillfactor = 70);

-- Every value of a measure in an interval, encoded: not part of the contract with other programs.
CREATE TABLE queue_history_values (
    queue_id bigint NOT NULL,
    attribution text COLLATE "C" NOT NULL,
    measure text COLLATE "C" NOT NULL,
    interval_start bigint NOT NULL,
    value_set bytea NOT NULL,
    PRIMARY KEY (queue_id, attribution, measure, interval_start)
);

-- How often attempts that left stated each result, cause and SIP code.
CREATE TABLE queue_history_mix (
    queue_id bigint NOT NULL,
    attribution text COLLATE "C" NOT NULL,
    interval_start bigint NOT NULL,
    -- result, call_cause or call_sip_code.
    dimension text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    attempts bigint NOT NULL,
    PRIMARY KEY (queue_id, attribution, interval_start, dimension, value)
);

-- Sums by agent, queue and quarter of an hour. Columns that only a queue can have stay 0.
CREATE TABLE agent_history (
    agent_id bigint NOT NULL,
    queue_id bigint NOT NULL,
    attribution text COLLATE "C" NOT NULL,
    interval_start bigint NOT NULL,
    offered bigint NOT NULL DEFAULT 0,
    join_unknown bigint NOT NULL DEFAULT 0,
    answered bigint NOT NULL DEFAULT 0,
    abandoned bigint NOT NULL DEFAULT 0,
    flowed_out bigint NOT NULL DEFAULT 0,
    cancelled bigint NOT NULL DEFAULT 0,
    not_reached bigint NOT NULL DEFAULT 0,
    other bigint NOT NULL DEFAULT 0,
    open bigint NOT NULL DEFAULT 0,
    answered_join_unknown bigint NOT NULL DEFAULT 0,
    unanswered_join_unknown bigint NOT NULL DEFAULT 0,
    left_queue bigint NOT NULL DEFAULT 0,
    transferred bigint NOT NULL DEFAULT 0,
    handled bigint NOT NULL DEFAULT 0,
    offers bigint NOT NULL DEFAULT 0,
    offers_bridged bigint NOT NULL DEFAULT 0,
    offers_answered bigint NOT NULL DEFAULT 0,
    offers_withdrawn bigint NOT NULL DEFAULT 0,
    offers_open bigint NOT NULL DEFAULT 0,
    missed_by_agent bigint NOT NULL DEFAULT 0,
    missed_by_caller bigint NOT NULL DEFAULT 0,
    attempts_offered bigint NOT NULL DEFAULT 0,
    attempts_missed bigint NOT NULL DEFAULT 0,
    first_offer_bridged bigint NOT NULL DEFAULT 0,
    second_offers bigint NOT NULL DEFAULT 0,
    second_offer_bridged bigint NOT NULL DEFAULT 0,
    amd_human bigint NOT NULL DEFAULT 0,
    amd_machine bigint NOT NULL DEFAULT 0,
    retries bigint NOT NULL DEFAULT 0,
    retries_answered bigint NOT NULL DEFAULT 0,
    with_gap bigint NOT NULL DEFAULT 0,
    with_conflict bigint NOT NULL DEFAULT 0,
    late bigint NOT NULL DEFAULT 0,
    wait_answered_count bigint NOT NULL DEFAULT 0,
    wait_answered_sum_ms bigint NOT NULL DEFAULT 0,
    wait_abandoned_count bigint NOT NULL DEFAULT 0,
    wait_abandoned_sum_ms bigint NOT NULL DEFAULT 0,
    wait_other_count bigint NOT NULL DEFAULT 0,
    wait_other_sum_ms bigint NOT NULL DEFAULT 0,
    wait_accepted_count bigint NOT NULL DEFAULT 0,
    wait_accepted_sum_ms bigint NOT NULL DEFAULT 0,
    wait_first_offer_count bigint NOT NULL DEFAULT 0,
    wait_first_offer_sum_ms bigint NOT NULL DEFAULT 0,
    ring_count bigint NOT NULL DEFAULT 0,
    ring_sum_ms bigint NOT NULL DEFAULT 0,
    ring_answered_count bigint NOT NULL DEFAULT 0,
    ring_answered_sum_ms bigint NOT NULL DEFAULT 0,
    talk_count bigint NOT NULL DEFAULT 0,
    talk_sum_ms bigint NOT NULL DEFAULT 0,
    wrap_count bigint NOT NULL DEFAULT 0,
    wrap_sum_ms bigint NOT NULL DEFAULT 0,
    handle_count bigint NOT NULL DEFAULT 0,
    handle_sum_ms bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (agent_id, queue_id, attribution, interval_start)
) WITH (fillfactor = 70);

-- Every agent that a hook named.
CREATE TABLE agents (
    agent_id bigint PRIMARY KEY,
    agent_name text COLLATE "C",
    last_seen_at bigint NOT NULL
);

-- The definition in force for each queue.
CREATE TABLE queues (
    queue_id bigint PRIMARY KEY,
    queue_type text COLLATE "C" NOT NULL,
    name text COLLATE "C",
    -- The hooks in use as a JSON array; NULL when nobody said.
    hooks text COLLATE "C",
    service_level_threshold_ms bigint,
    short_abandon_threshold_ms bigint,
    leaving_deadline_ms bigint,
    revision bigint NOT NULL,
    position bigint NOT NULL
);

-- Deliveries that a rule did not let in.
CREATE TABLE refusals (
    refusal_id text COLLATE "C" PRIMARY KEY,
    position bigint NOT NULL,
    recorded_at bigint NOT NULL,
    rule text COLLATE "C" NOT NULL,
    attempt_id bigint,
    event text COLLATE "C",
    queue_id bigint,
    -- open, replayed or dismissed.
    state text COLLATE "C" NOT NULL,
    settled_at bigint
);

-- Views for people: names beside numbers, times as text in UTC, durations in seconds.

-- What agents were doing, as stretches of time. An empty end means that it goes on.
CREATE VIEW agent_intervals AS
WITH stretches AS (
    SELECT attempt_id, leg, queue_id, queue_type, agent_id, 'ringing' AS state,
        offered_at AS started_at, ring_ended_at AS ended_at
    FROM offers WHERE offered_at IS NOT NULL
    UNION ALL
    SELECT attempt_id, leg, queue_id, queue_type, agent_id, 'connecting',
        answered_at, coalesce(bridged_at, ended_at)
    FROM offers WHERE answered_at IS NOT NULL
    UNION ALL
    SELECT attempt_id, leg, queue_id, queue_type, agent_id, 'talking', bridged_at, talk_ended_at
    FROM offers WHERE bridged_at IS NOT NULL
    UNION ALL
    SELECT attempt_id, leg, queue_id, queue_type, agent_id, 'wrap_up', wrap_started_at, ended_at
    FROM offers WHERE wrap_started_at IS NOT NULL
)
SELECT s.agent_id, a.agent_name, s.attempt_id, s.leg, s.queue_id, s.queue_type, s.state,
    s.started_at, s.ended_at,
    to_char(timestamp 'epoch' + s.started_at * interval '1 millisecond',
        'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS started_at_utc,
    to_char(timestamp 'epoch' + s.ended_at * interval '1 millisecond',
        'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS ended_at_utc,
    (s.ended_at - s.started_at) / 1000.0::double precision AS duration_s
FROM stretches AS s LEFT JOIN agents AS a ON a.agent_id = s.agent_id;

-- Attempts without Leaving.
CREATE VIEW open_attempts AS
SELECT a.attempt_id, a.queue_id, q.name AS queue_name, a.queue_type, a.channel, a.state, a.offers,
    a.started_at, a.last_event_at,
    to_char(timestamp 'epoch' + a.started_at * interval '1 millisecond',
        'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS started_at_utc,
    to_char(timestamp 'epoch' + a.last_event_at * interval '1 millisecond',
        'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS last_event_at_utc,
    (a.last_event_at - a.started_at) / 1000.0::double precision AS run_s
FROM attempts AS a LEFT JOIN queues AS q ON q.queue_id = a.queue_id
WHERE a.left_at IS NULL;

-- One row for each attempt and each step of it that was not reported.
CREATE VIEW gaps AS
WITH kinds (bit, gap) AS (
    VALUES (1, 'missed_without_offering'), (2, 'bridged_without_offering'),
        (4, 'joined_inferred'), (8, 'bridged_inferred')
)
SELECT a.attempt_id, a.queue_id, q.name AS queue_name, a.queue_type, k.gap, a.started_at,
    to_char(timestamp 'epoch' + a.started_at * interval '1 millisecond',
        'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS started_at_utc
FROM attempts AS a JOIN kinds AS k ON (a.gaps & k.bit) <> 0
LEFT JOIN queues AS q ON q.queue_id = a.queue_id;

-- Attempts whose deliveries contradict each other.
CREATE VIEW conflicts AS
SELECT a.attempt_id, a.queue_id, q.name AS queue_name, a.queue_type, a.state, a.class, a.events, a.conflicts,
    a.started_at,
    to_char(timestamp 'epoch' + a.started_at * interval '1 millisecond',
        'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS started_at_utc
FROM attempts AS a LEFT JOIN queues AS q ON q.queue_id = a.queue_id
WHERE a.conflicts > 0;
