-- Verify a batch of one-time codes: judge, consume, count, append, in one call, in the same lane and chain as verify (B6,
-- C2, C7). Neither reads nor changes the budget of the secrets that are used again and again.
--
-- What is locked are the sources (C5), as by verify: attempts here count there, too. Then the row of the person's wrong
-- tries within a day, which everybody has from the first attempt on, an unknown number (negative ids) too; then the codes.
-- Whoever has no code gets a place without one, over as soon as it is made, so that all do the same work (C7). All in key
-- order, before anything is judged, so that two batches never wait in a circle and of parallel tries one at most consumes
-- a code. A batch holds a person and a call at most once.
--
-- p_limit: wrong tries after which a code is dead. p_daily: wrong tries of a person that are evaluated within 24 hours of
-- the first. No code, expired, used, dead, wrong: the same statements and the same outcome. For p_keys, p_mac, the sources
-- and the lines that begin with --> see verify.
create or replace function verify_once(
    p_lane bigint, p_seq bigint, p_prev bytea, p_now timestamptz, p_keys bigint[],
    p_brand bigint[], p_customer bigint[], p_person bigint[], p_own boolean[],
    p_channel smallint[], p_method smallint[], p_accepted boolean[], p_mac bytea[],
    p_limit smallint[], p_daily smallint[], p_level smallint[], p_token_seconds float8[],
    p_api_key bigint[], p_ref text[], p_calling text[], p_asserted boolean[], p_trunk text[], p_agent bigint[],
    p_key text[], p_request bytea[],
    p_rules float8[], p_rule smallint[], p_counts boolean[], p_stepped boolean[],
    out o_outcome smallint[], out o_attempt bigint[], out o_call bigint[], out o_tries smallint[], out o_level smallint[],
    out o_method smallint[], out o_line bigint[], out o_at timestamptz[], out o_hash bytea)
language plpgsql security definer set search_path = public, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
    t constant timestamptz := coalesce(p_now, clock_timestamp());
    replay bigint[];  -- for each attempt the earlier one with its idempotency key, or null
begin
--> lock_sources.sql

    if cardinality(p_customer) <> (select count(distinct (u.customer, u.person))
                                   from unnest(p_customer, p_person) u(customer, person)) then
        raise exception 'a batch holds a person at most once';
    end if;
    insert into one_time_tries (customer_id, person_id, own_line, since, failures)
    select u.customer, u.person, u.own, t, 0 from unnest(p_customer, p_person, p_own) u(customer, person, own)
    order by 1, 2, 3 on conflict do nothing;
    perform 1 from one_time_tries d
      join unnest(p_customer, p_person, p_own) u(customer, person, own)
        on d.customer_id = u.customer and d.person_id = u.person and d.own_line = u.own
      order by d.customer_id, d.person_id, d.own_line for update of d;
    insert into one_time_code (customer_id, person_id, kind, brand_id, key_id, mac, strong, request, created_at, expires_at,
                               failures, own_failures)
    select u.customer, u.person, u.method, u.brand, 0, '', false, '', t, t, 0, 0
    from unnest(p_customer, p_person, p_method, p_brand) u(customer, person, method, brand)
    order by 1, 2, 3 on conflict do nothing;
    perform 1 from one_time_code o
      join unnest(p_customer, p_person, p_method) u(customer, person, method)
        on o.customer_id = u.customer and o.person_id = u.person and o.kind = u.method
      order by o.customer_id, o.person_id, o.kind for update of o;

--> find_repeats.sql

    with u as materialized (
        select * from unnest(p_brand, p_customer, p_person, p_own, p_channel, p_method, p_accepted, p_mac,
                             p_limit, p_daily, p_level, p_token_seconds,
                             p_api_key, p_ref, p_calling, p_asserted, p_trunk, p_agent, p_key, p_request,
                             p_rule, p_counts, p_stepped)
            with ordinality x(brand, customer, person, own, channel, method, accepted, mac,
                              lim, daily, lvl, token_seconds,
                              api_key, ref, calling, asserted, trunk, agent, key, request,
                              rule, counts, stepped, i)
        where replay is null or replay[i] is null
    ),
--> count_sources.sql
    compared as (
        select u.*, d.since, today.failures as before, coalesce(o.strong, false) as strong, null::bigint as scope,
               case when o.customer_id is not null then true end as ok,
               case when not u.accepted then 5
                    when u.limited then 7
                    when today.failures >= u.daily then 2 end as refusal
        from sourced u
        join one_time_tries d on d.customer_id = u.customer and d.person_id = u.person and d.own_line = u.own
        cross join lateral (select case when d.since > t - interval '1 day' then d.failures else 0 end::smallint) today(failures)
        left join one_time_code o
          on o.customer_id = u.customer and o.person_id = u.person and o.kind = u.method and o.used_at is null
         and o.expires_at > t and case when u.own then o.own_failures else o.failures end < u.lim
         and o.mac = substring(u.mac from 16 * array_position(p_keys, o.key_id) - 15 for 16)
    ),
--> judge.sql
    ruled as materialized (
        select j.*, case j.verdict when 1 then j.before + 1 else j.before end::smallint as after from judged j
    ), tallied as (  -- a refusal that counted nothing writes what stands there: it does the same work (C7)
        update one_time_tries d
        set failures = j.after, since = case when j.verdict = 1 and j.before = 0 then t else d.since end
        from ruled j where d.customer_id = j.customer and d.person_id = j.person and d.own_line = j.own and j.verdict <> 0
    ), consumed as (
        update one_time_code o
        set used_at = case j.verdict when 0 then t else o.used_at end,
            failures = least(o.failures + (j.verdict = 1 and not j.own)::int, 32767),
            own_failures = least(o.own_failures + (j.verdict = 1 and j.own)::int, 32767)
        from ruled j where o.customer_id = j.customer and o.person_id = j.person and o.kind = j.method
    ), near as (  -- a slip at a random code tells nothing: none is compared (C6)
        select null::bigint as i, false as counted, false as near where false
    ),
--> write.sql

    -- What a call code was taken for goes with it to the agent.
    update call c set topic = o.topic
    from unnest(o_call, o_outcome, p_customer, p_person, p_method) u(call, outcome, customer, person, method)
    join one_time_code o on o.customer_id = u.customer and o.person_id = u.person and o.kind = u.method
    where c.id = u.call and u.outcome = 0 and o.topic <> '';
end $$;
