-- "Is it you?": an agent in a call asks, the customer answers in the portal within two minutes (A3). Asked is whoever the call
-- is verified for, else whoever its number identifies. Where that is nobody the agent is told the same (A4): there is no answer.
-- A question holds only as long as the call goes on and is not verified for anybody else: another customer, a representative.
create or replace function still_asked(p_confirmation confirmation) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
    select exists (select from call c where c.id = p_confirmation.call_id and c.state = 'open' and coalesce(c.person_id, 0) = 0
                   and coalesce(c.customer_id, p_confirmation.customer_id) = p_confirmation.customer_id)
$$;

create or replace function ask_confirmation() returns text
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    g call_grant;
    asked bigint;
begin
    select * into g from call_grant
    where secret_hash = sha256(convert_to(current_setting('werda.grant', true), 'UTF8'))
      and agent_id = nullif(current_setting('werda.agent', true), '')::bigint and expires_at > clock_timestamp();
    if not found then
        return 'not_yours';
    end if;
    perform 1 from call where id = g.call_id for update;  -- a second click waits, and finds the first
    if exists (select from confirmation where call_id = g.call_id and answered_at is null and expires_at > clock_timestamp())
    then
        return 'waiting';
    end if;
    select case when coalesce(c.person_id, 0) = 0 then coalesce(c.customer_id, l.customer_id) end into asked
    from call c left join line l on l.brand_id = c.brand_id and l.msisdn = c.calling_number and not l.shared
                                and l.ended_at is null
    where c.id = g.call_id;
    if (select count(*) from confirmation where call_id = g.call_id) >= 3
       or (select count(*) from confirmation
           where customer_id = asked and asked_at > clock_timestamp() - interval '1 hour') >= 5 then
        return 'too_many';  -- nobody is asked until they say yes to be left alone
    end if;
    insert into confirmation (call_id, brand_id, customer_id, agent_id, asked_at, expires_at)
    values (g.call_id, g.brand_id, asked, g.agent_id, clock_timestamp(), clock_timestamp() + interval '2 minutes');
    insert into event (at, kind, brand_id, customer_id, call_id, actor, detail)
    values (clock_timestamp(), 'confirmation:asked', g.brand_id, asked, g.call_id, 'agent:' || g.agent_id, '{}');
    perform tell_portal(g.call_id);
    return 'asked';
end $$;

-- What became of the last question in the call of the agent's grant.
create or replace function confirmation_of_call(out o_state text, out o_asked timestamptz, out o_expires timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
    select case when k.answer = 'yes' and k.attempt_id is not null then 'yes' when k.answer = 'no' then 'no'
                when k.answered_at is null and k.expires_at > clock_timestamp() then 'waiting'
                when k.answered_at > clock_timestamp() - interval '10 seconds' then 'waiting'
                else 'no_answer' end, k.asked_at, k.expires_at
    from confirmation k join call_grant g on g.call_id = k.call_id
    where g.secret_hash = sha256(convert_to(current_setting('werda.grant', true), 'UTF8'))
      and g.agent_id = nullif(current_setting('werda.agent', true), '')::bigint and g.expires_at > clock_timestamp()
    order by k.id desc limit 1
$$;

-- The gate reads whom a confirmation is of, once somebody said yes.
create or replace function confirmed_call(p_confirmation bigint)
    returns table (brand_id bigint, ref text, customer_number text)
language sql stable security definer set search_path = public, pg_temp as $$
    select c.brand_id, c.ref, u.customer_number
    from confirmation k join call c on c.id = k.call_id join customer u on u.id = k.customer_id
    where k.id = p_confirmation and k.answer = 'yes' and k.attempt_id is null and still_asked(k)
      and k.answered_at > clock_timestamp() - interval '1 minute'
$$;

-- It is counted: the grant of the agent who asked is lifted to what the call has proved.
create or replace function lift_confirmed(p_confirmation bigint, p_attempt bigint, p_grant_seconds float8) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    lifted boolean;
begin
    update confirmation set attempt_id = p_attempt where id = p_confirmation and attempt_id is null;
    select lift_grant(g.secret_hash, g.agent_id, p_attempt, p_grant_seconds) into lifted
    from confirmation k join call_grant g on g.call_id = k.call_id and g.agent_id = k.agent_id
    where k.id = p_confirmation and g.expires_at > clock_timestamp()
    order by g.id desc limit 1;
    return coalesce(lifted, false);
end $$;

-- The answer of the customer whose session it is, once; gives the question's call, null when there was none to answer. A no is
-- heard after the call as well, and what the call had proved in their name ends with it: somebody else knows their code.
create or replace function answer_confirmation(p_confirmation bigint, p_answer text, p_now timestamptz) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    answered confirmation;
begin
    update confirmation k set answer = p_answer, answered_at = p_now
    where id = p_confirmation and customer_id = portal_customer() and answered_at is null and expires_at > p_now
      and (p_answer = 'no' or p_answer = 'yes' and still_asked(k))
    returning * into answered;
    if answered.id is null then
        return null;
    end if;
    if p_answer = 'no' then
        update call set level = 0, method = 0, legacy = false, strong = false, proved_before = 0, attempt_id = 0,
                        customer_id = null, person_id = null, line_id = null, verified_at = null
        where id = answered.call_id and customer_id = answered.customer_id and line_id is null and coalesce(person_id, 0) = 0;
        update call_grant set level = 0, method = 0, legacy = false, strong = false, proved_before = 0,
                              customer_id = null, person_id = null, line_id = null, verified_at = null
        where call_id = answered.call_id and customer_id = answered.customer_id and line_id is null
          and coalesce(person_id, 0) = 0 and expires_at > clock_timestamp();
    end if;
    perform pg_notify('werda_live', answered.brand_id || ':' || answered.call_id);
    perform tell_portal(answered.call_id);
    return answered.call_id;
end $$;
