-- The hotline calls a customer: their portal says so, and says who (D5). Nothing is proved by it and nothing opened: no call, no
-- grant, no attempt. Where the number is nobody's, or a household's, the agent sees the same (A4), and nobody is told.
-- Only what is announced is shown, and what is announced ends by itself: an old announcement would vouch for a fraud.
create or replace function announce_call(
    p_agent bigint, p_brand bigint, p_called text, p_minutes int, out o_id bigint)
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    announced outgoing_call;
begin
    if not exists (select from agent a where a.id = p_agent and a.is_active and p_brand = any (a.brands)) then
        return;
    end if;
    perform end_announced(p_agent);  -- one at a time, as one speaks
    insert into outgoing_call (brand_id, customer_id, agent_id, called, word, announced_at, expires_at)
    values (p_brand,
            (select l.customer_id from line l
             where l.brand_id = p_brand and l.msisdn = p_called and not l.shared and l.ended_at is null),
            p_agent, p_called, floor(random() * 32768), clock_timestamp(),
            clock_timestamp() + make_interval(mins => p_minutes))
    returning * into announced;
    insert into event (at, kind, brand_id, customer_id, actor, detail)
    values (announced.announced_at, 'call:announced', p_brand, announced.customer_id, 'agent:' || p_agent, '{}');
    perform pg_notify('werda_portal', announced.customer_id::text) where announced.customer_id is not null;
    o_id := announced.id;
end $$;

-- What this agent announced and has not ended.
create or replace function announced_by(p_agent bigint)
    returns table (id bigint, brand_id bigint, called text, word smallint, expires_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
    select id, brand_id, called, word, expires_at from outgoing_call
    where agent_id = p_agent and ended_at is null and expires_at > clock_timestamp() order by id desc limit 1
$$;

create or replace function end_announced(p_agent bigint) returns void
language sql security definer set search_path = public, pg_temp as $$
    with ended as (
        update outgoing_call set ended_at = clock_timestamp()
        where agent_id = p_agent and ended_at is null and expires_at > clock_timestamp()
        returning customer_id)
    select pg_notify('werda_portal', customer_id::text) from ended where customer_id is not null
$$;
