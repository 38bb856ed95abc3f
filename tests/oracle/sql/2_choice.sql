-- Step 2: of each attempt's deliveries, those that make its story: the longest legal run in time order.
--
-- This is asked twice: of all candidates, and again when it is known which of them count under one id.
--
-- In:  candidates, places (where each candidate stands in time order), demanded (what has to be in the story,
--      as far as it can be)
-- Out: ordered      the candidates with their places
--      chosen       the places of those that make the story
--      unjudged     attempts with too many deliveries to try all choices (none are expected)
--
-- The lifecycle, one letter per step, each of them optional:
--     Joined, then Offering and Missed in any order, then Answered or Active, then Bridged,
--     then one Missed, then Processing, then Leaving.
-- Where the whole set is no such run, a choice of deliveries that is one tells the story: one with the most of
-- what is demanded; among these the longest; among equally long ones the one whose first differing delivery comes earlier.

create or replace macro is_run(letters) as regexp_full_match(letters, 'J?[OM]*A*B*M?P?L?');

create or replace table ordered as
select candidates.*, place, demanded.position is not null as is_demanded
from candidates
join places using (attempt_id, position)
left join demanded using (attempt_id, position);

create or replace table stories as
select
    attempt_id,
    list(step order by place) as letters,
    list(place order by place) filter (is_demanded) as demanded,
    is_run(string_agg(step, '' order by place)) as is_legal
from ordered
group by attempt_id;

create or replace table unjudged as
select attempt_id from stories where not is_legal and len(letters) > 16;

create or replace table chosen as
with
-- Every choice of deliveries of a contradictory attempt, as a number whose bits say which are in it.
choices as (
    select attempt_id, letters, demanded, unnest(range(1::bigint << len(letters))) as bits
    from stories
    where not is_legal and attempt_id not in (from unjudged)
),
places as (
    select
        attempt_id,
        letters,
        demanded,
        list_filter(range(1, len(letters) + 1), lambda place: (bits >> (place - 1)) & 1 = 1) as places
    from choices
),
legal as (
    select attempt_id, places, len(list_intersect(places, coalesce(demanded, []))) as demanded
    from places
    where is_run(array_to_string(list_transform(places, lambda place: letters[place]), ''))
),
best as (
    select attempt_id, places
    from legal
    qualify row_number() over (partition by attempt_id order by demanded desc, len(places) desc, places) = 1
)
select attempt_id, unnest(places) as place from best
union all
select attempt_id, unnest(range(1, len(letters) + 1)) from stories where is_legal;
