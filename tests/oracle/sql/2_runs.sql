-- Step 2, at its end: the story of each attempt.
--
-- In:  deliveries, ordered, chosen
-- Out: run          one row per delivery that counts, numbered n = 1, 2, 3 … in time order
--      conflicts    how many deliveries of an attempt are set aside

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
