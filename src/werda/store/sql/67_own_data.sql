-- What customers take with them of what is recorded about them (A8, GDPR Art. 15), and the proof that it is in the signed record.

-- What agents wrote about a call; who wrote it is not told.
create view portal.call_note with (security_barrier) as
    select n.id, n.customer_id, n.topic, n.text, n.written_at from public.call_note n
    where n.customer_id = (select public.portal_customer());

-- Every attempt and event about a customer as the line its hash runs over, and the batch it was sealed in (null: not yet).
create or replace function proof_records(p_customer bigint)
    returns table (log int, id bigint, line text, batch bigint, leaf bigint)
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
    perform own_only(array[p_customer]);
    return query
        select 1, a.id, attempt_line(a), b.first_id, l.leaf
        from attempt a
        left join lateral (select c.first_id from attempt_batch c where c.first_id <= a.id order by c.first_id desc limit 1) b on true
        left join seal_leaf l on l.log = 1 and l.batch = b.first_id
        where a.customer_id = p_customer order by a.at, a.id;
    return query
        select 2, e.id, event_line(e), s.batch_id, l.leaf
        from event e
        left join event_seal s on s.event_id = e.id
        left join seal_leaf l on l.log = 2 and l.batch = s.batch_id
        where e.customer_id = p_customer order by e.at, e.id;
end $$;

-- Of each sealed batch that holds such a row: the link before it, and ids and hashes (32 bytes each) of all its rows, erased ones
-- too. Of other people's rows that tells nothing: each hash covers sixteen random bytes.
create or replace function proof_batches(p_customer bigint)
    returns table (log int, batch bigint, before bytea, ids bigint[], hashes bytea)
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
    perform own_only(array[p_customer]);
    return query
        with sealed as materialized (
            select distinct r.log, r.batch from proof_records(p_customer) r where r.leaf is not null)
        select 1, s.batch,
               (select p.hash from attempt_batch p where p.first_id < s.batch and p.first_id >> 32 = s.batch >> 32
                order by p.first_id desc limit 1),
               h.ids, h.hashes
        from sealed s join attempt_batch b on b.first_id = s.batch
        cross join lateral (
            select array_agg(x.id order by x.id) as ids, string_agg(x.hash, ''::bytea order by x.id) as hashes
            from (select a.id, line_hash(attempt_line(a)) as hash from attempt a where a.id between b.first_id and b.last_id
                  union all
                  select e.record_id, e.hash from erased_record e
                  where e.log = 1 and e.record_id between b.first_id and b.last_id) x) h
        where s.log = 1
        union all
        select 2, s.batch, (select p.hash from event_batch p where p.id = s.batch - 1), h.ids, h.hashes
        from sealed s
        cross join lateral (
            select array_agg(m.event_id order by m.event_id) as ids,
                   string_agg(coalesce(line_hash(event_line(e)), x.hash), ''::bytea order by m.event_id) as hashes
            from event_seal m left join event e on e.id = m.event_id
            left join erased_record x on x.log = 2 and x.record_id = m.event_id and e.id is null
            where m.batch_id = s.batch and (e.id is not null or x.hash is not null)) h
        where s.log = 2;
end $$;

-- What everybody may know: the newest signed checkpoint, the hashes of all leaves under it, and how keys followed each other.
create or replace function proof_checkpoint() returns table (note text, size bigint)
language sql stable security definer set search_path = public, pg_temp as $$
    select c.note, c.size from sealed_checkpoint c order by c.size desc limit 1
$$;
create or replace function proof_leaves(p_size bigint) returns setof bytea
language sql stable security definer set search_path = public, pg_temp as $$
    select l.hash from seal_leaf l where l.leaf < p_size order by l.leaf
$$;
create or replace function proof_keys() returns table (public text, signature text)
language sql stable security definer set search_path = public, pg_temp as $$
    select e.detail ->> 'public', e.detail ->> 'signature' from event e
    where e.kind = 'key:added' and e.detail ? 'signature' order by e.id
$$;
