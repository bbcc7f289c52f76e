-- Verify a batch of attempts: lock, judge, count, append, in one call (design decision 3; C1-C4, C7, C9, B7).
--
-- The rules of the budget are those of core.budget; tests/store/test_verify_agrees_with_core.py holds the two together.
-- A batch holds a budget and a call at most once. Budgets are locked in key order before anything else is read, so that
-- two batches never wait for each other in a circle, and the judging statement sees what the last holder committed.
-- Every attempt takes the same path: known or unknown (decoy rows), locked, too early, wrong, right.
--
-- p_mac holds 16 bytes for each id in p_keys, one after the other; the row picks the one of its own key version.
-- One generic plan serves every batch: planning anew for each would cost more than a small batch itself.
-- A call's tries, level and method move in the same statement. An attempt whose idempotency key the call has seen is
-- answered from the log and counts nothing; outcome 100 says that its digits or its subject differed (HTTP 422).
create or replace function verify(
    p_lane bigint, p_seq bigint, p_prev bytea, p_now timestamptz, p_keys bigint[],
    p_brand bigint[], p_customer bigint[], p_person bigint[], p_own boolean[],
    p_channel smallint[], p_method smallint[], p_accepted boolean[], p_mac bytea[],
    p_limit smallint[], p_delay float8[], p_factor float8[], p_level smallint[], p_token_seconds float8[],
    p_api_key bigint[], p_ref text[], p_calling text[], p_asserted boolean[], p_trunk text[], p_agent bigint[],
    p_key text[], p_request bytea[],
    out o_outcome smallint[], out o_attempt bigint[], out o_call bigint[], out o_tries smallint[], out o_level smallint[],
    out o_method smallint[], out o_line bigint[], out o_at timestamptz[], out o_hash bytea)
language plpgsql security definer set search_path = public, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
    t constant timestamptz := coalesce(p_now, clock_timestamp());
    replay bigint[];  -- for each attempt the earlier one with its idempotency key, or null
begin
    -- The first call from somebody's own line brings the budget for such calls; in key order, too, and before any lock.
    insert into budget (customer_id, person_id, own_line, failures)
    select u.customer, u.person, true, 0 from unnest(p_customer, p_person, p_own) u(customer, person, own)
    where u.own order by 1, 2 on conflict do nothing;

    perform 1 from budget b
      join unnest(p_customer, p_person, p_own) u(customer, person, own)
        on b.customer_id = u.customer and b.person_id = u.person and b.own_line = u.own
      order by b.customer_id, b.person_id, b.own_line for update of b;

    if array_length(array_remove(p_key, null), 1) > 0 then
        select array_agg(a.id order by u.i) into replay
        from unnest(p_brand, p_ref, p_api_key, p_key) with ordinality u(brand, ref, api_key, key, i)
        left join call c on u.key is not null and c.brand_id = u.brand and c.ref = u.ref
        left join attempt a on a.call_id = c.id and a.api_key_id = u.api_key and a.idempotency_key = u.key;
    end if;

    with u as materialized (
        select * from unnest(p_brand, p_customer, p_person, p_own, p_channel, p_method, p_accepted, p_mac,
                             p_limit, p_delay, p_factor, p_level, p_token_seconds,
                             p_api_key, p_ref, p_calling, p_asserted, p_trunk, p_agent, p_key, p_request)
            with ordinality x(brand, customer, person, own, channel, method, accepted, mac,
                              lim, delay, factor, lvl, token_seconds,
                              api_key, ref, calling, asserted, trunk, agent, key, request, i)
        where replay is null or replay[i] is null
    ), judged as (
        select u.*, b.failures as before, b.not_before as nb, m.line_id as scope,
               case when not u.accepted then 5
                    when b.failures >= u.lim then 2
                    when b.not_before > t then 3
                    when m.ok then 0 else 1 end::smallint as verdict
        from u join budget b on b.customer_id = u.customer and b.person_id = u.person and b.own_line = u.own
        left join lateral (
            select true as ok, case when s.role = 'secondary' then s.line_id end as line_id
            from credential c left join sim_profile s on s.id = c.sim_id
            where c.customer_id = u.customer and c.person_id = u.person and c.method = u.method
              -- What is not evaluated matches nothing: a right code in vain does no more work than a wrong one (C7).
              and c.mac = case when u.accepted and b.failures < u.lim and (b.not_before > t) is not true
                               then substring(u.mac from 16 * array_position(p_keys, c.key_id) - 15 for 16) end
              and (c.sim_id = 0 or (s.status = 'active' and s.customer_id = u.customer and s.activated_at <= t
                                    and (s.counts_from is null or s.counts_from <= t)  -- it cools after a replacement
                                    and (s.role <> 'secondary' or s.line_id is not null)))
              and (c.until is null or t < c.until)
            order by (s.role = 'secondary') nulls first limit 1) m on true
    ), ruled as materialized (
        select j.*, case j.verdict when 0 then 0 when 1 then j.before + 1 else j.before end as after from judged j
    ), counted as (
        update budget b
        set failures = j.after,
            not_before = case j.verdict when 0 then null
                                        when 1 then case when j.after >= 2 and j.delay > 0
                                                    then t + make_interval(secs => j.delay * j.factor ^ (j.after - 2)) end
                                        else j.nb end
        from ruled j where b.customer_id = j.customer and b.person_id = j.person and b.own_line = j.own
          and not (j.verdict = 0 and j.before = 0)  -- a success on a clean budget: the lock was needed, a write is not
    ), called as (
        insert into call as c (brand_id, ref, state, dialled, calling_number, asserted, trunk, tries, level, method,
                               legacy, channel, customer_id, person_id, line_id, attempt_id, verified_at, token_expires_at,
                               arrived_at)
        select j.brand, j.ref, 'dialogue', '', coalesce(j.calling, ''), j.asserted, j.trunk, 1,
               case j.verdict when 0 then j.lvl else 0 end, case j.verdict when 0 then j.method else 0 end,
               j.verdict = 0 and j.method = 3, j.channel,
               case j.verdict when 0 then j.customer end, case j.verdict when 0 then j.person end,
               case j.verdict when 0 then j.scope end, case j.verdict when 0 then p_lane << 32 | (p_seq + j.i) else 0 end,
               case j.verdict when 0 then t end,
               case j.verdict when 0 then t + make_interval(secs => j.token_seconds) end, t
        from ruled j order by j.brand, j.ref
        on conflict (brand_id, ref) do update set
            tries = c.tries + 1, channel = excluded.channel,
            level = case when excluded.attempt_id <> 0 then excluded.level else c.level end,
            method = case when excluded.attempt_id <> 0 then excluded.method else c.method end,
            legacy = case when excluded.attempt_id <> 0 then excluded.legacy else c.legacy end,
            customer_id = case when excluded.attempt_id <> 0 then excluded.customer_id else c.customer_id end,
            person_id = case when excluded.attempt_id <> 0 then excluded.person_id else c.person_id end,
            line_id = case when excluded.attempt_id <> 0 then excluded.line_id else c.line_id end,
            verified_at = coalesce(excluded.verified_at, c.verified_at),
            token_expires_at = coalesce(excluded.token_expires_at, c.token_expires_at),
            attempt_id = case when excluded.attempt_id <> 0 then excluded.attempt_id else c.attempt_id end
        returning c.id, c.brand_id as brand, c.ref, c.tries, c.level, c.line_id  -- what the call is worth now: 15_step_up.sql
    ), appended as (
        insert into attempt (id, at, brand_id, customer_id, person_id, own_line, channel, method, outcome, failures, level,
                             line_id, call_id, tries, calling_number, trunk, agent_id, api_key_id, idempotency_key,
                             request_mac)
        select p_lane << 32 | (p_seq + j.i), t, j.brand, j.customer, j.person, j.own, j.channel, j.method,
               case when j.customer < 0 and j.verdict between 0 and 1 then 4 else j.verdict end, j.after,
               case j.verdict when 0 then c.level else 0 end, case j.verdict when 0 then c.line_id end, c.id, c.tries,
               coalesce(j.calling, ''), j.trunk, j.agent, j.api_key, j.key, j.request
        from ruled j join called c using (brand, ref)
        returning *
    ), answered as (
        select (a.id & 4294967295) - p_seq as i, a.id, a.at, a.outcome, a.call_id, a.tries, a.level, a.method, a.line_id,
               line_hash(attempt_line(a)) as hash
        from appended a
        union all
        select r.i, a.id, a.at,
               case when a.request_mac = r.request and a.customer_id = r.customer then a.outcome else 100 end,
               a.call_id, a.tries, a.level, a.method, a.line_id, null
        from unnest(replay, p_request, p_customer) with ordinality r(id, request, customer, i)
        join attempt a on a.id = r.id
    )
    select array_agg(outcome order by i), array_agg(id order by i), array_agg(call_id order by i),
           array_agg(tries order by i), array_agg(level order by i), array_agg(method order by i),
           array_agg(line_id order by i), array_agg(at order by i),
           sha256(p_prev || string_agg(hash, '' order by i))
    into o_outcome, o_attempt, o_call, o_tries, o_level, o_method, o_line, o_at, o_hash
    from answered;

    if o_hash is null then  -- nothing but repeats: the lane stays as it is
        o_hash := p_prev;
    else
        insert into attempt_batch values (p_lane << 32 | (p_seq + 1), p_lane << 32 | (p_seq + cardinality(p_brand)), o_hash);
    end if;
end $$;
