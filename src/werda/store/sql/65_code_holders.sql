-- Who may hold which code (B3): how many customers of a brand hold each value, counted exactly.
--
-- Nothing else writes code_holders. Both writers take every row they need in one statement, in key order, so that any
-- number of them never wait for each other in a circle; therefore each is called once in a transaction, and last of what
-- waits for rows: choosers of a value that an import has just counted wait until that import's chunk is in.
-- A row is never removed; a value nobody holds any more has a row with 0.

-- Room in each page for the next version of a row: a count changes in place, without touching the index.
alter table code_holders set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

-- Add to the counts: p_difference holders more or fewer of each value, each value once.
create or replace function tally_codes(p_brand bigint, p_key bigint, p_mac bytea[], p_difference int[]) returns void
language sql security definer set search_path = public, pg_temp as $$
    insert into code_holders as h (brand_id, mac, key_id, holders)
    select p_brand, u.mac, p_key, u.difference from unnest(p_mac, p_difference) u(mac, difference)
    where u.difference > 0 or (select true from code_holders e where e.brand_id = p_brand and e.mac = u.mac)
    order by u.mac
    on conflict (brand_id, mac) do update set holders = greatest(h.holders + excluded.holders, 0)
$$;

-- Take places under the cap: for each value as many of p_wanted as there is room for, and count them. p_macs holds 16
-- bytes for each id in p_keys, one after the other, because while a key is being replaced a value is counted under both;
-- what is taken is counted under p_primary. If the first value got its place, a holder of p_leaving (may be null) is gone.
create or replace function take_code_places(
    p_brand bigint, p_primary bigint, p_keys bigint[], p_macs bytea[], p_wanted int[], p_cap bigint, p_leaving bytea,
    out o_given int[])
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    -- Writing each row as it is locks it whether it was there or not. What was committed meanwhile is seen below. Every row
    -- is looked up by its key on its own, whatever the planner believes of a table that fills within one run.
    insert into code_holders as h (brand_id, mac, key_id, holders)
    select p_brand, c.mac, c.key, 0
    from (select substring(m.macs from 16 * k.i::int - 15 for 16) as mac, k.id as key
          from unnest(p_macs) m(macs) cross join unnest(p_keys) with ordinality k(id, i)
          union all
          select p_leaving, 0 where p_leaving is not null) c
    where c.key = p_primary
       or (select true from code_holders e where e.brand_id = p_brand and e.mac = c.mac)
    order by c.mac
    on conflict (brand_id, mac) do update set holders = h.holders;

    select array_agg(least(w.wanted, greatest(p_cap - w.held, 0)) order by w.i) into o_given
    from (select m.i, m.wanted,
                 (select sum(coalesce((select h.holders from code_holders h where h.brand_id = p_brand
                                       and h.mac = substring(m.macs from 16 * k - 15 for 16)), 0))
                  from generate_subscripts(p_keys, 1) k) as held
          from unnest(p_macs, p_wanted) with ordinality m(macs, wanted, i)) w;

    insert into code_holders as h (brand_id, mac, key_id, holders)
    select p_brand, substring(m.macs from 16 * array_position(p_keys, p_primary) - 15 for 16), p_primary, m.given
    from unnest(p_macs, o_given) m(macs, given) where m.given > 0
    on conflict (brand_id, mac) do update set holders = h.holders + excluded.holders;

    if o_given[1] > 0 then
        update code_holders set holders = greatest(holders - 1, 0) where brand_id = p_brand and mac = p_leaving;
    end if;
end $$;

-- Keep every writer waiting until the transaction ends, so that holders can be counted anew.
create or replace function hold_code_holders() returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    lock table code_holders in share row exclusive mode;
end $$;

-- Put counts made anew in the place of a brand's old ones; gives how many of the old were wrong.
create or replace function recount_codes(p_brand bigint, p_mac bytea[], p_key bigint[], p_holders int[], out o_wrong bigint)
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    select count(*) into o_wrong
    from unnest(p_mac, p_holders) u(mac, holders)
    full join (select mac, holders from code_holders where brand_id = p_brand) h using (mac)
    where coalesce(u.holders, 0) <> coalesce(h.holders, 0);
    delete from code_holders where brand_id = p_brand;
    insert into code_holders (brand_id, mac, key_id, holders)
    select p_brand, u.mac, u.key, u.holders from unnest(p_mac, p_key, p_holders) u(mac, key, holders);
end $$;

-- How many customers a brand has, counted no longer than ten minutes ago: the share of a code does not move faster, and to
-- count a million takes a quarter of a second.
create or replace function customers_of(p_brand bigint, p_now timestamptz) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare n bigint;
begin
    select customers into n from brand_size
    where brand_id = p_brand and counted_at between p_now - interval '10 minutes' and p_now;
    if n is null then
        select count(*) into n from customer where brand_id = p_brand;
        insert into brand_size (brand_id, customers, counted_at) values (p_brand, n, p_now)
        on conflict (brand_id) do update set customers = excluded.customers, counted_at = excluded.counted_at;
    end if;
    return n;
end $$;
