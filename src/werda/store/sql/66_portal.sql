-- The portal sees a database in which nobody lives but the customer of its session (S7, A4). Its role may read and write the
-- views of the schema `portal` and none of the tables below them; its search_path finds the views first, so use cases name
-- tables as everybody does. Each transaction sets `werda.session` (the session's secret), or `werda.step` while somebody is
-- half-way through signing in; without them there is nobody at all.
drop schema if exists portal cascade;
create schema portal;

do $$
declare
    t text;
    of_customer constant text[] := array['line', 'sim_profile', 'sealed_secret', 'credential', 'attempt', 'notice', 'letter',
        'customer_lock', 'operator_order', 'one_time_code', 'budget', 'mail'];
begin
    execute 'create view portal.customer with (security_barrier) as select * from public.customer'
            ' where id = (select public.portal_customer()) with check option';
    foreach t in array of_customer loop
        execute format('create view portal.%1$I with (security_barrier) as select * from public.%1$I'
                       ' where customer_id = (select public.portal_customer()) with check option', t);
    end loop;
end $$;

-- Who else may speak for them (E2).
create view portal.representative with (security_barrier) as
    select id, customer_id, number, name, kind, scope, begins_at, expires_at, ended_at from public.representative
    where customer_id = (select public.portal_customer());

-- What the portal records, it records of its own customer and in the name of the session.
create view portal.event with (security_barrier) as
    select * from public.event where customer_id = (select public.portal_customer()) with check option;

-- What the customer has reported, and whether it is still looked into; the rest of an incident is the operator's.
create view portal.report with (security_barrier) as
    select i.id, i.opened_at, i.closed_at from public.incident i
    where i.opened_by like 'customer:' || (select public.portal_customer()) || '/%';

-- Calls that are this customer's, or may be: verified for them and open at an agent, else waiting or open from one of their
-- lines and not verified for anybody, or for that line alone (B7). A representative's call is their own (E2). Of the agent no
-- more than how they are called.
create view portal.call_status with (security_barrier) as
    select c.id, c.state, c.customer_id is not null and c.line_id is null as verified, c.word, a.first_name as agent,
           coalesce(c.redeemed_at, c.waiting_at, c.arrived_at) as since
    from (select g.call_id from public.call_grant g where g.expires_at > clock_timestamp()
          union select w.id from public.call w where w.state in ('waiting', 'answered')
                and w.brand_id = (select brand_id from public.customer where id = (select public.portal_customer()))
                and w.waiting_at > clock_timestamp() - interval '2 hours') living
    join public.call c on c.id = living.call_id and c.state in ('waiting', 'answered', 'open')
    left join public.agent a on a.id = c.answered_by and c.state = 'open'
    where c.customer_id = (select public.portal_customer()) and coalesce(c.person_id, 0) = 0
       or c.customer_id is null and exists (
            select from public.line l where l.brand_id = c.brand_id and l.msisdn = c.calling_number and not l.shared
                   and l.ended_at is null and l.customer_id = (select public.portal_customer()));
create view portal.confirmation with (security_barrier) as
    select k.id, k.call_id, k.asked_at, k.expires_at, a.first_name as agent, c.word
    from public.confirmation k join public.call c on c.id = k.call_id left join public.agent a on a.id = k.agent_id
    where k.customer_id = (select public.portal_customer()) and k.answered_at is null and k.expires_at > clock_timestamp()
      and c.state = 'open' and coalesce(c.person_id, 0) = 0 and coalesce(c.customer_id, k.customer_id) = k.customer_id;

-- The hotline is calling them, or is about to.
create view portal.outgoing_call with (security_barrier) as
    select o.id, a.first_name as agent, o.word, o.announced_at, o.expires_at
    from public.outgoing_call o left join public.agent a on a.id = o.agent_id
    where o.customer_id = (select public.portal_customer()) and o.ended_at is null and o.expires_at > clock_timestamp();

create view portal.customer_login with (security_barrier) as
    select * from public.customer_login where id = (select public.portal_login()) with check option;
create view portal.passkey with (security_barrier) as
    select * from public.passkey where login_id = (select public.portal_login()) with check option;
create view portal.portal_session with (security_barrier) as
    select * from public.portal_session
    where login_id = (select public.portal_login()) and (select public.portal_session_id()) is not null with check option;
create view portal.sign_in_step with (security_barrier) as
    select * from public.sign_in_step
    where secret_hash = sha256(convert_to(current_setting('werda.step', true), 'UTF8'))
      and expires_at > clock_timestamp() with check option;

-- Whoever types this name (folded, or the customer number): what a password is compared with. No session is needed, which is
-- why it gives nothing else of the customer.
create or replace function portal_login_named(p_brand bigint, p_name text)
    returns table (login_id bigint, password text, has_totp boolean, totp_since timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
    select l.id, l.password, l.totp is not null, l.totp_since
    from customer_login l join customer c on c.id = l.customer_id
    where l.brand_id = p_brand and c.ended_at is null and p_name <> ''
      and (l.name = p_name or l.person_id = 0 and c.brand_id = p_brand and upper(c.customer_number) = upper(p_name))
    order by (l.name = p_name) desc limit 1
$$;

-- Sign somebody in. Whoever calls this has seen the password and what else there is; the event says so. `o_new_device`: this
-- login has had no session on such a device.
create or replace function open_portal_session(
    p_login bigint, p_secret_hash bytea, p_method text, p_place text, p_strong_since timestamptz, p_device text,
    p_now timestamptz, p_expires timestamptz, out o_session bigint, out o_new_device boolean)
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    select not exists (select from portal_session s where s.login_id = p_login and s.device = p_device)
       and exists (select from portal_session s where s.login_id = p_login) into o_new_device;
    insert into portal_session (secret_hash, login_id, brand_id, customer_id, person_id, method, place, strong_since, device,
                                opened_at, fresh_at, seen_at, expires_at)
    select p_secret_hash, l.id, l.brand_id, l.customer_id, l.person_id, p_method, p_place, p_strong_since, p_device,
           p_now, p_now, p_now, p_expires
    from customer_login l join customer c on c.id = l.customer_id
    where l.id = p_login and c.ended_at is null
    returning id into o_session;
    insert into event (at, kind, brand_id, customer_id, actor, detail)
    select p_now, 'session:opened', s.brand_id, s.customer_id,
           'customer:' || s.customer_id || '/' || s.person_id || ':session:' || s.id,
           jsonb_build_object('method', s.method, 'place', s.place, 'device', s.device)
    from portal_session s where s.id = o_session;
end $$;
