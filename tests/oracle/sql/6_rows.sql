-- Step 6: the rows that our read models keep, one per leg and one per attempt.
--
-- In:  instants, legs, steps, talks, run, conflicts, leg_fields, id_owners, variables
-- Out: offers, attempts

-- From one moment to another: not known while either is not, and where either is the time of a receipt.
create macro elapsed(earlier, later) as
    case when earlier.is_stated and later.is_stated then later.at - earlier.at end;

-- Whether nothing says how long a state took, or has gone on.
create macro untimed(earlier, later) as
    earlier is not null and (not earlier.is_stated or not coalesce(later.is_stated, true));

create table offers as
with
caused as (
    select
        legs.*,
        -- The caller was gone: the subscriber's leg already has a cause of hang-up. Where subscriber and
        -- agent share a leg, or the miss ends the agent's, the cause tells nothing about the caller.
        miss.call_cause is not null and miss.queue_type not in ('preview_dialer', 'offline_queue')
            as is_missed_by_caller
    from legs
    left join steps as miss on miss.attempt_id = legs.attempt_id and miss.ord = legs.miss_ord
)
select
    caused.attempt_id,
    row_number() over (partition by caused.attempt_id order by caused.ord) as leg,
    instants.queue_id,
    instants.queue_type,
    agent_id,
    case
        when caused.bridged_at is not null then 'bridged'
        when is_missed then 'missed'
        when coalesce(answered_at, wrap_started_at) is not null and ended_at is not null then 'answered'
        when ended_at is not null then 'withdrawn'
        else 'open'
    end as outcome,
    case when is_missed then if(is_missed_by_caller, 'caller', 'agent') end as missed_by,
    coalesce(offered_at, answered_at, caused.bridged_at, wrap_started_at, ring_ended_at).at as started_at,
    offered_at.at as offered_at,
    answered_at.at as answered_at,
    caused.bridged_at.at as bridged_at,
    ring_ended_at.at as ring_ended_at,
    talk_ended_at.at as talk_ended_at,
    wrap_started_at.at as wrap_started_at,
    ended_at.at as ended_at,
    elapsed(offered_at, ring_ended_at) as ring_ms,
    elapsed(offered_at, caused.bridged_at) as answer_ms,
    elapsed(caused.bridged_at, talk_ended_at) as talk_ms,
    elapsed(wrap_started_at, ended_at) as wrap_ms,
    case
        when caused.bridged_at is null or talk_ended_at is null then null
        when wrap_started_at is null then elapsed(caused.bridged_at, talk_ended_at)
        else elapsed(caused.bridged_at, talk_ended_at) + elapsed(wrap_started_at, ended_at)
    end as handle_ms,
    agent_name,
    user_id,
    agent_extension,
    agent_channel_id,
    leg_fields.member_channel_id,
    leg_fields.use_processing,
    leg_fields.member_name,
    leg_fields.call_bill_sec,
    leg_fields.call_duration,
    leg_fields.call_voice_sec,
    untimed(offered_at, ring_ended_at)::integer
        + 2 * untimed(answered_at, coalesce(caused.bridged_at, ended_at))::integer
        + 4 * untimed(caused.bridged_at, talk_ended_at)::integer
        + 8 * untimed(wrap_started_at, ended_at)::integer as untimed_states
from caused
join instants using (attempt_id)
left join leg_fields on leg_fields.attempt_id = caused.attempt_id and leg_fields.ord = caused.ord;

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

-- A miss that closes no reported offer: a leg of its own, or the end of an answer to no offer.
create table unoffered_misses as
select distinct attempt_id from offers where outcome = 'missed' and offered_at is null;

-- A connection before which nothing was ever offered. Tasks that connect no agent have nobody to offer to.
create table unoffered_bridges as
select attempt_id
from run
group by attempt_id
having count(*) filter (step = 'O') = 0
   and count(*) filter (step = 'B') > 0
   and (any_value(queue_type) <> 'task_queue'
        or first(agent_id order by n) filter (step = 'B') is not null);

-- Members whom a dialler calls for its agents: did they answer, and what says so? A machine's voice is no
-- answer. A connection says it, too, but only of those who got an agent.
create table live_answers as
with
-- The first time that the dialler looked for an agent; any of unknown time can have been the first.
waits as (
    select attempt_id, case when bool_and(is_stated) then min(occurred_at) end as since, count(*) as how_many
    from recorded
    join instants using (attempt_id)
    where kind = 'observation' and observation = 'wait_agent'
        -- Of another queue, at a time that cannot be true, after an agent was there or after the end: no word
        -- on this member.
        and coalesce(recorded.queue_type, 'predictive_dialer') = 'predictive_dialer'
        and coalesce(recorded.queue_id = instants.queue_id, true)
        and (is_stated or not states_time)
        and not (is_stated and coalesce(occurred_at > bridged_at, false))
        and not (is_stated and coalesce(occurred_at > left_at, false))
    group by attempt_id
),
-- When agents first had their turn: then the dialler had looked for one before.
turns as (
    select attempt_id, min(occurred_at) filter (step in ('O', 'M')) as turn_at from run group by attempt_id
),
detected as (
    select
        attempt_id, queue_type, has_voice,
        bridged_at is not null as is_bridged,
        coalesce(upper(amd_result) = 'HUMAN', false) as is_human,
        coalesce(upper(amd_result) in ('MACHINE', 'MASHINE', 'VOICEMAIL'), false) as is_machine,
        -- Only a predictive dialler looks for agents after the member has answered.
        coalesce(how_many > 0, false) and queue_type = 'predictive_dialer' and not is_machine as waits_for_agent,
        case when since <= least(turn_at, bridged_at, left_at) or least(turn_at, bridged_at, left_at) is null
            then since end as since
    from instants
    left join waits using (attempt_id)
    left join turns using (attempt_id)
    where queue_type in ('preview_dialer', 'progressive_dialer', 'predictive_dialer')
)
select
    attempt_id,
    case
        when is_human then 'human'
        when waits_for_agent then 'wait_agent'
        -- A preview dialler tells of the agent's leg.
        when queue_type <> 'preview_dialer' and has_voice and not is_machine then 'voice'
        when is_bridged then 'connection'
        when is_machine then 'nobody'
    end as live_answer,
    case when waits_for_agent then since end as member_answered_at
from detected;

-- The agent that was named last, and what was reported last about that agent or about nobody.
create table last_agents as
with named as (
    select attempt_id, arg_max(agent_id, n) filter (agent_id is not null) as last_agent_id
    from run group by attempt_id
),
about as (
    select
        run.* exclude (agent_channel_id),
        named.last_agent_id,
        -- What was another agent's before is not this one's.
        case when coalesce(owner = last_agent_id, true) then run.agent_channel_id end as agent_channel_id
    from run
    join named using (attempt_id)
    left join id_owners on id_owners.attempt_id = run.attempt_id
        and id_owners.agent_channel_id = run.agent_channel_id
    where run.agent_id = named.last_agent_id
)
select
    attempt_id,
    any_value(last_agent_id) as agent_id,
    arg_max(agent_name, n) filter (agent_name is not null) as agent_name,
    arg_max(user_id, n) filter (user_id is not null) as user_id,
    arg_max(agent_extension, n) filter (agent_extension is not null) as agent_extension,
    arg_max(agent_channel_id, n) filter (agent_channel_id is not null) as agent_channel_id
from about
group by attempt_id;

-- Who ended the attempt, as far as the hooks tell. Subscriber and agent share a leg in preview and offline
-- queues: a cause says nothing about the subscriber there.
create table enders as
with told as (
    select
        *,
        queue_type in ('preview_dialer', 'offline_queue') as is_one_leg,
        queue_type in ('outbound_ivr', 'preview_dialer', 'progressive_dialer', 'predictive_dialer') as dials,
        right(rtrim(letters, 'L'), 1) as last_step
    from instants
)
select
    attempt_id,
    case
        when left_at is null then null
        -- The dialer gave up on somebody who was silent, or stopped.
        when lower(result) in ('agent_timeout', 'client_timeout', 'dialog_timeout', 'shutdown') then 'dialer'
        -- A talk: who was gone when after-call work began? Predictive queues wait for the subscriber's
        -- hang-up first.
        -- After-call work follows a talk, whether its connection is known or not.
        when bridged_at is not null or contains(letters, 'P') then case
            when is_one_leg is not false or not contains(letters, 'P') then null
            -- A leg that broke says of nobody that he hung up.
            when cause_at_processing is not null
                then if(cause_at_processing = 'NORMAL_CLEARING' and queue_type <> 'predictive_dialer', 'caller', null)
            when call_cause is not null then 'agent'
        end
        when lower(result) in ('timeout', 'transfer', 'transferred', 'max_wait_size', 'block', 'barred')
            then 'dialer'
        -- A talk whose connection was lost or is not sent.
        when lower(result) = 'success' then null
        -- The miss is the end where nobody else is offered the attempt.
        when last_step = 'M'
         and queue_type in ('offline_queue', 'preview_dialer', 'progressive_dialer', 'task_queue')
         and (is_one_leg or not has_cause_before_leaving) then 'agent'
        when is_one_leg then null
        -- The connection of any other result may have been lost, or is not sent.
        when lower(result) in ('abandoned', 'failed', 'cancel', 'canceled', 'cancelled') is not true then null
        -- Carriers are busy, reject and give up, too. A person declines with 603; a phone that rings in vain
        -- ends with 480 or 487.
        when dials then case
            when call_cause = 'CALL_REJECTED' and call_sip_code = 603 then 'caller'
            when call_cause = 'NO_ANSWER' and coalesce(call_sip_code in (480, 487) or call_sip_code < 400, true)
                then 'dialer'
            when call_cause = 'ORIGINATOR_CANCEL' then 'dialer'
        end
        when queue_type in ('inbound_queue', 'chat_inbound_queue')
         and call_cause in ('NORMAL_CLEARING', 'ORIGINATOR_CANCEL') then 'caller'
    end as ended_by
from told;

create table attempts as
with broken_off as (
    select attempt_id, talk_ended_at as m from talks where ended_by = 'M'
),
classified as (
    select
        *,
        case
            when bridged_at is not null then 'answered'
            when left_at is null then 'open'
            when live_answer <> 'nobody' then 'dropped'
            when lower(result) = 'failed' and queue_type not in ('inbound_queue', 'chat_inbound_queue')
                then 'not_reached'
            when lower(result) = 'abandoned'
                then if(queue_type in ('inbound_queue', 'chat_inbound_queue'), 'abandoned', 'not_reached')
            when lower(result) in ('transfer', 'transferred', 'timeout', 'agent_timeout', 'client_timeout',
                'dialog_timeout', 'canceled_by_timeout', 'max_wait_size', 'block') then 'flowed_out'
            when lower(result) in ('cancel', 'canceled', 'cancelled') then 'cancelled'
            else 'other'
        end as class
    from instants
    left join live_answers using (attempt_id)
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
    -- After-call work without a connection: the wait was over before, nobody knows when.
    elapsed(j, coalesce(b, case when p is null then l end)) as wait_ms,
    -- The miss that ends the last talk ends the attempt's. What lies between the talk and after-call work, or
    -- leaving, is neither.
    elapsed(b, coalesce(broken_off.m, p, l)) as talk_ms,
    elapsed(p, l) as wrap_ms,
    case
        when broken_off.m is null then elapsed(b, l)
        when l is null then null
        when p is null then elapsed(b, broken_off.m)
        else elapsed(b, broken_off.m) + elapsed(p, l)
    end as handle_ms,
    coalesce(broken_off.m, p, l).at as talk_ended_at,
    coalesce(offers, 0) as offers,
    coalesce(bridges, 0) as bridges,
    coalesce(missed_by_agent, 0) as missed_by_agent,
    coalesce(missed_by_caller, 0) as missed_by_caller,
    classified.attempt_id in (from unoffered_misses) as missed_without_offering,
    classified.attempt_id in (from unoffered_bridges) as bridged_without_offering,
    is_join_inferred as joined_inferred,
    is_bridge_inferred as bridged_inferred,
    time_of_receipt,
    agent_changed,
    is_late,
    events,
    set_aside as conflicts,
    live_answer,
    member_answered_at,
    call_sip_code,
    use_processing,
    member_name,
    member_channel_id,
    last_agents.agent_id,
    agent_name,
    user_id,
    agent_extension,
    agent_channel_id,
    call_bill_sec,
    call_duration,
    call_voice_sec,
    ended_by,
    variables,
    not coalesce(j.is_stated, is_first_stated) as is_start_untimed,
    not is_last_stated as is_last_event_untimed
from classified
left join broken_off using (attempt_id)
left join last_agents using (attempt_id)
left join enders using (attempt_id)
left join variables using (attempt_id)
left join by_leg using (attempt_id)
left join conflicts using (attempt_id);
