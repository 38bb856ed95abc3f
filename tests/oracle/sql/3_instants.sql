-- Step 3: the instants that an attempt's durations are measured between.
--
-- In:  run
-- Out: nameless     where legs without a number begin
--      instants     one row per attempt: J, B, P, L, A, and what the last reports say

-- An instant, and whether a sender's clock says so: of a receipt's time nothing is measured.
create macro moment(at_ms, is_stated) as
    case when at_ms is not null then struct_pack(at := at_ms, is_stated := is_stated) end;

-- Who in the attempt has a leg without a number: an offer, an answer, or a miss that finds nothing ringing.
-- A carried connection without a number is that leg's, where the leg has begun.
create table nameless as
with
reported as (
    select attempt_id, 2 * n as ord, step, agent_id from run where queue_type <> 'outbound_ivr'
),
nameless_misses as (
    -- arg_max leaves out offers without a number; they make the attempt nameless anyway.
    select
        miss.attempt_id,
        miss.ord,
        max(offer.ord) as offer_ord,
        arg_max(offer.agent_id, offer.ord) as rings_for
    from reported as miss
    left join reported as offer
        on offer.attempt_id = miss.attempt_id and offer.ord < miss.ord and offer.step = 'O'
    where miss.step = 'M' and miss.agent_id is null
    group by all
)
select attempt_id, ord from reported where agent_id is null and step in ('O', 'A')
union all
select attempt_id, ord
from nameless_misses as miss
where offer_ord is null
   or exists (
        select 1 from reported as ender
        where ender.attempt_id = miss.attempt_id
          and ender.ord > miss.offer_ord and ender.ord < miss.ord
          and (ender.step = 'M' and (ender.agent_id is null or ender.agent_id = miss.rings_for)
            or ender.step = 'A' and ender.agent_id = miss.rings_for));

create table instants as
with
-- The first and the last instant at which the first event can have happened.
beginnings as (
    select attempt_id, occurred_at as at_ms, latest_at from run where n = 1
),
-- The joining that most events carry, of those that can be before everything; of equally frequent ones the
-- earliest. Nothing happens in a queue before joining it: of one second, the joining is the first.
carried_joins as (
    select attempt_id, least(carried_joined_at, any_value(beginnings.at_ms)) as at_ms
    from run
    join beginnings using (attempt_id)
    where plausible(carried_joined_at, recorded_at)
      and carried_joined_at <= beginnings.latest_at
    group by attempt_id, carried_joined_at, carried_joined_latest
    qualify row_number() over (
        partition by attempt_id order by count(*) desc, carried_joined_at, carried_joined_latest) = 1
),
-- The connections that Processing and Leaving carry. Earlier events may carry a variable of that name.
carried_bridges as (
    select attempt_id, carried_bridged_at as at_ms, carried_bridged_latest as latest, count(*) as said
    from run
    where step in ('P', 'L')
      and plausible(carried_bridged_at, recorded_at)
    group by all
),
observed as (
    select
        attempt_id,
        any_value(queue_type) as queue_type,
        any_value(queue_id) as queue_id,
        any_value(queue_type) <> 'outbound_ivr' as has_agents,
        count(*) as events,
        min(occurred_at) as first_event_at,
        max(occurred_at) as last_event_at,
        min(occurred_at) filter (step = 'J') as joined_event_at,
        min(occurred_at) filter (step = 'A') as first_answered_at,
        min(occurred_at) filter (step = 'B') as bridged_event_at,
        min(occurred_at) filter (step = 'P') as processing_at,
        coalesce(
            arg_min(moment(occurred_at, is_stated), n) filter (step = 'L'),
            -- Offline queues report no Leaving of what was missed: as the last step it is the end.
            case when any_value(queue_type) = 'offline_queue' and arg_max(step, n) = 'M'
                then arg_max(moment(occurred_at, is_stated), n) end
        ) as l,
        arg_min(moment(occurred_at, is_stated), n) filter (step = 'J') as joined_event,
        arg_min(moment(occurred_at, is_stated), n) filter (step = 'B') as bridged_event,
        arg_min(moment(occurred_at, is_stated), n) filter (step = 'P') as p,
        arg_min(n, n) filter (step = 'B') as bridged_event_n,
        -- After-call work or leaving of a named agent, while others, all of them named, were connected.
        coalesce(count(agent_id) filter (step = 'B') > 0
            and count(*) filter (step = 'B') = count(agent_id) filter (step = 'B')
            and len(list_filter(
                list(agent_id) filter (step in ('P', 'L') and agent_id is not null),
                lambda agent: not list_contains(list(agent_id) filter (step = 'B'), agent))) > 0,
            false) as agent_changed,
        bool_or(not is_stated) as time_of_receipt,
        arg_min(is_stated, n) as is_first_stated,
        arg_max(is_stated, n) as is_last_stated,
        string_agg(step, '' order by n) as letters,
        first(agent_id order by n) filter (step in ('P', 'L')) as end_agent_id,
        any_value(cc_result) filter (step = 'L') as result,
        arg_max(call_cause, n) filter (call_cause is not null) as call_cause,
        any_value(call_cause) filter (step = 'P') as cause_at_processing,
        arg_max(call_cause is not null, n) filter (step <> 'L') as has_cause_before_leaving,
        arg_max(call_sip_code, n) filter (call_sip_code is not null) as call_sip_code,
        arg_max(use_processing, n) filter (use_processing is not null) as use_processing,
        arg_min(member_name, n) filter (member_name is not null) as member_name,
        arg_min(member_channel_id, n) filter (member_channel_id is not null) as member_channel_id,
        arg_max(call_bill_sec, n) filter (call_bill_sec is not null) as call_bill_sec,
        arg_max(call_duration, n) filter (call_duration is not null) as call_duration,
        arg_max(call_voice_sec, n) filter (call_voice_sec is not null) as call_voice_sec,
        coalesce(
            arg_max(amd_result, n) filter (amd_result is not null),
            arg_max(amd_ai_result, n) filter (amd_ai_result is not null)
        ) as amd_result,
        bool_or(has_voice) as has_voice,
        arg_min(attempt_seq, n) filter (attempt_seq is not null) as attempt_seq,
        bool_or(is_late) as is_late
    from run
    group by attempt_id
),
-- Where the joining is told as it was received, it is when others carry that it was.
joined as (
    select
        observed.* replace (
            case when carried_joins.at_ms is null or joined_event.is_stated then joined_event_at end
                as joined_event_at,
            case when carried_joins.at_ms is null or joined_event.is_stated then joined_event end
                as joined_event
        ),
        carried_joins.at_ms as carried_join_at
    from observed
    left join carried_joins using (attempt_id)
),
-- The first connection, where it is told as it was received: what stands before and after it, and what it and
-- the events after the talk carry.
untimed_bridges as (
    select
        joined.attempt_id,
        any_value(coalesce(joined_event, moment(carried_join_at, true))) as j,
        max_by(moment(run.occurred_at, run.is_stated), run.n)
            filter (run.n < bridged_event_n and run.step <> 'J') as before,
        min(run.occurred_at) filter (run.n = bridged_event_n + 1) as next_at,
        min(run.latest_at) filter (run.n = bridged_event_n + 1) as next_latest
    from joined
    join run using (attempt_id)
    where not bridged_event.is_stated
    group by joined.attempt_id
),
untimed_carried as (
    select attempt_id, carried_bridged_at as at_ms, carried_bridged_latest as latest, count(*) as said
    from joined
    join run using (attempt_id)
    where not bridged_event.is_stated
      and (run.step in ('P', 'L') or run.n = bridged_event_n)
      and plausible(carried_bridged_at, run.recorded_at)
    group by all
),
timed_bridges as (
    select
        attempt_id,
        least(greatest(at_ms, j.at, before.at), next_at) as at_ms,
        -- Where it has to wait for what it follows, it is told as well as that.
        case when coalesce(before.at >= j.at, before is not null) then before.at <= at_ms or before.is_stated
            else coalesce(j.at <= at_ms or j.is_stated, true) end as is_stated
    from untimed_bridges
    join untimed_carried using (attempt_id)
    where coalesce(greatest(j.at, before.at), latest) <= latest
      and coalesce(next_latest, at_ms) >= at_ms
    qualify row_number() over (partition by attempt_id order by said desc, at_ms, latest) = 1
),
-- The place of each carried connection: after everything of its time and before, but for what follows a talk.
placed as (
    select
        joined.attempt_id,
        carried_bridges.*,
        letters,
        end_agent_id,
        coalesce(joined_event_at, carried_join_at) as joined_at,
        count(*) filter (run.step not in ('P', 'L') and run.occurred_at <= carried_bridges.latest) as before,
        list(run.occurred_at order by run.n) as times,
        list(run.latest_at order by run.n) as latest_times,
        list(run.is_stated order by run.n) as are_stated
    from joined
    join carried_bridges using (attempt_id)
    join run using (attempt_id)
    where bridged_event_at is null
    group by all
),
-- A carried connection stands where the run with it is legal, and where it can be after the joining and before
-- what follows it. Of those that stand most events carry the one that counts; of equals it is the earliest. In
-- its second it is after what it follows, and before what follows it. Where it has to wait for what it follows, it
-- is told as well as that.
standing as (
    select
        attempt_id,
        before,
        greatest(at_ms, joined_at, case when before > 0 then times[before] end) as at_ms,
        times[before + 1] as next_at,
        not (before > 0 and times[before] > at_ms) or are_stated[before] as is_stated
    from placed
    left join (select attempt_id, min(ord) as ord from nameless group by attempt_id) as nameless using (attempt_id)
    where is_run(letters[:before] || 'B' || letters[before + 1:])
      and coalesce(joined_at, latest) <= latest
      and coalesce(latest_times[before + 1], at_ms) >= at_ms
      -- Where it is of no leg, who misses afterwards was rung until then.
      and (end_agent_id is not null or coalesce(nameless.ord < 2 * before + 1, false)
        or not contains(letters[before + 1:], 'M'))
    qualify row_number() over (partition by attempt_id order by said desc, placed.at_ms, latest) = 1
),
bridged as (
    select
        joined.* replace (
            coalesce(timed_bridges.at_ms, bridged_event_at) as bridged_event_at,
            coalesce(moment(timed_bridges.at_ms, timed_bridges.is_stated), bridged_event) as bridged_event
        ),
        before, least(standing.at_ms, standing.next_at) as carried_bridge_at,
        standing.is_stated as is_carried_bridge_stated
    from joined
    left join standing using (attempt_id)
    left join timed_bridges using (attempt_id)
)
select
    *,
    l.at as left_at,
    coalesce(joined_event_at, carried_join_at) as joined_at,
    coalesce(bridged_event_at, carried_bridge_at) as bridged_at,
    coalesce(joined_event, moment(carried_join_at, true)) as j,
    coalesce(bridged_event, moment(carried_bridge_at, is_carried_bridge_stated)) as b,
    -- Steps are numbered 2, 4, 6 …, so that a connection that is only carried stands between two of them.
    coalesce(2 * bridged_event_n, case when carried_bridge_at is not null then 2 * before + 1 end)
        as bridge_ord,
    letters not like '%J%' and carried_join_at is not null as is_join_inferred,
    carried_bridge_at is not null as is_bridge_inferred
from bridged;
