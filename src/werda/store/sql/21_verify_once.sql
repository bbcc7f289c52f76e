-- Verify a batch of one-time codes: judge, consume, count, append, in one call, in the same lane and chain as verify (B6,
-- C2, C7). Neither reads nor changes the budget of the secrets that are used again and again.
--
-- What is locked is the row of the person's wrong tries within a day, which everybody has from the first attempt on, an
-- unknown number (negative ids) too; then the codes. Both in key order, before anything is judged, so that two batches never
-- wait in a circle and of parallel tries one at most consumes a code. A batch holds a person and a call at most once.
--
-- p_limit: wrong tries after which a code is dead. p_daily: wrong tries of a person that are evaluated within 24 hours of
-- the first. No code, expired, used, dead, wrong: the same statements and the same outcome. For p_keys and p_mac, for
-- idempotency keys and outcome 100 see verify.
create or replace function verify_once(
    p_lane bigint, p_seq bigint, p_prev bytea, p_now timestamptz, p_keys bigint[],
    p_brand bigint[], p_customer bigint[], p_person bigint[], p_own boolean[],
    p_channel smallint[], p_method smallint[], p_accepted boolean[], p_mac bytea[],
    p_limit smallint[], p_daily smallint[], p_level smallint[], p_token_seconds float8[],
    p_api_key bigint[], p_ref text[], p_calling text[], p_asserted boolean[], p_trunk text[], p_agent bigint[],
    p_key text[], p_request bytea[],
    out o_outcome smallint[], out o_attempt bigint[], out o_call bigint[], out o_tries smallint[], out o_level smallint[],
    out o_method smallint[], out o_line bigint[], out o_at timestamptz[], out o_hash bytea)
language plpgsql security definer set search_path = public, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
    t constant timestamptz := coalesce(p_now, clock_timestamp());
    replay bigint[];  -- for each attempt the earlier one with its idempotency key, or null
begin
    if cardinality(p_customer) <> (select count(distinct (u.customer, u.person)) from unnest(p_customer, p_person) u(customer, person)) then
        raise exception 'a batch holds a person at most once';
    end if;
    insert into one_time_tries (customer_id, person_id, own_line, since, failures)
    select u.customer, u.person, u.own, t, 0 from unnest(p_customer, p_person, p_own) u(customer, person, own)
    order by 1, 2, 3 on conflict do nothing;
    perform 1 from one_time_tries d
      join unnest(p_customer, p_person, p_own) u(customer, person, own)
        on d.customer_id = u.customer and d.person_id = u.person and d.own_line = u.own
      order by d.customer_id, d.person_id, d.own_line for update of d;
    perform 1 from one_time_code o
      join unnest(p_customer, p_person, p_method) u(customer, person, method)
        on o.customer_id = u.customer and o.person_id = u.person and o.kind = u.method
      order by o.customer_id, o.person_id, o.kind for update of o;

    if array_length(array_remove(p_key, null), 1) > 0 then
        select array_agg(a.id order by u.i) into replay
        from unnest(p_brand, p_ref, p_api_key, p_key) with ordinality u(brand, ref, api_key, key, i)
        left join call c on u.key is not null and c.brand_id = u.brand and c.ref = u.ref
        left join attempt a on a.call_id = c.id and a.api_key_id = u.api_key and a.idempotency_key = u.key;
    end if;

    with u as materialized (
        select * from unnest(p_brand, p_customer, p_person, p_own, p_channel, p_method, p_accepted, p_mac,
                             p_limit, p_daily, p_level, p_token_seconds,
                             p_api_key, p_ref, p_calling, p_asserted, p_trunk, p_agent, p_key, p_request)
            with ordinality x(brand, customer, person, own, channel, method, accepted, mac,
                              lim, daily, lvl, token_seconds,
                              api_key, ref, calling, asserted, trunk, agent, key, request, i)
        where replay is null or replay[i] is null
    ), judged as materialized (
        select u.*, d.since, today.failures as before, coalesce(o.strong, false) as strong,
               case when not u.accepted then 5
                    when today.failures >= u.daily then 2
                    when o.customer_id is not null then 0 else 1 end::smallint as verdict
        from u
        join one_time_tries d on d.customer_id = u.customer and d.person_id = u.person and d.own_line = u.own
        cross join lateral (select case when d.since > t - interval '1 day' then d.failures else 0 end::smallint) today(failures)
        left join one_time_code o
          on o.customer_id = u.customer and o.person_id = u.person and o.kind = u.method and o.used_at is null
         and o.expires_at > t and case when u.own then o.own_failures else o.failures end < u.lim
         and o.mac = substring(u.mac from 16 * array_position(p_keys, o.key_id) - 15 for 16)
    ), ruled as materialized (
        select j.*, case j.verdict when 1 then j.before + 1 else j.before end::smallint as after from judged j
    ), tallied as (
        update one_time_tries d
        set failures = j.after, since = case when j.before = 0 then t else d.since end
        from ruled j where d.customer_id = j.customer and d.person_id = j.person and d.own_line = j.own and j.verdict = 1
    ), consumed as (
        update one_time_code o
        set used_at = case j.verdict when 0 then t end,
            failures = o.failures + (j.verdict = 1 and not j.own)::int,
            own_failures = o.own_failures + (j.verdict = 1 and j.own)::int
        from ruled j where o.customer_id = j.customer and o.person_id = j.person and o.kind = j.method
          and o.used_at is null and j.verdict <= 1
    ), called as (
        insert into call as c (brand_id, ref, state, dialled, calling_number, asserted, trunk, tries, level, method, strong,
                               legacy, channel, customer_id, person_id, attempt_id, verified_at, token_expires_at,
                               arrived_at)
        select j.brand, j.ref, 'dialogue', '', coalesce(j.calling, ''), j.asserted, j.trunk, 1,
               case j.verdict when 0 then j.lvl else 0 end, case j.verdict when 0 then j.method else 0 end, j.strong,
               false, j.channel,
               case j.verdict when 0 then j.customer end, case j.verdict when 0 then j.person end,
               case j.verdict when 0 then p_lane << 32 | (p_seq + j.i) else 0 end,
               case j.verdict when 0 then t end,
               case j.verdict when 0 then t + make_interval(secs => j.token_seconds) end, t
        from ruled j order by j.brand, j.ref
        on conflict (brand_id, ref) do update set
            tries = c.tries + 1, channel = excluded.channel,
            level = case when excluded.attempt_id <> 0 then excluded.level else c.level end,
            method = case when excluded.attempt_id <> 0 then excluded.method else c.method end,
            strong = case when excluded.attempt_id <> 0 then excluded.strong else c.strong end,
            legacy = case when excluded.attempt_id <> 0 then excluded.legacy else c.legacy end,
            customer_id = case when excluded.attempt_id <> 0 then excluded.customer_id else c.customer_id end,
            person_id = case when excluded.attempt_id <> 0 then excluded.person_id else c.person_id end,
            line_id = case when excluded.attempt_id <> 0 then excluded.line_id else c.line_id end,
            verified_at = coalesce(excluded.verified_at, c.verified_at),
            token_expires_at = coalesce(excluded.token_expires_at, c.token_expires_at),
            attempt_id = case when excluded.attempt_id <> 0 then excluded.attempt_id else c.attempt_id end
        returning c.id, c.brand_id as brand, c.ref, c.tries, c.level
    ), appended as (
        insert into attempt (id, at, brand_id, customer_id, person_id, own_line, channel, method, outcome, failures, level,
                             line_id, call_id, tries, calling_number, trunk, agent_id, api_key_id, idempotency_key,
                             request_mac)
        select p_lane << 32 | (p_seq + j.i), t, j.brand, j.customer, j.person, j.own, j.channel, j.method,
               case when j.customer < 0 and j.verdict between 0 and 1 then 4 else j.verdict end, j.after,
               case j.verdict when 0 then c.level else 0 end, null, c.id, c.tries,
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
