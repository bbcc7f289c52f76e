    -- A call's tries, level and method move in the statement that judges, and so do the sums of this lane's minute.
    called as (
        insert into call as c (brand_id, ref, state, dialled, calling_number, asserted, trunk, tries, level, method,
                               strong, legacy, channel, customer_id, person_id, line_id, attempt_id, verified_at,
                               token_expires_at, arrived_at)
        select j.brand, j.ref, 'dialogue', '', coalesce(j.calling, ''), j.asserted, j.trunk, 1,
               case j.verdict when 0 then j.lvl else 0 end, case j.verdict when 0 then j.method else 0 end,
               j.verdict = 0 and j.strong, j.verdict = 0 and j.method = 3, j.channel,
               case j.verdict when 0 then j.customer end, case j.verdict when 0 then j.person end,
               case j.verdict when 0 then j.scope end, case j.verdict when 0 then p_lane << 32 | (p_seq + j.i) else 0 end,
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
        returning c.id, c.brand_id as brand, c.ref, c.tries, c.level, c.line_id  -- what the call is worth now: 15_step_up.sql
    ), summed as (
        insert into traffic as o (brand_id, minute, lane_id, trunk, api_key_id, attempts, wrong, unknown, compared, near)
        select j.brand, date_trunc('minute', t), p_lane, j.trunk, j.api_key, count(*),
               count(*) filter (where j.verdict = 1 and j.customer > 0),
               count(*) filter (where j.verdict = 1 and j.customer < 0),
               count(*) filter (where n.counted), count(*) filter (where n.counted and n.near)
        from ruled j left join near n on n.i = j.i
        group by j.brand, j.trunk, j.api_key order by j.brand, j.trunk, j.api_key
        on conflict (brand_id, minute, lane_id, trunk, api_key_id) do update set
            attempts = o.attempts + excluded.attempts, wrong = o.wrong + excluded.wrong,
            unknown = o.unknown + excluded.unknown, compared = o.compared + excluded.compared, near = o.near + excluded.near
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
