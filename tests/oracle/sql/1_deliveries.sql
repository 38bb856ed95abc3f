-- Step 1: what was delivered about each attempt, read out of the exported records.
--
-- In:  recorded   one row per exported record; "content" is the hash of what it says, "sender" the id that
--                 its sender gave, "is_stated" whether a sender's clock says when it happened.
--                 A time in whole seconds can be as late as its "latest".
-- Out: deliveries one row per delivery that names its attempt and its event
--      candidates those of them that can count, whatever the others say
--      demanded   empty

-- A payload's value as text. Absent, null, the empty string, lists and objects say nothing.
create macro said(payload, name) as
    case
        when json_type(payload, '$."' || name || '"') in ('OBJECT', 'ARRAY', 'NULL') then null
        else nullif(json_extract_string(payload, '$."' || name || '"'), '')
    end;

-- A whole number that is written as one: '17', '+17', '-17'; not ' 17', '17.5' or '1e3'.
create macro whole(text) as
    case when regexp_full_match(text, '[+-]?[0-9]+') then try_cast(text as bigint) end;

create macro is_number(text) as
    regexp_full_match(text, '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?');

-- A whole number, however it is written: '486', '486.0', '1e3'.
create macro whole_number(text) as
    coalesce(whole(text), case
        when is_number(text) and try_cast(text as double) = trunc(try_cast(text as double))
            and abs(try_cast(text as double)) <= 9007199254740992
        then try_cast(try_cast(text as double) as bigint) end);

-- A number of seconds that a call can last; from the year 2000 on it is an instant that stands in its place.
create macro length_s(text) as
    case when is_number(text)
        and isfinite(try_cast(text as double)) and try_cast(text as double) >= 0
        and try_cast(text as double) < 946684800
        then try_cast(text as double) end;

create macro truth(text) as
    case when text in ('true', '1') then true when text in ('false', '0') then false end;

-- A time that a producer's clock can honestly state: from the year 2000 to five minutes after receipt.
create macro plausible(at_ms, recorded_at) as
    at_ms >= 946684800000 and at_ms <= recorded_at + 300000;

create table deliveries as
with
settled as (select settles as id from recorded where settles is not null),
named as (
    select
        position,
        attempt_id,
        kind = 'refusal' as is_refused,
        event,
        -- One letter for each step of the lifecycle; Answered and Active are one step under two names.
        case event
            when 'Joined' then 'J' when 'Offering' then 'O' when 'Missed' then 'M'
            when 'Answered' then 'A' when 'Active' then 'A' when 'Bridged' then 'B'
            when 'Processing' then 'P' when 'Leaving' then 'L'
        end as step,
        queue_type,
        queue_id,
        occurred_at,
        recorded_at,
        content,
        sender,
        is_stated,
        list_contains(flags, 'late') as is_late,
        whole(said(payload, 'agent_id')) as agent_id,
        latest_at,
        carried_joined_at,
        carried_joined_latest,
        carried_bridged_at,
        carried_bridged_latest,
        said(payload, 'cc_result') as cc_result,
        said(payload, 'call_cause') as call_cause,
        said(payload, 'amd_result') as amd_result,
        said(payload, 'amd_ai_result') as amd_ai_result,
        -- No voice, and less than none, says nothing.
        coalesce(length_s(said(payload, 'call_voice_sec')) > 0, false) as has_voice,
        whole(said(payload, 'cc_attempt_seq')) as attempt_seq,
        whole_number(said(payload, 'call_sip_code')) as call_sip_code,
        truth(said(payload, 'use_processing')) as use_processing,
        said(payload, 'member_name') as member_name,
        said(payload, 'member_channel_id') as member_channel_id,
        said(payload, 'agent_name') as agent_name,
        whole(said(payload, 'user_id')) as user_id,
        said(payload, 'agent_extension') as agent_extension,
        said(payload, 'agent_channel_id') as agent_channel_id,
        length_s(said(payload, 'call_bill_sec')) as call_bill_sec,
        length_s(said(payload, 'call_duration')) as call_duration,
        length_s(said(payload, 'call_voice_sec')) as call_voice_sec,
        payload
    from recorded
    where kind in ('event', 'refusal')
      and attempt_id is not null
      and event is not null
      and occurred_at is not null
      -- A settled refusal is either recorded as an event by now, or stays out for good.
      and not (kind = 'refusal' and id in (select id from settled))
)
select *
from named
-- A refused delivery that says what a recorded one says under the same id, or another refused one, is that
-- delivery again.
qualify not is_refused
    or row_number() over (partition by attempt_id, content, sender order by is_refused, position) = 1;

-- Every attempt belongs to the queue and has the type that most of its deliveries state; of equals,
-- the smallest.
create table stated_queues as
with
types as (
    select attempt_id, queue_type,
        row_number() over (partition by attempt_id order by count(*) desc,
            list_position(['offline_queue', 'inbound_queue', 'outbound_ivr', 'preview_dialer',
                'progressive_dialer', 'predictive_dialer', 'chat_inbound_queue', 'task_queue'],
                queue_type)) as place
    from deliveries where queue_type is not null group by attempt_id, queue_type
),
queues as (
    select attempt_id, queue_id,
        row_number() over (partition by attempt_id order by count(*) desc, queue_id) as place
    from deliveries where queue_id is not null group by attempt_id, queue_id
)
select types.attempt_id, types.queue_type, queues.queue_id
from types
left join queues on queues.attempt_id = types.attempt_id and queues.place = 1
where types.place = 1;

create table candidates as
with
able as (
    select
        deliveries.* exclude (queue_type, queue_id),
        stated_queues.queue_type,
        stated_queues.queue_id
    from deliveries
    join stated_queues using (attempt_id)
    where coalesce(deliveries.queue_type = stated_queues.queue_type, true)
      and coalesce(deliveries.queue_id = stated_queues.queue_id, true)
      -- What the queue type does not have at all is set aside before anything is weighed.
      and not (step = 'A' and stated_queues.queue_type not in ('preview_dialer', 'offline_queue'))
      and not (step in ('M', 'P') and stated_queues.queue_type = 'outbound_ivr')
),
-- What an id names had happened when the id was first received, whichever of its contents came first.
first_receipts as (
    select
        attempt_id, sender, min(recorded_at) as received_at,
        arg_min(position, (recorded_at, position)) as received_as
    from able
    where sender is not null
    group by attempt_id, sender
    having count(distinct content) > 1
)
select
    able.* replace (
        case when is_stated then occurred_at else coalesce(received_at, occurred_at) end as occurred_at,
        case when is_stated then latest_at else coalesce(received_at, latest_at) end as latest_at
    ),
    -- Its place in the order of the records.
    case when is_stated then position else coalesce(received_as, position) end as received_as
from able
left join first_receipts using (attempt_id, sender);

-- Which of the candidates have to be in an attempt's story, by the ids of their senders: none as yet.
create table demanded (attempt_id bigint, position bigint);
