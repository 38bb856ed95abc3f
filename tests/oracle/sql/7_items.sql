-- Step 7: everything that is counted or measured, one row for each, with the three instants it may fall on.
--
-- In:  attempts, offers
-- Out: items    owner ('queue' or 'agent'), queue_id, agent_id, name, value (null for counts),
--               start_at (the cohort), emit_at (the event that produces it), end_at (leaving, or the leg's
--               end)

-- Offers that were reported, numbered in the order in which they were made.
create table reported_offers as
select *, row_number() over (partition by attempt_id order by leg) as nth
from offers
where offered_at is not null;

-- What an attempt adds to its queue's history, once at most for each name.
create table attempt_items as
with
named as (
    select attempt_id, 'offered' as name, joined_at as emit_at, null::bigint as value
    from attempts where joined_at is not null
    union all
    select attempt_id, 'join_unknown', first_event_at, null from attempts where joined_at is null
    union all
    -- The class, on the event that decides it.
    select attempt_id, class,
        case class when 'answered' then bridged_at when 'open' then started_at else left_at end, null
    from attempts
    union all
    select attempt_id, if(class = 'answered', 'answered_join_unknown', 'unanswered_join_unknown'),
        case class when 'answered' then bridged_at when 'open' then started_at else left_at end, null
    from attempts where joined_at is null
    union all
    -- Joining is known, and how long it took is not.
    select attempt_id, class || '_untimed', if(class = 'answered', bridged_at, left_at), null
    from attempts
    where class in ('answered', 'abandoned') and joined_at is not null and wait_ms is null
    union all
    -- What a dialler called members for agents with, on the event that decides the class.
    select attempt_id, unnest(list_filter([
            'dialled',
            case when live_answer <> 'connection' then 'answer_told' end,
            case when live_answer <> 'nobody' then 'live_answers' end,
            case when live_answer not in ('connection', 'nobody') then 'live_told' end,
            case when is_timed then 'live_timed' end,
            -- Who still waits may get an agent in time, and who left sooner did not wait that long.
            case when is_timed and coalesce(bridged_at, left_at) - member_answered_at > 2000
                then 'dropped_two_seconds' end
        ], lambda name: name is not null)), decided_at, null
    from (
        select *,
            case class when 'answered' then bridged_at when 'open' then started_at else left_at end as decided_at,
            coalesce(live_answer <> 'nobody', false) and member_answered_at is not null
                -- Otherwise the time of the connection or of the end may be that of a receipt.
                and not time_of_receipt
                as is_timed
        from attempts
        where queue_type in ('preview_dialer', 'progressive_dialer', 'predictive_dialer')
    )
    union all
    select attempt_id, 'left_queue', left_at, null from attempts where left_at is not null
    union all
    select attempt_id, 'transferred', left_at, null
    from attempts
    where bridged_at is not null and left_at is not null and lower(result) in ('transfer', 'transferred')
    union all
    -- Outbound IVR has no legs: whoever was connected was handled.
    select attempt_id, 'handled', bridged_at, null
    from attempts where bridged_at is not null and queue_type = 'outbound_ivr'
    union all
    select attempt_id, 'attempts_offered', first_offered_at, null
    from attempts where first_offered_at is not null
    union all
    select attempt_id, 'attempts_missed', min(ended_at), null
    from offers where outcome = 'missed' group by attempt_id
    union all
    select attempt_id, 'first_offer_bridged', bridged_at, null
    from reported_offers where nth = 1 and outcome = 'bridged'
    union all
    select attempt_id, 'second_offers', offered_at, null from reported_offers where nth = 2
    union all
    select attempt_id, 'second_offer_bridged', bridged_at, null
    from reported_offers where nth = 2 and outcome = 'bridged'
    union all
    select attempt_id, 'amd_human', last_event_at, null from attempts where upper(amd_result) = 'HUMAN'
    union all
    -- The producer's document spells it with an S.
    select attempt_id, 'amd_machine', last_event_at, null
    from attempts where upper(amd_result) in ('MACHINE', 'MASHINE', 'VOICEMAIL')
    union all
    select attempt_id, 'retries', started_at, null from attempts where attempt_seq > 1
    union all
    select attempt_id, 'retries_answered', bridged_at, null
    from attempts where attempt_seq > 1 and bridged_at is not null
    union all
    select attempt_id, 'with_gap', last_event_at, null
    from attempts
    where missed_without_offering or bridged_without_offering or joined_inferred or bridged_inferred
       or time_of_receipt or agent_changed
    union all
    select attempt_id, 'with_conflict', last_event_at, null from attempts where conflicts > 0
    union all
    select attempt_id, 'late', last_event_at, null from attempts where is_late
),
measured as (
    select attempt_id, 'wait_answered' as name, bridged_at as emit_at, wait_ms as value
    from attempts where class = 'answered'
    union all
    select attempt_id, 'wait_abandoned', left_at, wait_ms from attempts where class = 'abandoned'
    union all
    select attempt_id, 'wait_other', left_at, wait_ms
    from attempts where class in ('flowed_out', 'cancelled', 'not_reached', 'dropped', 'other')
    union all
    -- least() leaves out what is not known. These two are not measured where any time of the attempt is that
    -- of a receipt.
    select attempt_id, 'wait_accepted', least(first_answered_at, bridged_at),
        least(first_answered_at, bridged_at) - joined_at
    from attempts where not time_of_receipt
    union all
    select attempt_id, 'wait_first_offer', first_offered_at, first_offered_at - joined_at
    from attempts where not time_of_receipt
    union all
    select attempt_id, 'talk', talk_ended_at, talk_ms from attempts
    union all
    select attempt_id, 'wrap', left_at, wrap_ms from attempts
    union all
    select attempt_id, 'handle', left_at, handle_ms from attempts
)
from named
union all
select attempt_id, name, emit_at, value from measured where value is not null;

-- What a leg adds to its agent's history and, "for_queue", to its queue's as well.
create table leg_items as
with
named as (
    select attempt_id, leg, 'handled' as name, bridged_at as emit_at, null::bigint as value, true as for_queue
    from offers where bridged_at is not null
    union all
    select attempt_id, leg, 'offers', offered_at, null, true from reported_offers
    union all
    select attempt_id, leg, 'offers_bridged', bridged_at, null, true
    from reported_offers where outcome = 'bridged'
    union all
    select attempt_id, leg, 'offers_answered', ended_at, null, true
    from reported_offers where outcome = 'answered'
    union all
    select attempt_id, leg, 'offers_withdrawn', ring_ended_at, null, true
    from reported_offers where outcome = 'withdrawn'
    union all
    select attempt_id, leg, 'offers_open', offered_at, null, true
    from reported_offers where outcome = 'open'
    union all
    select attempt_id, leg, 'missed_by_' || missed_by, ended_at, null, true
    from offers where outcome = 'missed'
),
measured as (
    select attempt_id, leg, 'ring' as name, ring_ended_at as emit_at, ring_ms as value, true as for_queue
    from reported_offers
    union all
    select attempt_id, leg, 'ring_answered', bridged_at, answer_ms, true
    from reported_offers where outcome = 'bridged'
    union all
    -- A queue's talk, after-call work and handling are the attempt's, not the sum of its legs'.
    select attempt_id, leg, 'talk', talk_ended_at, talk_ms, false from offers
    union all
    select attempt_id, leg, 'wrap', ended_at, wrap_ms, false from offers
    union all
    select attempt_id, leg, 'handle', ended_at, handle_ms, false
    from offers
)
from named
union all
from measured where value is not null;

create table items as
select 'queue' as owner, queue_id, null::bigint as agent_id, name, value,
    started_at as start_at, emit_at, left_at as end_at
from attempt_items join attempts using (attempt_id)
union all
select 'queue', attempts.queue_id, null, name, value, attempts.started_at, emit_at, left_at
from leg_items join attempts using (attempt_id)
where for_queue
union all
select 'agent', queue_id, agent_id, name, value, offers.started_at, emit_at, ended_at
from leg_items join offers using (attempt_id, leg)
where agent_id is not null;
