-- Whose session of the portal a transaction is of: `werda.session` holds the session's secret, `werda.step` that of somebody who
-- is half-way through signing in (66_portal.sql). An app's session is found by its access token in `werda.access_token` alone, and
-- a browser's by its cookie alone: neither is ever the other.
create or replace function portal_session_id() returns bigint
language sql stable security definer set search_path = public, pg_temp as $$
    select s.id from portal_session s join customer c on c.id = s.customer_id
    where (s.secret_hash = sha256(convert_to(current_setting('werda.session', true), 'UTF8')) and s.client = ''
           or s.access_hash = sha256(convert_to(current_setting('werda.access_token', true), 'UTF8'))
              and s.access_expires_at > clock_timestamp())
      and s.ended_at is null and s.expires_at > clock_timestamp() and c.ended_at is null
$$;

create or replace function portal_customer() returns bigint
language sql stable security definer set search_path = public, pg_temp as $$
    select customer_id from portal_session where id = portal_session_id()
$$;

-- The login that is signed in, or on its way.
create or replace function portal_login() returns bigint
language sql stable security definer set search_path = public, pg_temp as $$
    select coalesce(
        (select login_id from portal_session where id = portal_session_id()),
        (select login_id from sign_in_step
         where secret_hash = sha256(convert_to(current_setting('werda.step', true), 'UTF8'))
           and expires_at > clock_timestamp()))
$$;

-- A function that takes customers by number begins with this: the portal may name its own customer alone.
create or replace function own_only(p_customers bigint[]) returns void
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
    if session_user = 'werda_portal' and p_customers is distinct from array[portal_customer()] then
        raise insufficient_privilege using message = 'the portal names the customer of its session alone';
    end if;
end $$;
