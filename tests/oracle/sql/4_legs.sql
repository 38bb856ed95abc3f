-- Step 4: the agents' legs of each attempt.
--
-- In:  run, instants
-- Out: legs         one row per leg
--
-- The rules, in words (events in time order; outbound IVR has no agents and so no legs):
--   * Offering opens a leg for its agent. Whatever rings at that moment is withdrawn.
--   * Missed closes the ringing leg of its agent; if it names no agent, whatever rings. Where nothing rings it
--     closes the leg that its agent answered, or that anybody answered last. If there is neither, it is a leg
--     of its own that begins and ends there. After a connection it closes no offer and is no miss: it ends
--     the talk of its agent, if that agent talks; if it names no agent, the talk that goes on.
--   * Answered ends the ringing of its agent's leg; without such a leg it opens one.
--   * Bridged connects its agent's leg; without such a leg it opens one. Every other talk ends there,
--     everything else that rings is withdrawn there, and whoever had only answered is released there.
--     Repeated by the same agent it changes nothing.
--   * A connection that is only carried is made at its place in time order, for the agent of the first
--     Processing or Leaving.
--   * Processing ends talks and ringing. After-call work begins for the last leg of its agent that talked,
--     else for the agent's leg that goes on, else for a new one. Every other leg ends.
--   * Leaving ends everything.
-- In any attempt at most one leg rings, since a new offer withdraws it, and an agent has at most one leg that
-- goes on.

-- The run of queues with agents, with the carried connection in its place. "ord" leaves room for it. Times
-- are moments: an instant, and whether a sender's clock says so.
create table steps as
with
reported as (
    select
        attempt_id, run.queue_type, 2 * n as ord, step,
        -- The first connection is where the attempt's is.
        case when n = bridged_event_n then b else moment(occurred_at, is_stated) end as at_ms,
        agent_id, run.call_cause
    from run
    join instants using (attempt_id)
    where has_agents
),
ends as (
    select attempt_id, arg_min(agent_id, ord) as agent_id
    from (select attempt_id, ord, coalesce(agent_id, -9223372036854775807) as agent_id
          from reported where step in ('P', 'L'))
    group by attempt_id
),
carried as (
    select
        attempt_id,
        queue_type,
        bridge_ord as ord,
        'B' as step,
        b as at_ms,
        nullif(ends.agent_id, -9223372036854775807) as agent_id,
        null as call_cause
    from instants
    join ends using (attempt_id)
    where is_bridge_inferred
      and (ends.agent_id <> -9223372036854775807
        or exists (
            select 1 from nameless
            where nameless.attempt_id = instants.attempt_id and nameless.ord < bridge_ord))
)
from reported
union all
from carried
union all
-- A miss that is the end of its attempt ends everything, as Leaving does.
select attempt_id, queue_type, 2 * events + 1, 'L', l, null, null
from instants
where has_agents and l is not null and attempt_id not in (select attempt_id from run where step = 'L');

-- Who talks: a talk begins with the first of the connections of one agent that follow each other.
create table talks as
with
connections as (
    select *, row_number() over (partition by attempt_id order by ord) as nth,
        lag(agent_id) over (partition by attempt_id order by ord) as agent_before
    from steps where step = 'B'
),
begun as (
    select attempt_id, ord, at_ms, agent_id, row_number() over (partition by attempt_id order by ord) as talk
    from connections
    where nth = 1 or agent_id is distinct from agent_before
)
select
    begun.attempt_id,
    begun.ord,
    begun.at_ms as bridged_at,
    begun.agent_id,
    begun.talk,
    arg_min(ender.at_ms, ender.ord) as talk_ended_at,
    -- Another agent's connection and a miss end the leg with the talk; so does Leaving. What follows
    -- Processing is said below.
    arg_min(ender.step, ender.ord) as ended_by,
    min(ender.ord) as ender_ord
from begun
left join steps as ender
    on ender.attempt_id = begun.attempt_id
    and ender.ord > begun.ord
    and (ender.step in ('P', 'L')
        or (ender.step = 'B' and ender.agent_id is distinct from begun.agent_id)
        or (ender.step = 'M' and (ender.agent_id is null or ender.agent_id = begun.agent_id)))
group by all;

create table first_talks as
select attempt_id, ord, bridged_at, agent_id from talks where talk = 1;

-- Misses that come before any connection. (This is the one place that decides what "after a connection"
-- means: after a Bridged, or after a carried connection at the place where it is made.)
create table misses as
select steps.*
from steps
left join first_talks using (attempt_id)
where step = 'M' and (first_talks.ord is null or steps.ord < first_talks.ord);

-- Each offer, and what ends its ringing.
create table rings as
select
    offer.attempt_id,
    offer.ord,
    offer.agent_id,
    offer.at_ms as offered_at,
    min(ender.ord) as ender_ord,
    arg_min(ender.step, ender.ord) as ender_step,
    arg_min(ender.at_ms, ender.ord) as ring_ended_at
from steps as offer
left join steps as ender
    on ender.attempt_id = offer.attempt_id
    and ender.ord > offer.ord
    and (ender.step in ('O', 'B', 'P', 'L')
        or (ender.step = 'M' and (ender.agent_id is null or ender.agent_id = offer.agent_id))
        or (ender.step = 'A' and ender.agent_id is not distinct from offer.agent_id))
where offer.step = 'O'
group by all;

-- The first answer of each agent that finds no ringing leg.
create table lone_answers as
with first_answers as (
    select attempt_id, agent_id, min(ord) as ord, arg_min(at_ms, ord) as answered_at
    from steps where step = 'A' group by attempt_id, agent_id
)
select * from first_answers
where not exists (
    select 1 from rings
    where rings.attempt_id = first_answers.attempt_id and rings.ender_ord = first_answers.ord);

-- Legs as they are before any talk: offers and answers.
create table begun_legs as
select
    attempt_id, ord, agent_id, offered_at,
    case when ender_step = 'A' then ring_ended_at end as answered_at,
    case when ender_step = 'A' then ender_ord end as answered_ord,
    ring_ended_at,
    -- Whether the leg goes on when the talk, Processing or Leaving comes.
    ender_step is null or ender_step not in ('O', 'M') as goes_on,
    ender_step = 'M' as is_missed,
    case when ender_step in ('O', 'M') then ring_ended_at end as ended_early_at,
    ender_ord
from rings
union all
select attempt_id, ord, agent_id, null, answered_at, ord, null, true, false, null, null from lone_answers;

-- Which answered leg a miss breaks off, where it finds nothing that rings.
create table break_offs as
select misses.attempt_id, misses.ord as miss_ord, misses.at_ms, leg.ord
from misses
join begun_legs as leg
    on leg.attempt_id = misses.attempt_id
    and leg.answered_at is not null and leg.goes_on
    and leg.answered_ord < misses.ord
    and (misses.agent_id is null or misses.agent_id = leg.agent_id)
where not exists (
    select 1 from rings where rings.attempt_id = misses.attempt_id and rings.ender_ord = misses.ord)
qualify row_number() over (
    partition by misses.attempt_id, misses.ord order by leg.answered_ord desc) = 1;

create table early_legs as
select
    leg.* replace (
        leg.goes_on and broken.ord is null as goes_on,
        leg.is_missed or broken.ord is not null as is_missed,
        coalesce(leg.ended_early_at, broken.at_ms) as ended_early_at,
        coalesce(broken.miss_ord, leg.ender_ord) as ender_ord
    ),
    broken.ord is not null as is_broken_off
from begun_legs as leg
left join break_offs as broken using (attempt_id, ord);

-- Which talk continues which early leg: the first one, that of its agent which goes on.
create table joined_legs as
select early_legs.*, talks.ord as talk_ord
from early_legs
left join talks
    on talks.attempt_id = early_legs.attempt_id
    and talks.talk = 1
    and talks.agent_id is not distinct from early_legs.agent_id
    and early_legs.goes_on;

create table unwrapped as
with
processing as (select attempt_id, ord, at_ms from steps where step = 'P'),
leaving as (select attempt_id, ord, at_ms from steps where step = 'L'),
-- Early legs, perhaps with a talk.
early as (
    select
        leg.attempt_id, leg.ord, leg.agent_id, leg.offered_at, leg.answered_at, talks.bridged_at,
        leg.ring_ended_at, talks.talk_ended_at, talks.ord as talk_ord, leg.is_missed,
        case
            when not leg.goes_on then leg.ended_early_at
            when talks.ord is not null then talks.talk_ended_at
            -- Somebody else was connected, or after-call work began, or the subscriber left.
            else coalesce(first_talks.bridged_at, processing.at_ms, leaving.at_ms)
        end as ended_at,
        -- Whether the leg still goes on at Processing.
        case
            when not leg.goes_on then false
            when talks.ord is not null then talks.ended_by = 'P'
            else first_talks.ord is null
        end as reaches_processing,
        case when leg.is_missed then leg.ender_ord end as miss_ord
    from joined_legs as leg
    left join talks on talks.attempt_id = leg.attempt_id and talks.ord = leg.talk_ord
    left join first_talks on first_talks.attempt_id = leg.attempt_id
    left join processing on processing.attempt_id = leg.attempt_id
    left join leaving on leaving.attempt_id = leg.attempt_id
),
-- Talks of agents who had no leg.
fresh as (
    select
        attempt_id, ord, agent_id, null as offered_at, null as answered_at, bridged_at, null as ring_ended_at,
        talk_ended_at, ord as talk_ord, false as is_missed, talk_ended_at as ended_at,
        coalesce(ended_by = 'P', false) as reaches_processing, null as miss_ord
    from talks
    where not exists (
        select 1 from joined_legs where joined_legs.attempt_id = talks.attempt_id and talk_ord = talks.ord)
),
-- Misses that close no offer.
stray as (
    select
        attempt_id, ord, agent_id, null as offered_at, null as answered_at, null as bridged_at,
        at_ms as ring_ended_at, null as talk_ended_at, null as talk_ord, true as is_missed, at_ms as ended_at,
        false as reaches_processing, ord as miss_ord
    from misses
    where not exists (
        select 1 from rings where rings.attempt_id = misses.attempt_id and rings.ender_ord = misses.ord)
      and not exists (
        select 1 from break_offs
        where break_offs.attempt_id = misses.attempt_id and break_offs.miss_ord = misses.ord)
)
from early union all from fresh union all from stray;

-- After-call work: whose leg it is.
create table wrapping as
select
    processing.attempt_id,
    processing.ord as processing_ord,
    processing.at_ms as wrap_started_at,
    processing.agent_id,
    coalesce(
        max(leg.ord) filter (leg.talk_ord is not null),
        max(leg.ord) filter (leg.reaches_processing)
    ) as leg_ord
from steps as processing
left join unwrapped as leg
    on leg.attempt_id = processing.attempt_id
    and leg.agent_id is not distinct from processing.agent_id
where processing.step = 'P'
group by all;

create table legs as
with
leaving as (select attempt_id, at_ms from steps where step = 'L'),
known as (
    select
        leg.* exclude (ended_at),
        wrapping.wrap_started_at,
        case when wrapping.leg_ord is not null then leaving.at_ms else leg.ended_at end as ended_at
    from unwrapped as leg
    left join wrapping on wrapping.attempt_id = leg.attempt_id and wrapping.leg_ord = leg.ord
    left join leaving on leaving.attempt_id = leg.attempt_id
),
-- Processing by an agent who has no leg.
opened as (
    select
        attempt_id, processing_ord as ord, agent_id, null as offered_at, null as answered_at,
        null as bridged_at, null as ring_ended_at, null as talk_ended_at, null as talk_ord,
        false as is_missed, false as reaches_processing, null as miss_ord, wrap_started_at,
        leaving.at_ms as ended_at
    from wrapping
    left join leaving using (attempt_id)
    where leg_ord is null
)
from known union all by name from opened;
