-- Who holds which key of which ring (B5): every process that has loaded a ring says so by advisory locks of its session,
-- one for each key it knows and one for the key it writes under. They end with the session, so that nobody has to be
-- asked whether they still live, and a rotation goes on only when everybody who lives has followed.

-- The first number of a lock. What: knows, writes, or changes (taken for a moment by who loads, alone by who rotates).
create or replace function key_lock(p_ring text, p_what text) returns int language sql immutable as $$
    select hashtext('werda:key|' || p_ring || '|' || p_what)
$$;

-- The second: a key id is an unsigned number of 32 bits, which a lock takes as a signed one.
create or replace function key_number(p_key bigint) returns int language sql immutable as $$
    select (case when p_key > 2147483647 then p_key - 4294967296 else p_key end)::int
$$;

-- Say that this session has a ring from now on, and read what the database knows of it. Whoever rotates waits for this
-- statement, or this statement for them: either they see the locks, or these canaries are those after their step.
create or replace function hold_ring(p_ring text, p_keys bigint[], p_primary bigint)
    returns table (key_id bigint, value bytea, state text)
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform pg_advisory_xact_lock_shared(key_lock(p_ring, 'changes'), 0);
    perform pg_advisory_lock_shared(key_lock(p_ring, 'knows'), key_number(k)) from unnest(p_keys) k;
    perform pg_advisory_lock_shared(key_lock(p_ring, 'writes'), key_number(p_primary));
    return query select c.key_id, c.value, c.state from key_canary c where c.ring = p_ring;
end $$;

-- This session has that version of the ring no longer.
create or replace function let_ring_go(p_ring text, p_keys bigint[], p_primary bigint) returns void
language sql security definer set search_path = public, pg_temp as $$
    select pg_advisory_unlock_shared(key_lock(p_ring, 'knows'), key_number(k)) from unnest(p_keys) k;
    select pg_advisory_unlock_shared(key_lock(p_ring, 'writes'), key_number(p_primary));
$$;

-- Let nobody load the ring until this transaction ends, and tell who has it: their role, their keys, and under which of
-- them they write. While a process changes over it has two of those.
create or replace function ring_holders(p_ring text) returns table (role text, knows bigint[], writes bigint[])
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform pg_advisory_xact_lock(key_lock(p_ring, 'changes'), 0);
    return query
    select coalesce(min(a.usename)::text, ''),
           coalesce(array_agg(l.objid::bigint) filter (where l.classid = key_lock(p_ring, 'knows')::oid), '{}'),
           coalesce(array_agg(l.objid::bigint) filter (where l.classid = key_lock(p_ring, 'writes')::oid), '{}')
    from pg_locks l left join pg_stat_activity a using (pid)
    where l.locktype = 'advisory' and l.granted and l.objsubid = 2
      and l.database = (select oid from pg_database where datname = current_database())
      and l.classid in (key_lock(p_ring, 'knows')::oid, key_lock(p_ring, 'writes')::oid)
    group by l.pid;
end $$;

-- The counts of who holds which code have moved to another key; the rows under this one, all of 0, go. Nobody counts
-- meanwhile. Gives how many holders are still counted under it; then nothing goes.
create or replace function forget_code_key(p_key bigint) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    left_over bigint;
begin
    lock table code_holders in share row exclusive mode;
    select coalesce(sum(holders), 0) into left_over from code_holders where key_id = p_key;
    if left_over = 0 then
        delete from code_holders where key_id = p_key;
    end if;
    return left_over;
end $$;
