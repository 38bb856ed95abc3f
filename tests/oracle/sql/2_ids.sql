-- Step 2, between its two turns: of several contents under one id of an attempt exactly one counts.
--
-- In:  candidates, ordered and chosen of all of them
-- Out: candidates   without what other content of its id excludes
--      demanded     those that were chosen for their id, and were in the longest run of all

create table named_contents as
with
ids as (
    select attempt_id, sender
    from candidates
    where sender is not null
    group by attempt_id, sender
    having count(distinct content) > 1
)
select
    ordered.attempt_id, ordered.sender, ordered.content, ordered.position,
    -- Of one step and instant, one fits as well as the other.
    bool_or(chosen.place is not null) over (
        partition by ordered.attempt_id, ordered.sender, ordered.event, occurred_at) as fits,
    -- A receipt's time says nothing about a delivery.
    case when is_stated then occurred_at end as stated_at
from ordered
join ids using (attempt_id, sender)
left join chosen using (attempt_id, place);

-- One that fits the story before one that does not; then the earliest that states a time; then by content.
create table id_winners as
select attempt_id, sender, content, fits
from named_contents
qualify row_number() over (
    partition by attempt_id, sender order by fits desc, stated_at nulls last, content) = 1;

create or replace table candidates as
select candidates.*
from candidates
left join id_winners as winner
    on winner.attempt_id = candidates.attempt_id and winner.sender = candidates.sender
where winner.content is null or winner.content = candidates.content;

insert into demanded
select named.attempt_id, named.position
from named_contents as named
join id_winners as winner using (attempt_id, sender, content)
where winner.fits;
