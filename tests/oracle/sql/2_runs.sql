-- Step 2: of each attempt's deliveries, those that make its story: the longest legal run in time order.
--
-- In:  deliveries, candidates, places (where each candidate stands in time order)
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

create table ordered as from candidates join places using (attempt_id, position);

create table stories as
select
    attempt_id,
    list(step order by place) as letters,
    is_run(string_agg(step, '' order by place)) as is_legal
from ordered
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
    ordered.*,
    row_number() over (partition by attempt_id order by place) as n
from ordered
join chosen using (attempt_id, place);

create table conflicts as
select attempt_id, count(*) - count(run.position) as set_aside
from deliveries
left join run using (attempt_id, position)
group by attempt_id;
