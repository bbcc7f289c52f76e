-- Every customer has the budget for calls from anywhere from the first moment on, so that a first attempt runs the same
-- statements as any other (C7). The one for calls from their own line comes with the first such call (verify.sql): most
-- customers never make one, and whoever calls from their own line learns nothing by it. One statement-level trigger
-- serves single inserts and COPY alike. Ids are never used twice, so there is no conflict to look for.
create or replace function give_budgets() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    insert into budget (customer_id, person_id, own_line, failures) select c.id, 0, false, 0 from added c;
    return null;
end $$;

create or replace trigger customer_budgets after insert on customer
    referencing new table as added for each statement execute function give_budgets();

insert into budget (customer_id, person_id, own_line, failures)
select -1 - d, 0, false, 0 from generate_series(0, 1023) d
on conflict do nothing;

-- Decoys have credentials too, whose keyed values are random: the comparison finds something to compare, never a match.
insert into credential (customer_id, person_id, method, sim_id, key_id, mac)
select -1 - d, 0, 1, 0, 0, substring(sha256(gen_random_uuid()::text::bytea) for 16) from generate_series(0, 1023) d
on conflict do nothing;

-- Room in each page for the next version of a budget row: an attempt updates it in place, without touching the index.
alter table budget set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
alter table call set (fillfactor = 80);
