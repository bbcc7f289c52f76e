-- The life of a call between the switch and the agent (design decision 7). Live events carry the call id, never a token.
-- `werda_live` tells desks: <brand id>:<call id>.

-- `werda_portal` tells whose call it may be: the customer who is verified, else the one whose line calls.
create or replace function tell_portal(p_call bigint) returns void
language sql security definer set search_path = public, pg_temp as $$
    select pg_notify('werda_portal', coalesce(c.customer_id, l.customer_id)::text)
    from call c left join line l on l.brand_id = c.brand_id and l.msisdn = c.calling_number and not l.shared and l.ended_at is null
    where c.id = p_call and coalesce(c.customer_id, l.customer_id) is not null
$$;

create or replace function tell_desks(p_brand bigint, p_call bigint) returns void
language sql security definer set search_path = public, pg_temp as $$
    select pg_notify('werda_live', p_brand || ':' || p_call);
    select tell_portal(p_call)
$$;

-- A switch that counts anew may use an id again. Whoever calls then proved nothing: what an ended call proved ended with it.
create or replace function call_arrived(
    p_brand bigint, p_ref text, p_dialled text, p_calling text, p_asserted boolean, p_trunk text,
    out o_call bigint, out o_tries smallint, out o_identified boolean)
language sql security definer set search_path = public, pg_temp as $$
    with c as (
        insert into call as c (brand_id, ref, dialled, calling_number, asserted, trunk, arrived_at,
                               state, tries, level, method, legacy, channel, attempt_id)
        values (p_brand, p_ref, p_dialled, coalesce(p_calling, ''), p_asserted, p_trunk, clock_timestamp(),
                'dialogue', 0, 0, 0, false, 0, 0)
        on conflict (brand_id, ref) do update set
            state = case c.state when 'ended' then 'dialogue' else c.state end,
            level = case c.state when 'ended' then 0 else c.level end,
            method = case c.state when 'ended' then 0 else c.method end,
            legacy = c.state <> 'ended' and c.legacy,
            customer_id = case when c.state <> 'ended' then c.customer_id end,
            person_id = case when c.state <> 'ended' then c.person_id end,
            line_id = case when c.state <> 'ended' then c.line_id end,
            strong = c.state <> 'ended' and c.strong,
            proved_before = case c.state when 'ended' then 0 else c.proved_before end,
            verified_at = case when c.state <> 'ended' then c.verified_at end,
            topic = case c.state when 'ended' then '' else c.topic end,
            attempt_id = case c.state when 'ended' then 0 else c.attempt_id end
        returning id, tries)
    select c.id, c.tries, exists (select from line l where l.brand_id = p_brand and l.msisdn = p_calling and not l.shared
                                         and l.ended_at is null)
    from c
$$;

-- Put a call in the agents' queue; gives the attempt its token speaks for (0: unverified). A verification older than a
-- token may be is not carried along: nobody ended that call, and its id may have been used again.
create or replace function hand_over(p_call bigint, p_token_seconds float8, out o_attempt bigint, out o_expires timestamptz)
language sql security definer set search_path = public, pg_temp as $$
    with old as (
        select id, coalesce(verified_at > clock_timestamp() - make_interval(secs => p_token_seconds), false) as fresh
        from call where id = p_call for update),
    c as (
        update call k set state = 'waiting', waiting_at = clock_timestamp(), redeemed_at = null, answered_by = null,
                        token_expires_at = clock_timestamp() + make_interval(secs => p_token_seconds),
                        level = case when fresh then k.level else 0 end,
                        method = case when fresh then k.method else 0 end, legacy = fresh and k.legacy,
                        customer_id = case when fresh then k.customer_id end,
                        person_id = case when fresh then k.person_id end,
                        line_id = case when fresh then k.line_id end,
                        strong = fresh and k.strong, proved_before = case when fresh then k.proved_before else 0 end,
                        verified_at = case when fresh then k.verified_at end,
                        attempt_id = case when fresh then k.attempt_id else 0 end
        from old where k.id = old.id returning k.id, k.brand_id, k.attempt_id, k.token_expires_at)
    select c.attempt_id, c.token_expires_at from c, lateral tell_desks(c.brand_id, c.id)
$$;

-- The switch reports who answered. True when the token is alive and the agent may take calls of the brand.
create or replace function call_answered(p_call bigint, p_attempt bigint, p_agent text, out o_ok boolean)
language sql security definer set search_path = public, pg_temp as $$
    with c as (
        update call c set state = 'answered', answered_by = a.id
        from agent a
        where c.id = p_call and c.attempt_id = p_attempt and c.redeemed_at is null and c.token_expires_at > clock_timestamp()
          and c.state in ('dialogue', 'waiting', 'answered')
          and a.username = p_agent and a.is_active and c.brand_id = any (a.brands)
        returning c.id, c.brand_id)
    select exists (select from c, lateral tell_desks(c.brand_id, c.id))
$$;

-- Redeem a call's token under the agent's own login: once, and only by whom the switch reported as answering.
-- The grant reaches as far as the call's verification; its secret is known to the desk alone, here lies the hash.
create or replace function redeem(
    p_call bigint, p_agent bigint, p_secret_hash bytea, p_grant_seconds float8,
    out o_call bigint, out o_level smallint, out o_expires timestamptz)
language sql security definer set search_path = public, pg_temp as $$
    with c as (
        update call c set state = 'open', redeemed_at = clock_timestamp(), word = floor(random() * 32768)
        from agent a
        where c.id = p_call and c.answered_by = p_agent and c.redeemed_at is null and c.state = 'answered'
          and c.token_expires_at > clock_timestamp() and a.id = p_agent and a.is_active and c.brand_id = any (a.brands)
        returning c.*),
    g as (
        insert into call_grant (secret_hash, call_id, agent_id, brand_id, customer_id, person_id, line_id, level, method,
                                strong, proved_before, channel, legacy, verified_at, created_at, expires_at)
        select p_secret_hash, c.id, p_agent, c.brand_id, c.customer_id, c.person_id, c.line_id, c.level, c.method,
               c.strong, c.proved_before, c.channel, c.legacy, c.verified_at, clock_timestamp(),
               clock_timestamp() + make_interval(secs => p_grant_seconds)
        from c returning *),
    e as (
        insert into event (at, kind, brand_id, customer_id, call_id, actor, detail)
        select clock_timestamp(), 'grant:given', g.brand_id, g.customer_id, g.call_id, 'agent:' || p_agent,
               jsonb_build_object('level', g.level, 'legacy', g.legacy)
        from g)
    select g.call_id, g.level, g.expires_at from g, lateral tell_desks(g.brand_id, g.call_id)
$$;

-- A verification during the call lifts the open grant of that agent to what was proved.
create or replace function lift_grant(p_secret_hash bytea, p_agent bigint, p_attempt bigint, p_grant_seconds float8,
                                      out o_ok boolean)
language sql security definer set search_path = public, pg_temp as $$
    with g as (
        update call_grant g
        set customer_id = c.customer_id, person_id = c.person_id, line_id = c.line_id, level = c.level, method = c.method,
            strong = c.strong, proved_before = c.proved_before, channel = c.channel, legacy = c.legacy, verified_at = c.verified_at,
            expires_at = clock_timestamp() + make_interval(secs => p_grant_seconds)
        from call c
        where g.secret_hash = p_secret_hash and g.agent_id = p_agent and g.expires_at > clock_timestamp()
          and c.id = g.call_id and c.attempt_id = p_attempt and p_attempt <> 0 and c.state = 'open'
        returning g.*),
    e as (
        insert into event (at, kind, brand_id, customer_id, call_id, actor, detail)
        select clock_timestamp(), 'grant:lifted', g.brand_id, g.customer_id, g.call_id, 'agent:' || p_agent,
               jsonb_build_object('level', g.level, 'legacy', g.legacy)
        from g)
    select exists (select from g, lateral tell_desks(g.brand_id, g.call_id))
$$;

create or replace function call_ended(p_call bigint) returns void
language sql security definer set search_path = public, pg_temp as $$
    with c as (
        update call set state = 'ended', ended_at = clock_timestamp() where id = p_call and state <> 'ended'
        returning id, brand_id),
    g as (update call_grant set expires_at = clock_timestamp() where call_id = p_call and expires_at > clock_timestamp())
    select tell_desks(c.brand_id, c.id) from c
$$;

-- The agent who holds a call's grant, or held it until just now, closes it; anybody else changes nothing. Their notes of
-- the call go to the customer whom the grant opened, unless it was for one line only (B7).
create or replace function wrap_up(p_call bigint) returns void
language sql security definer set search_path = public, pg_temp as $$
    update call_note n set customer_id = g.customer_id
    from call_grant g
    where g.secret_hash = sha256(convert_to(current_setting('werda.grant', true), 'UTF8')) and g.line_id is null
      and g.call_id = p_call and n.call_id = p_call and n.agent_id = g.agent_id and granted_call(p_call);
    insert into event (at, kind, brand_id, customer_id, call_id, actor, detail)
    select clock_timestamp(), 'call:wrapped_up', g.brand_id, g.customer_id, p_call, 'agent:' || g.agent_id, '{}'
    from call_grant g
    where g.secret_hash = sha256(convert_to(current_setting('werda.grant', true), 'UTF8'))
      and g.call_id = p_call and granted_call(p_call);
    select call_ended(p_call) where granted_call(p_call)
$$;

-- The call behind an agent's living grant, for an entry the agent types.
create or replace function granted_entry(p_secret_hash bytea, p_agent bigint)
    returns table (call_id bigint, ref text, brand_id bigint, calling_number text, asserted boolean, trunk text)
language sql stable security definer set search_path = public, pg_temp as $$
    select c.id, c.ref, c.brand_id, nullif(c.calling_number, ''), c.asserted, c.trunk
    from call_grant g join call c on c.id = g.call_id
    where g.secret_hash = p_secret_hash and g.agent_id = p_agent and g.expires_at > clock_timestamp() and c.state = 'open'
$$;
