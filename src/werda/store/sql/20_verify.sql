-- Verify a batch of attempts: lock, judge, count, append, in one call (design decision 3; C1-C4, C7, C9, B7).
--
-- The rules of the budget are those of core.budget; tests/store/test_verify_agrees_with_core.py holds the two together.
-- A batch holds a budget and a call at most once. Budgets are locked in key order before anything else is read, so that
-- two batches never wait for each other in a circle, and the judging statement sees what the last holder committed.
-- Every attempt takes the same path: known or unknown (decoy rows), locked, too early, wrong, right.
--
-- p_mac holds 16 bytes for each id in p_keys, one after the other; the row picks the one of its own key version.
-- One generic plan serves every batch: planning anew for each would cost more than a small batch itself.
-- A line that begins with --> stands for a file of shared/, which verify_once has, too (store/schema.py): the sources of the
-- attempts (p_rules, p_rule, p_counts, p_stepped), and how call, sums, log and answer are written.
-- What many do at once is kept as sums of this lane's minute: `traffic`, and of wrong codes which keyed bucket they fell into
-- (p_bucket). Of one attempt of a batch (p_sample) p_near holds the values of the right code's neighbours, if it is one.
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
--> lock_sources.sql

    -- The first call from somebody's own line brings the budget for such calls; in key order, too, and before any lock.
    insert into budget (customer_id, person_id, own_line, failures)
    select u.customer, u.person, true, 0 from unnest(p_customer, p_person, p_own) u(customer, person, own)
    where u.own order by 1, 2 on conflict do nothing;

    perform 1 from budget b
      join unnest(p_customer, p_person, p_own) u(customer, person, own)
        on b.customer_id = u.customer and b.person_id = u.person and b.own_line = u.own
      order by b.customer_id, b.person_id, b.own_line for update of b;

--> find_repeats.sql

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
    ),
--> count_sources.sql
    compared as (
        select u.*, b.failures as before, b.not_before as nb, m.line_id as scope, m.ok, false as strong,
               case when not u.accepted then 5
                    when u.limited then 7
                    when b.closed_at is not null or b.failures >= u.lim then 2
                    when b.not_before > t then 3 end as refusal
        from sourced u join budget b on b.customer_id = u.customer and b.person_id = u.person and b.own_line = u.own
        left join lateral (
            select true as ok, case when s.role = 'secondary' then s.line_id end as line_id
            from credential c left join sim_profile s on s.id = c.sim_id
            where c.customer_id = u.customer and c.person_id = u.person and c.method = u.method
              -- What is not evaluated matches nothing: a right code in vain does no more work than a wrong one (C7).
              and c.mac = case when u.accepted and not u.limited and b.closed_at is null and b.failures < u.lim
                                    and (b.not_before > t) is not true
                               then substring(u.mac from 16 * array_position(p_keys, c.key_id) - 15 for 16) end
              and (c.sim_id = 0 or (s.status = 'active' and s.customer_id = u.customer and s.activated_at <= t
                                    and (s.counts_from is null or s.counts_from <= t)  -- it cools after a replacement
                                    and (s.role <> 'secondary' or s.line_id is not null)))
              and (c.until is null or t < c.until)
            order by (s.role = 'secondary') nulls first limit 1) m on true
    ),
--> judge.sql
    ruled as materialized (
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
    ), near as (  -- looked up for whatever became of the attempt (C7), and counted for a wrong code only (C6)
        -- Only the first failure in a row: whoever errs often says the same again, and would look like a crowd.
        select j.i, j.verdict = 1 and j.before = 0 and j.method = 1 and j.customer > 0 as counted, n.near
        from ruled j
        cross join lateral (
            select coalesce(bool_or(position(c.mac in p_near) > 0), false) as near
            from credential c where c.customer_id = j.customer and c.person_id = j.person and c.method = j.method) n
        where j.i = p_sample
    ), sketched as (
        insert into wrong_values as o (brand_id, minute, lane_id, bucket, count)
        -- A refusal that counted nothing leaves a nought: it does the same work (C7).
        select j.brand, date_trunc('minute', t), p_lane, j.bucket, count(*) filter (where j.verdict = 1 and j.before = 0)
        from ruled j where j.verdict <> 0 and j.bucket is not null group by j.brand, j.bucket
        on conflict (brand_id, minute, lane_id, bucket) do update set count = o.count + excluded.count
    ),
--> write.sql
end $$;
