-- Every customer has both budgets from the first moment on, so that a first attempt runs the same statements as any
-- other (C7). One statement-level trigger serves single inserts and COPY alike. Ids are never used twice, so there is no
-- conflict to look for, which would cost an import a third of what it takes to bring a customer in.
create or replace function give_budgets() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    insert into budget (customer_id, person_id, own_line, failures)
    select c.id, 0, own, 0 from added c cross join (values (false), (true)) o(own);
    return null;
end $$;

create or replace trigger customer_budgets after insert on customer
    referencing new table as added for each statement execute function give_budgets();

insert into budget (customer_id, person_id, own_line, failures)
select -1 - d, 0, own, 0 from generate_series(0, 1023) d cross join (values (false), (true)) o(own)
on conflict do nothing;

-- Decoys have credentials too, whose keyed values are random: the comparison finds something to compare, never a match.
insert into credential (customer_id, person_id, method, sim_id, key_id, mac)
select -1 - d, 0, 1, 0, 0, substring(sha256(gen_random_uuid()::text::bytea) for 16) from generate_series(0, 1023) d
on conflict do nothing;

-- Room in each page for the next version of a budget row: an attempt updates it in place, without touching the index.
alter table budget set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
alter table call set (fillfactor = 80);
