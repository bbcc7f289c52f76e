-- Verify a batch of attempts: lock, judge, count, append, in one call (design decision 3; C1-C4, C7, C9, B7).
--
-- The rules of the budget are those of core.budget; tests/store/test_verify_agrees_with_core.py holds the two together.
-- A batch holds a budget and a call at most once. Budgets are locked in key order before anything else is read, so that
-- two batches never wait for each other in a circle, and the judging statement sees what the last holder committed.
-- Every attempt takes the same path: known or unknown (decoy rows), locked, too early, wrong, right.
--
-- p_mac holds 16 bytes for each id in p_keys, one after the other; the row picks the one of its own key version.
-- One generic plan serves every batch: planning anew for each would cost more than a small batch itself.
-- Sources (C5; core.sources says the same, a test holds the two together): calling number, block and agent of an attempt that
-- `p_counts` are counted over the log itself. Whoever judges one holds a lock on each of its sources until the commit, so
-- the count is exact over all gates; within the batch the misses ahead count, too. p_rules holds nine numbers for each rule:
-- window in seconds, failures, accounts, for number, block and agent; p_rule says whose rule is whose. p_stepped says that a
-- wide source is over its limit: like a stepped-up source, and like a brand under attack (C6), it lets nobody in without
-- possession, which is a PUK or the own line. Calls from the own line count for no number: a stranger can show that number.
-- What many do at once is kept as sums of this lane's minute: `traffic`, and of wrong codes which keyed bucket they fell into
-- (p_bucket). Of one attempt of a batch (p_sample) p_near holds the values of the right code's neighbours, if it is one.
-- A call's tries, level and method move in the same statement. An attempt whose idempotency key the call has seen is
-- answered from the log and counts nothing; outcome 100 says that its digits or its subject differed (HTTP 422).
create or replace function verify(
    p_lane bigint, p_seq bigint, p_prev bytea, p_now timestamptz, p_keys bigint[],
    p_brand bigint[], p_customer bigint[], p_person bigint[], p_own boolean[],
    p_channel smallint[], p_method smallint[], p_accepted boolean[], p_mac bytea[],
    p_limit smallint[], p_delay float8[], p_factor float8[], p_level smallint[], p_token_seconds float8[],
    p_api_key bigint[], p_ref text[], p_calling text[], p_asserted boolean[], p_trunk text[], p_agent bigint[],
    p_key text[], p_request bytea[],
    p_rules float8[], p_rule smallint[], p_counts boolean[], p_stepped boolean[], p_bucket smallint[],
    p_sample int, p_near bytea,
    out o_outcome smallint[], out o_attempt bigint[], out o_call bigint[], out o_tries smallint[], out o_level smallint[],
    out o_method smallint[], out o_line bigint[], out o_at timestamptz[], out o_hash bytea)
language plpgsql security definer set search_path = public, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
    t constant timestamptz := coalesce(p_now, clock_timestamp());
    replay bigint[];  -- for each attempt the earlier one with its idempotency key, or null
begin
    -- The sources, before any row: in the order of their keys, so that nobody waits in a circle.
    perform pg_advisory_xact_lock(k) from (
        select distinct hashtextextended(source, 0) as k
        from unnest(p_calling, p_agent, p_own, p_counts) u(calling, agent, own, counts),
             lateral (values (case when not u.own then 'number|' || nullif(u.calling, '') end),
                             (case when not u.own then 'block|' || case when length(u.calling) >= 8 then left(u.calling, -2) end end),
                             ('agent|' || u.agent)) s(source)
        where u.counts and source is not null
        order by 1 offset 0) sources;

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
                             p_api_key, p_ref, p_calling, p_asserted, p_trunk, p_agent, p_key, p_request,
                             p_rule, p_counts, p_stepped, p_bucket)
            with ordinality x(brand, customer, person, own, channel, method, accepted, mac,
                              lim, delay, factor, lvl, token_seconds,
                              api_key, ref, calling, asserted, trunk, agent, key, request,
                              rule, counts, stepped, bucket, i)
        where replay is null or replay[i] is null
    ), sourced as materialized (
        select u.*, 9 * u.rule - 9 as r, number.failures as number_failures, block.failures as block_failures,
               agents.failures as agent_failures, number.accounts as number_accounts, block.accounts as block_accounts,
               agents.accounts as agent_accounts, coalesce(alarm.state, 0) = 2 as attacked
        from (select u.*, case when u.counts and not u.own then nullif(u.calling, '') end as of_number,
                     case when u.counts and not u.own and length(u.calling) >= 8 then left(u.calling, -2) end as of_block,
                     case when u.counts then u.agent end as of_agent from u) u
        cross join lateral (select count(*) as failures, count(distinct a.customer_id) as accounts from attempt a
            where a.outcome in (1, 4) and a.calling_number = u.of_number
              and a.at > t - make_interval(secs => p_rules[9 * u.rule - 8])) number
        cross join lateral (select count(*) as failures, count(distinct a.customer_id) as accounts from attempt a
            where a.outcome in (1, 4) and left(a.calling_number, -2) = u.of_block
              and a.at > t - make_interval(secs => p_rules[9 * u.rule - 5])) block
        cross join lateral (select count(*) as failures, count(distinct a.customer_id) as accounts from attempt a
            where a.outcome in (1, 4) and a.agent_id = u.of_agent
              and a.at > t - make_interval(secs => p_rules[9 * u.rule - 2])) agents
        left join alarm on alarm.brand_id = u.brand
    ), compared as (
        select u.*, b.failures as before, b.not_before as nb, m.line_id as scope, m.ok,
               case when not u.accepted then 5
                    when u.number_failures >= p_rules[u.r + 2] or u.block_failures >= p_rules[u.r + 5]
                         or u.agent_failures >= p_rules[u.r + 8] then 7
                    when b.failures >= u.lim then 2
                    when b.not_before > t then 3 end as refusal
        from sourced u join budget b on b.customer_id = u.customer and b.person_id = u.person and b.own_line = u.own
        left join lateral (
            select true as ok, case when s.role = 'secondary' then s.line_id end as line_id
            from credential c left join sim_profile s on s.id = c.sim_id
            where c.customer_id = u.customer and c.person_id = u.person and c.method = u.method
              -- What is not evaluated matches nothing: a right code in vain does no more work than a wrong one (C7).
              and c.mac = case when u.accepted and b.failures < u.lim and (b.not_before > t) is not true
                                    and u.number_failures < p_rules[u.r + 2] and u.block_failures < p_rules[u.r + 5]
                                    and u.agent_failures < p_rules[u.r + 8]
                               then substring(u.mac from 16 * array_position(p_keys, c.key_id) - 15 for 16) end
              and (c.sim_id = 0 or (s.status = 'active' and s.customer_id = u.customer and s.activated_at <= t
                                    and (s.counts_from is null or s.counts_from <= t)  -- it cools after a replacement
                                    and (s.role <> 'secondary' or s.line_id is not null)))
              and (c.until is null or t < c.until)
            order by (s.role = 'secondary') nulls first limit 1) m on true
    ), missed as (  -- the misses ahead in this batch, by source
        select c.*,
               count(*) filter (where c.refusal is null and c.ok is null and c.of_number is not null) over (
                   partition by c.of_number order by c.i rows between unbounded preceding and 1 preceding) as number_ahead,
               count(*) filter (where c.refusal is null and c.ok is null and c.of_block is not null) over (
                   partition by c.of_block order by c.i rows between unbounded preceding and 1 preceding) as block_ahead,
               count(*) filter (where c.refusal is null and c.ok is null and c.of_agent is not null) over (
                   partition by c.of_agent order by c.i rows between unbounded preceding and 1 preceding) as agent_ahead
        from compared c
    ), judged as (
        select m.*,
               case when m.refusal is not null then m.refusal
                    when m.number_failures + m.number_ahead >= p_rules[m.r + 2]
                         or m.block_failures + m.block_ahead >= p_rules[m.r + 5]
                         or m.agent_failures + m.agent_ahead >= p_rules[m.r + 8] then 7
                    when m.ok is null then 1
                    when not m.own and m.method <> 2  -- no possession
                         and (m.attacked or m.stepped or m.number_accounts + m.number_ahead >= p_rules[m.r + 3]
                              or m.block_accounts + m.block_ahead >= p_rules[m.r + 6]
                              or m.agent_accounts + m.agent_ahead >= p_rules[m.r + 9]) then 6
                    else 0 end::smallint as verdict
        from missed m
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
    ), near as (  -- looked up for whatever became of the attempt (C7), and counted for a wrong code only (C6)
        -- Only the first failure in a row: whoever errs often says the same again, and would look like a crowd.
        select j.i, j.verdict = 1 and j.before = 0 and j.method = 1 and j.customer > 0 as counted, n.near
        from ruled j
        cross join lateral (
            select coalesce(bool_or(position(c.mac in p_near) > 0), false) as near
            from credential c where c.customer_id = j.customer and c.person_id = j.person and c.method = j.method) n
        where j.i = p_sample
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
    ), sketched as (
        insert into wrong_values as o (brand_id, minute, lane_id, bucket, count)
        -- A refusal that counted nothing leaves a nought: it does the same work (C7).
        select j.brand, date_trunc('minute', t), p_lane, j.bucket, count(*) filter (where j.verdict = 1 and j.before = 0)
        from ruled j where j.verdict <> 0 and j.bucket is not null group by j.brand, j.bucket
        on conflict (brand_id, minute, lane_id, bucket) do update set count = o.count + excluded.count
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
