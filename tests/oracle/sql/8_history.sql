-- Step 8: sums, extremes and exact percentiles by quarter of an hour and by local day, as cells.
--
-- In:  items, zone (the time zone's name)
-- Out: cells    owner, period ('quarter' or 'day'), attribution, start_at, queue_id, agent_id, name, value
-- A cell that would be zero, or that has no values, is not there.

create table placed as
with
attributed as (
    select * exclude (start_at, emit_at, end_at), 'start' as attribution, start_at as at_ms from items
    union all
    select * exclude (start_at, emit_at, end_at), 'emit', emit_at from items
    union all
    -- Nothing before the end: what has not left, or goes on, falls nowhere.
    select * exclude (start_at, emit_at, end_at), 'end', end_at from items where end_at is not null
)
select *, 'quarter' as period, at_ms - ((at_ms % 900000) + 900000) % 900000 as start_at from attributed
union all
-- The local day: its beginning is the instant of local midnight, so days of 23 and 25 hours are right.
select attributed.*, 'day', epoch_ms(timezone((from zone),
    date_trunc('day', timezone((from zone), to_timestamp(at_ms / 1000.0)))))
from attributed;

create table counts as
select owner, period, attribution, start_at, queue_id, agent_id, name, count(*)::bigint as value
from placed
where value is null
group by all;

-- Percentiles by nearest rank: the value at place ceil(p × n / 100) of the n values in ascending order.
create table distributions as
with ranked as (
    select owner, period, attribution, start_at, queue_id, agent_id, name, value,
        row_number() over same as place,
        count(*) over (partition by owner, period, attribution, start_at, queue_id, agent_id, name) as n
    from placed
    where value is not null
    window same as (
        partition by owner, period, attribution, start_at, queue_id, agent_id, name order by value)
)
select owner, period, attribution, start_at, queue_id, agent_id, name,
    count(*)::bigint as "count",
    sum(value)::bigint as sum_ms,
    min(value) as min_ms,
    max(value) as max_ms,
    max(value) filter (place = (50 * n + 99) // 100) as p50_ms,
    max(value) filter (place = (90 * n + 99) // 100) as p90_ms,
    max(value) filter (place = (95 * n + 99) // 100) as p95_ms
from ranked
group by all;

create table cells as
from counts
union all
select owner, period, attribution, start_at, queue_id, agent_id, name || '_' || statistic, value
from (unpivot distributions on "count", sum_ms, min_ms, max_ms, p50_ms, p90_ms, p95_ms
    into name statistic value value);
