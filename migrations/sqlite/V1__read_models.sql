-- The read models. Everything here is derived from the log and can be deleted: it is folded anew.
--
-- Times are milliseconds since 1970-01-01T00:00:00Z, durations milliseconds, booleans 0 or 1, names of states as in the
-- API. NULL means not known, never zero. In primary keys, where NULL cannot stand, a queue that is not known is
-- -9223372036854775808, the one number that no producer can mean.

-- Where each projection stands. Changed in the same transaction as its rows.
CREATE TABLE projections (
    name TEXT PRIMARY KEY,
    -- The fold that filled the tables; another one rebuilds them.
    version INTEGER NOT NULL,
    position INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    -- The event at which it stopped.
    failed_position INTEGER,
    failed_record_id TEXT,
    failure TEXT
) WITHOUT ROWID;

-- One row for each attempt.
CREATE TABLE attempts (
    attempt_id INTEGER PRIMARY KEY,
    queue_id INTEGER,
    queue_type TEXT,
    channel TEXT,
    destination TEXT,
    member_id INTEGER,
    attempt_seq INTEGER,
    state TEXT NOT NULL,
    class TEXT NOT NULL,
    result TEXT,
    call_cause TEXT,
    call_sip_code INTEGER,
    amd_result TEXT,
    started_at INTEGER NOT NULL,
    joined_at INTEGER,
    first_offered_at INTEGER,
    first_answered_at INTEGER,
    bridged_at INTEGER,
    processing_at INTEGER,
    left_at INTEGER,
    last_event_at INTEGER NOT NULL,
    wait_ms INTEGER,
    talk_ms INTEGER,
    wrap_ms INTEGER,
    handle_ms INTEGER,
    offers INTEGER NOT NULL,
    bridges INTEGER NOT NULL,
    missed_by_agent INTEGER NOT NULL,
    missed_by_caller INTEGER NOT NULL,
    -- Bits: 1 missed_without_offering, 2 bridged_without_offering, 4 joined_inferred, 8 bridged_inferred.
    gaps INTEGER NOT NULL,
    is_late INTEGER NOT NULL,
    events INTEGER NOT NULL,
    conflicts INTEGER NOT NULL,
    first_position INTEGER NOT NULL,
    last_position INTEGER NOT NULL,
    last_recorded_at INTEGER NOT NULL
);

-- One row for each agent's leg of an attempt.
CREATE TABLE offers (
    attempt_id INTEGER NOT NULL,
    leg INTEGER NOT NULL,
    queue_id INTEGER,
    queue_type TEXT,
    agent_id INTEGER,
    outcome TEXT NOT NULL,
    missed_by TEXT,
    started_at INTEGER NOT NULL,
    offered_at INTEGER,
    answered_at INTEGER,
    bridged_at INTEGER,
    ring_ended_at INTEGER,
    talk_ended_at INTEGER,
    wrap_started_at INTEGER,
    ended_at INTEGER,
    ring_ms INTEGER,
    talk_ms INTEGER,
    wrap_ms INTEGER,
    handle_ms INTEGER,
    PRIMARY KEY (attempt_id, leg)
) WITHOUT ROWID;

-- Sums by queue and quarter of an hour. The catalogue says what each column counts.
CREATE TABLE queue_history (
    queue_id INTEGER NOT NULL,
    -- start, emit or end: which interval a value falls into.
    attribution TEXT NOT NULL,
    interval_start INTEGER NOT NULL,
    offered INTEGER NOT NULL DEFAULT 0,
    join_unknown INTEGER NOT NULL DEFAULT 0,
    answered INTEGER NOT NULL DEFAULT 0,
    abandoned INTEGER NOT NULL DEFAULT 0,
    flowed_out INTEGER NOT NULL DEFAULT 0,
    cancelled INTEGER NOT NULL DEFAULT 0,
    not_reached INTEGER NOT NULL DEFAULT 0,
    other INTEGER NOT NULL DEFAULT 0,
    open INTEGER NOT NULL DEFAULT 0,
    answered_join_unknown INTEGER NOT NULL DEFAULT 0,
    unanswered_join_unknown INTEGER NOT NULL DEFAULT 0,
    left_queue INTEGER NOT NULL DEFAULT 0,
    transferred INTEGER NOT NULL DEFAULT 0,
    handled INTEGER NOT NULL DEFAULT 0,
    offers INTEGER NOT NULL DEFAULT 0,
    offers_bridged INTEGER NOT NULL DEFAULT 0,
    offers_answered INTEGER NOT NULL DEFAULT 0,
    offers_withdrawn INTEGER NOT NULL DEFAULT 0,
    offers_open INTEGER NOT NULL DEFAULT 0,
    missed_by_agent INTEGER NOT NULL DEFAULT 0,
    missed_by_caller INTEGER NOT NULL DEFAULT 0,
    attempts_offered INTEGER NOT NULL DEFAULT 0,
    attempts_missed INTEGER NOT NULL DEFAULT 0,
    first_offer_bridged INTEGER NOT NULL DEFAULT 0,
    second_offers INTEGER NOT NULL DEFAULT 0,
    second_offer_bridged INTEGER NOT NULL DEFAULT 0,
    amd_human INTEGER NOT NULL DEFAULT 0,
    amd_machine INTEGER NOT NULL DEFAULT 0,
    retries INTEGER NOT NULL DEFAULT 0,
    retries_answered INTEGER NOT NULL DEFAULT 0,
    with_gap INTEGER NOT NULL DEFAULT 0,
    with_conflict INTEGER NOT NULL DEFAULT 0,
    late INTEGER NOT NULL DEFAULT 0,
    wait_answered_count INTEGER NOT NULL DEFAULT 0,
    wait_answered_sum_ms INTEGER NOT NULL DEFAULT 0,
    wait_abandoned_count INTEGER NOT NULL DEFAULT 0,
    wait_abandoned_sum_ms INTEGER NOT NULL DEFAULT 0,
    wait_other_count INTEGER NOT NULL DEFAULT 0,
    wait_other_sum_ms INTEGER NOT NULL DEFAULT 0,
    wait_accepted_count INTEGER NOT NULL DEFAULT 0,
    wait_accepted_sum_ms INTEGER NOT NULL DEFAULT 0,
    wait_first_offer_count INTEGER NOT NULL DEFAULT 0,
    wait_first_offer_sum_ms INTEGER NOT NULL DEFAULT 0,
    ring_count INTEGER NOT NULL DEFAULT 0,
    ring_sum_ms INTEGER NOT NULL DEFAULT 0,
    ring_answered_count INTEGER NOT NULL DEFAULT 0,
    ring_answered_sum_ms INTEGER NOT NULL DEFAULT 0,
    talk_count INTEGER NOT NULL DEFAULT 0,
    talk_sum_ms INTEGER NOT NULL DEFAULT 0,
    wrap_count INTEGER NOT NULL DEFAULT 0,
    wrap_sum_ms INTEGER NOT NULL DEFAULT 0,
    handle_count INTEGER NOT NULL DEFAULT 0,
    handle_sum_ms INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (queue_id, attribution, interval_start)
) WITHOUT ROWID;

-- Every value of a measure in an interval, encoded: not part of the contract with other programs.
CREATE TABLE queue_history_values (
    queue_id INTEGER NOT NULL,
    attribution TEXT NOT NULL,
    measure TEXT NOT NULL,
    interval_start INTEGER NOT NULL,
    value_set BLOB NOT NULL,
    PRIMARY KEY (queue_id, attribution, measure, interval_start)
) WITHOUT ROWID;

-- How often attempts that left stated each result, cause and SIP code.
CREATE TABLE queue_history_mix (
    queue_id INTEGER NOT NULL,
    attribution TEXT NOT NULL,
    interval_start INTEGER NOT NULL,
    -- result, call_cause or call_sip_code.
    dimension TEXT NOT NULL,
    value TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    PRIMARY KEY (queue_id, attribution, interval_start, dimension, value)
) WITHOUT ROWID;

-- Sums by agent, queue and quarter of an hour. Columns that only a queue can have stay 0.
CREATE TABLE agent_history (
    agent_id INTEGER NOT NULL,
    queue_id INTEGER NOT NULL,
    attribution TEXT NOT NULL,
    interval_start INTEGER NOT NULL,
    offered INTEGER NOT NULL DEFAULT 0,
    join_unknown INTEGER NOT NULL DEFAULT 0,
    answered INTEGER NOT NULL DEFAULT 0,
    abandoned INTEGER NOT NULL DEFAULT 0,
    flowed_out INTEGER NOT NULL DEFAULT 0,
    cancelled INTEGER NOT NULL DEFAULT 0,
    not_reached INTEGER NOT NULL DEFAULT 0,
    other INTEGER NOT NULL DEFAULT 0,
    open INTEGER NOT NULL DEFAULT 0,
    answered_join_unknown INTEGER NOT NULL DEFAULT 0,
    unanswered_join_unknown INTEGER NOT NULL DEFAULT 0,
    left_queue INTEGER NOT NULL DEFAULT 0,
    transferred INTEGER NOT NULL DEFAULT 0,
    handled INTEGER NOT NULL DEFAULT 0,
    offers INTEGER NOT NULL DEFAULT 0,
    offers_bridged INTEGER NOT NULL DEFAULT 0,
    offers_answered INTEGER NOT NULL DEFAULT 0,
    offers_withdrawn INTEGER NOT NULL DEFAULT 0,
    offers_open INTEGER NOT NULL DEFAULT 0,
    missed_by_agent INTEGER NOT NULL DEFAULT 0,
    missed_by_caller INTEGER NOT NULL DEFAULT 0,
    attempts_offered INTEGER NOT NULL DEFAULT 0,
    attempts_missed INTEGER NOT NULL DEFAULT 0,
    first_offer_bridged INTEGER NOT NULL DEFAULT 0,
    second_offers INTEGER NOT NULL DEFAULT 0,
    second_offer_bridged INTEGER NOT NULL DEFAULT 0,
    amd_human INTEGER NOT NULL DEFAULT 0,
    amd_machine INTEGER NOT NULL DEFAULT 0,
    retries INTEGER NOT NULL DEFAULT 0,
    retries_answered INTEGER NOT NULL DEFAULT 0,
    with_gap INTEGER NOT NULL DEFAULT 0,
    with_conflict INTEGER NOT NULL DEFAULT 0,
    late INTEGER NOT NULL DEFAULT 0,
    wait_answered_count INTEGER NOT NULL DEFAULT 0,
    wait_answered_sum_ms INTEGER NOT NULL DEFAULT 0,
    wait_abandoned_count INTEGER NOT NULL DEFAULT 0,
    wait_abandoned_sum_ms INTEGER NOT NULL DEFAULT 0,
    wait_other_count INTEGER NOT NULL DEFAULT 0,
    wait_other_sum_ms INTEGER NOT NULL DEFAULT 0,
    wait_accepted_count INTEGER NOT NULL DEFAULT 0,
    wait_accepted_sum_ms INTEGER NOT NULL DEFAULT 0,
    wait_first_offer_count INTEGER NOT NULL DEFAULT 0,
    wait_first_offer_sum_ms INTEGER NOT NULL DEFAULT 0,
    ring_count INTEGER NOT NULL DEFAULT 0,
    ring_sum_ms INTEGER NOT NULL DEFAULT 0,
    ring_answered_count INTEGER NOT NULL DEFAULT 0,
    ring_answered_sum_ms INTEGER NOT NULL DEFAULT 0,
    talk_count INTEGER NOT NULL DEFAULT 0,
    talk_sum_ms INTEGER NOT NULL DEFAULT 0,
    wrap_count INTEGER NOT NULL DEFAULT 0,
    wrap_sum_ms INTEGER NOT NULL DEFAULT 0,
    handle_count INTEGER NOT NULL DEFAULT 0,
    handle_sum_ms INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (agent_id, queue_id, attribution, interval_start)
) WITHOUT ROWID;

-- Every agent that a hook named.
CREATE TABLE agents (
    agent_id INTEGER PRIMARY KEY,
    agent_name TEXT,
    last_seen_at INTEGER NOT NULL
);

-- The definition in force for each queue.
CREATE TABLE queues (
    queue_id INTEGER PRIMARY KEY,
    queue_type TEXT NOT NULL,
    name TEXT,
    -- The hooks in use as a JSON array; NULL when nobody said.
    hooks TEXT,
    service_level_threshold_ms INTEGER,
    short_abandon_threshold_ms INTEGER,
    leaving_deadline_ms INTEGER,
    revision INTEGER NOT NULL,
    position INTEGER NOT NULL
);

-- Deliveries that a rule did not let in.
CREATE TABLE refusals (
    refusal_id TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    rule TEXT NOT NULL,
    attempt_id INTEGER,
    event TEXT,
    queue_id INTEGER,
    -- open, replayed or dismissed.
    state TEXT NOT NULL,
    settled_at INTEGER
) WITHOUT ROWID;

-- What agents did when.
CREATE VIEW agent_intervals AS
    SELECT agent_id, attempt_id, leg, 'ringing' AS state, offered_at AS started_at, ring_ended_at AS ended_at
        FROM offers WHERE offered_at IS NOT NULL
    UNION ALL
    SELECT agent_id, attempt_id, leg, 'connecting', answered_at, coalesce(bridged_at, ended_at)
        FROM offers WHERE answered_at IS NOT NULL
    UNION ALL
    SELECT agent_id, attempt_id, leg, 'talking', bridged_at, talk_ended_at
        FROM offers WHERE bridged_at IS NOT NULL
    UNION ALL
    SELECT agent_id, attempt_id, leg, 'wrap_up', wrap_started_at, ended_at
        FROM offers WHERE wrap_started_at IS NOT NULL;

-- Attempts without Leaving.
CREATE VIEW open_attempts AS SELECT * FROM attempts WHERE left_at IS NULL;

-- One row for each step that was not reported.
CREATE VIEW gaps AS
    SELECT attempt_id, queue_id, started_at, 'missed_without_offering' AS gap FROM attempts WHERE gaps & 1
    UNION ALL
    SELECT attempt_id, queue_id, started_at, 'bridged_without_offering' FROM attempts WHERE gaps & 2
    UNION ALL
    SELECT attempt_id, queue_id, started_at, 'joined_inferred' FROM attempts WHERE gaps & 4
    UNION ALL
    SELECT attempt_id, queue_id, started_at, 'bridged_inferred' FROM attempts WHERE gaps & 8;

-- Attempts of which deliveries contradict each other.
CREATE VIEW conflicts AS SELECT attempt_id, queue_id, started_at, conflicts FROM attempts WHERE conflicts > 0;
