-- Step 5: what the deliveries say of legs and of their users' own affairs.
--
-- In:  run, steps, talks, early_legs, joined_legs, wrapping, legs
-- Out: leg_fields   one row per leg of which a delivery speaks
--      variables    one row per attempt that has any, as a JSON object of texts

-- Whose an agent's id is: that of the first delivery that names both. In a chat each agent has the session.
create table id_owners as
select attempt_id, agent_channel_id, arg_min(agent_id, n) as owner
from run
where agent_id is not null and agent_channel_id is not null and queue_type <> 'chat_inbound_queue'
group by all;

-- Of which leg each delivery speaks. Nobody speaks of a leg by joining.
create table spoken as
with
said as (
    select run.*, 2 * n as ord from run join instants using (attempt_id) where has_agents
),
-- An offer opens its own.
offering as (
    select said.attempt_id, said.n, said.ord as leg_ord from said where step = 'O'
),
-- A miss closes what it makes missed; after a connection, the talk that it ends.
missing as (
    select said.attempt_id, said.n, coalesce(legs.ord, joined_legs.ord, talks.ord) as leg_ord
    from said
    left join legs on legs.attempt_id = said.attempt_id and legs.miss_ord = said.ord
    left join talks on talks.attempt_id = said.attempt_id and talks.ended_by = 'M' and talks.ender_ord = said.ord
    left join joined_legs on joined_legs.attempt_id = said.attempt_id and joined_legs.talk_ord = talks.ord
    where said.step = 'M'
),
-- An answer belongs to what its agent has begun and nobody has taken away.
answering as (
    select said.attempt_id, said.n, max(early_legs.ord) as leg_ord
    from said
    join early_legs on early_legs.attempt_id = said.attempt_id
        and (early_legs.goes_on or early_legs.is_broken_off)
        and early_legs.agent_id is not distinct from said.agent_id and early_legs.ord <= said.ord
    where said.step = 'A'
    group by all
),
-- A connection begins or repeats the latest talk.
latest_talks as (
    select said.attempt_id, said.n, max(talks.ord) as talk_ord
    from said
    join talks on talks.attempt_id = said.attempt_id and talks.ord <= said.ord
    where said.step = 'B'
    group by all
),
connecting as (
    select latest_talks.attempt_id, n, coalesce(joined_legs.ord, latest_talks.talk_ord) as leg_ord
    from latest_talks
    left join joined_legs on joined_legs.attempt_id = latest_talks.attempt_id
        and joined_legs.talk_ord = latest_talks.talk_ord
),
wrapping_up as (
    select said.attempt_id, said.n, coalesce(wrapping.leg_ord, wrapping.processing_ord) as leg_ord
    from said
    join wrapping on wrapping.attempt_id = said.attempt_id and wrapping.processing_ord = said.ord
),
-- Leaving names whose leg was the last of that agent.
leaving as (
    select said.attempt_id, said.n, max(legs.ord) as leg_ord
    from said
    join legs on legs.attempt_id = said.attempt_id and legs.agent_id is not distinct from said.agent_id
    where said.step = 'L'
    group by all
)
from offering union all from missing union all from answering
union all from connecting union all from wrapping_up union all from leaving;

create table leg_fields as
with
about as (
    select
        spoken.leg_ord as ord,
        run.* exclude (agent_id, agent_channel_id),
        case when owner is null or legs.agent_id is null or owner = legs.agent_id then run.agent_channel_id end
            as agent_channel_id
    from spoken
    join run using (attempt_id, n)
    join legs on legs.attempt_id = spoken.attempt_id and legs.ord = spoken.leg_ord
    left join id_owners on id_owners.attempt_id = run.attempt_id
        and id_owners.agent_channel_id = run.agent_channel_id
)
select
    attempt_id,
    ord,
    arg_max(agent_name, n) filter (agent_name is not null) as agent_name,
    arg_max(user_id, n) filter (user_id is not null) as user_id,
    arg_max(agent_extension, n) filter (agent_extension is not null) as agent_extension,
    arg_min(agent_channel_id, n) filter (agent_channel_id is not null) as agent_channel_id,
    arg_min(member_channel_id, n) filter (member_channel_id is not null) as member_channel_id,
    arg_max(use_processing, n) filter (use_processing is not null) as use_processing,
    arg_min(member_name, n) filter (member_name is not null) as member_name,
    arg_max(call_bill_sec, n) filter (call_bill_sec is not null) as call_bill_sec,
    arg_max(call_duration, n) filter (call_duration is not null) as call_duration,
    arg_max(call_voice_sec, n) filter (call_voice_sec is not null) as call_voice_sec
from about
group by attempt_id, ord;

-- Variables: what is none of the fields that the ledger knows and no part of the envelope. A list or an object is its
-- JSON.
create table variables as
with
named as (
    select attempt_id, n, unnest(json_keys(payload)) as name, payload from run
),
valued as (
    select
        attempt_id, n, name,
        case
            when json_type(payload, '$."' || name || '"') in ('OBJECT', 'ARRAY')
                then cast(json_extract(payload, '$."' || name || '"') as varchar)
            else said(payload, name)
        end as text
    from named
    where name not in (
        'agent_channel_id', 'agent_description', 'agent_extension', 'agent_id', 'agent_name', 'amd_ai_result',
        'amd_result', 'attempt_id', 'bridged_at', 'bucket_id', 'call_bill_sec', 'call_cause', 'call_duration',
        'call_sip_code', 'call_voice_sec', 'cc_attempt_seq', 'cc_resource_id', 'cc_result', 'channel',
        'chat_transferred', 'communication_id', 'destination', 'destination_seq', 'joined_at',
        'member_channel_id', 'member_id', 'member_name', 'member_stop_cause', 'member_timezone', 'queue_id',
        'timestamp', 'use_processing', 'user_id',
        'event', 'event_id', 'queue_type', 'state')
),
last_ones as (
    select attempt_id, name, arg_max(text, n) as text
    from valued where text is not null group by attempt_id, name
),
-- Where they are too long, what a row can hold would not be what was said last.
too_long as (
    select attempt_id from valued where text is not null
    group by attempt_id, n having sum(strlen(name) + strlen(text)) > 8192
    union
    select attempt_id from last_ones group by attempt_id having sum(strlen(name) + strlen(text)) > 8192
)
select attempt_id, cast(json_group_object(name, text) as varchar) as variables
from last_ones
where attempt_id not in (from too_long)
group by attempt_id;
