-- Step 2: of each attempt's deliveries, those that make its story: the longest legal run in time order.
--
-- In:  deliveries, stated_queues
-- Out: run          one row per delivery that counts, numbered n = 1, 2, 3 … in time order
--      conflicts    how many deliveries of an attempt are set aside
--      unjudged     attempts with too many deliveries to try all choices (none are expected)
--
-- The lifecycle, one letter per step, each of them optional:
--     Joined, then Offering and Missed in any order, then Answered or Active, then Bridged,
--     then one Missed, then Processing, then Leaving.
-- Where the whole set is no such run, the longest choice of deliveries that is one tells the story; among
-- equally long choices the one whose first differing delivery comes earlier.

create macro is_run(letters) as regexp_full_match(letters, 'J?[OM]*A*B*M?P?L?');

create table candidates as
select
    deliveries.* exclude (queue_type, queue_id),
    stated_queues.queue_type,
    stated_queues.queue_id,
    row_number() over (
        partition by deliveries.attempt_id
        order by occurred_at, rank, content, position
    ) as place
from deliveries
join stated_queues using (attempt_id)
where coalesce(deliveries.queue_type = stated_queues.queue_type, true)
  and coalesce(deliveries.queue_id = stated_queues.queue_id, true)
  -- What the queue type does not have at all is set aside before anything is weighed.
  and not (step = 'A' and stated_queues.queue_type not in ('preview_dialer', 'offline_queue'))
  and not (step in ('M', 'P') and stated_queues.queue_type = 'outbound_ivr');

create table stories as
select
    attempt_id,
    list(step order by place) as letters,
    is_run(string_agg(step, '' order by place)) as is_legal
from candidates
group by attempt_id;

create table unjudged as
select attempt_id from stories where not is_legal and len(letters) > 16;

create table chosen as
with
-- Every choice of deliveries of a contradictory attempt, as a number whose bits say which are in it.
choices as (
    select attempt_id, letters, unnest(range(1::bigint << len(letters))) as bits
    from stories
    where not is_legal and attempt_id not in (from unjudged)
),
places as (
    select
        attempt_id,
        letters,
        list_filter(range(1, len(letters) + 1), lambda place: (bits >> (place - 1)) & 1 = 1) as places
    from choices
),
legal as (
    select attempt_id, places
    from places
    where is_run(array_to_string(list_transform(places, lambda place: letters[place]), ''))
),
best as (
    select attempt_id, places
    from legal
    qualify row_number() over (partition by attempt_id order by len(places) desc, places) = 1
)
select attempt_id, unnest(places) as place from best
union all
select attempt_id, unnest(range(1, len(letters) + 1)) from stories where is_legal;

create table run as
select
    candidates.*,
    row_number() over (partition by attempt_id order by place) as n
from candidates
join chosen using (attempt_id, place);

create table conflicts as
select attempt_id, count(*) - count(run.position) as set_aside
from deliveries
left join run using (attempt_id, position)
group by attempt_id;
