-- Step 5: the rows that our read models keep, one per leg and one per attempt.
--
-- In:  instants, legs, steps, run, conflicts
-- Out: offers, attempts

-- From one instant to another; never less than nothing, and not known while either is not.
create macro elapsed(earlier, later) as
    case when later is not null and earlier is not null then greatest(later - earlier, 0) end;

create table offers as
with
caused as (
    select
        legs.*,
        -- The caller was gone: the subscriber's leg already has a cause of hang-up. Where subscriber and agent
        -- share a leg, or the miss ends the agent's, the cause tells nothing about the caller.
        miss.call_cause is not null and miss.queue_type not in ('preview_dialer', 'offline_queue')
            as is_missed_by_caller
    from legs
    left join steps as miss on miss.attempt_id = legs.attempt_id and miss.ord = legs.miss_ord
)
select
    caused.attempt_id,
    row_number() over (partition by caused.attempt_id order by ord) as leg,
    instants.queue_id,
    instants.queue_type,
    agent_id,
    case
        when caused.bridged_at is not null then 'bridged'
        when is_missed then 'missed'
        when answered_at is not null and ended_at is not null then 'answered'
        when ended_at is not null then 'withdrawn'
        else 'open'
    end as outcome,
    case when is_missed then if(is_missed_by_caller, 'caller', 'agent') end as missed_by,
    coalesce(offered_at, answered_at, caused.bridged_at, wrap_started_at, ring_ended_at) as started_at,
    offered_at,
    answered_at,
    caused.bridged_at,
    ring_ended_at,
    talk_ended_at,
    wrap_started_at,
    ended_at,
    elapsed(offered_at, ring_ended_at) as ring_ms,
    elapsed(caused.bridged_at, talk_ended_at) as talk_ms,
    elapsed(wrap_started_at, ended_at) as wrap_ms,
    case
        when caused.bridged_at is null or talk_ended_at is null then null
        when wrap_started_at is null then elapsed(caused.bridged_at, talk_ended_at)
        else elapsed(caused.bridged_at, talk_ended_at) + elapsed(wrap_started_at, ended_at)
    end as handle_ms
from caused
join instants using (attempt_id);

create table by_leg as
select
    attempt_id,
    count(offered_at) as offers,
    count(bridged_at) as bridges,
    count(*) filter (missed_by = 'agent') as missed_by_agent,
    count(*) filter (missed_by = 'caller') as missed_by_caller,
    min(offered_at) as first_offered_at
from offers
group by attempt_id;

-- A miss, before any Bridged, that no earlier Offering to the same agent accounts for.
create table unoffered_misses as
with so_far as (
    select
        attempt_id, step, agent_id, n,
        count(*) filter (step = 'B') over (partition by attempt_id order by n) as bridges,
        count(*) filter (step = 'O') over (partition by attempt_id, agent_id order by n) as offers_to_agent,
        count(*) filter (step = 'M') over (partition by attempt_id, agent_id order by n) as misses_of_agent,
        count(*) filter (step = 'O') over (partition by attempt_id order by n) as offers,
        count(*) filter (step = 'M') over (partition by attempt_id order by n) as misses
    from run
)
select distinct attempt_id
from so_far
where step = 'M' and bridges = 0
  and (misses > offers or (agent_id is not null and misses_of_agent > offers_to_agent));

-- A connection before which nothing was ever offered. Tasks that connect no agent have nobody to offer to.
create table unoffered_bridges as
select attempt_id
from run
group by attempt_id
having count(*) filter (step = 'O') = 0
   and count(*) filter (step = 'B') > 0
   and (any_value(queue_type) <> 'task_queue'
        or first(agent_id order by n) filter (step = 'B') is not null);

create table attempts as
with classified as (
    select
        *,
        case
            when bridged_at is not null then 'answered'
            when left_at is null then 'open'
            when result = 'abandoned'
                then if(queue_type in ('inbound_queue', 'chat_inbound_queue'), 'abandoned', 'not_reached')
            when result in ('transfer', 'transferred', 'timeout', 'agent_timeout', 'client_timeout',
                'dialog_timeout', 'canceled_by_timeout', 'max_wait_size', 'block') then 'flowed_out'
            when result in ('cancel', 'canceled', 'cancelled') then 'cancelled'
            else 'other'
        end as class
    from instants
)
select
    classified.attempt_id,
    queue_id,
    queue_type,
    attempt_seq,
    class,
    result,
    call_cause,
    amd_result,
    coalesce(joined_at, first_event_at) as started_at,
    joined_at,
    first_offered_at,
    first_answered_at,
    bridged_at,
    processing_at,
    left_at,
    first_event_at,
    last_event_at,
    elapsed(joined_at, coalesce(bridged_at, left_at)) as wait_ms,
    elapsed(bridged_at, coalesce(processing_at, left_at)) as talk_ms,
    elapsed(processing_at, left_at) as wrap_ms,
    elapsed(bridged_at, left_at) as handle_ms,
    coalesce(offers, 0) as offers,
    coalesce(bridges, 0) as bridges,
    coalesce(missed_by_agent, 0) as missed_by_agent,
    coalesce(missed_by_caller, 0) as missed_by_caller,
    classified.attempt_id in (from unoffered_misses) as missed_without_offering,
    classified.attempt_id in (from unoffered_bridges) as bridged_without_offering,
    is_join_inferred as joined_inferred,
    is_bridge_inferred as bridged_inferred,
    is_late,
    events,
    set_aside as conflicts
from classified
left join by_leg using (attempt_id)
left join conflicts using (attempt_id);
