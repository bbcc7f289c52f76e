-- An import fills tables faster than autovacuum looks at them, and an ANALYZE that falls into its first transaction
-- even records that they are empty: lookups by index would turn into scans. So an import says itself when to look again,
-- and a table is looked at when it has doubled. How unique its keys are shows in a tenth of the usual sample.
create or replace function analyze_imported() returns void
language plpgsql security definer set search_path = public, pg_temp set default_statistics_target = 10 as $$
declare
    t record;
begin
    for t in select * from (values ('customer', 'brand_id, customer_number'), ('line', 'brand_id, msisdn'),
                                   ('sim_profile', 'brand_id, iccid'), ('sealed_secret', 'customer_id, sim_id'),
                                   ('credential', 'customer_id'), ('option_booking', 'brand_id, reference')) looked_at(name, columns)
    loop
        if pg_relation_size(t.name::regclass) / current_setting('block_size')::int
           > 2 * (select greatest(relpages, 0) from pg_class where oid = t.name::regclass) then
            execute format('analyze %I (%s)', t.name, t.columns);
        end if;
    end loop;
end $$;

-- A new credential clears the account holder's budgets, a lock with them (C9), but not what they closed themselves (E5). Locked in key order, as verify.sql does.
create or replace function clear_budgets(p_customers bigint[]) returns void
language sql security definer set search_path = public, pg_temp as $$
    select own_only(p_customers);
    with mine as (
        select customer_id, person_id, own_line from budget
        where customer_id = any (p_customers) and person_id = 0
        order by customer_id, person_id, own_line for update)
    update budget b set failures = 0, not_before = null
    from mine m where b.customer_id = m.customer_id and b.person_id = m.person_id and b.own_line = m.own_line
$$;
