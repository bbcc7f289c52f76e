-- Whose passkey a browser shows, before anybody is signed in: what its signature is checked with, and nothing of the customer.
create or replace function portal_passkey(p_brand bigint, p_credential bytea)
    returns table (passkey_id bigint, login_id bigint, public bytea, uses bigint, enrolled_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
    select p.id, p.login_id, p.public, p.uses, p.enrolled_at
    from passkey p join customer_login l on l.id = p.login_id join customer c on c.id = l.customer_id
    where p.credential_id = p_credential and l.brand_id = p_brand and c.ended_at is null
$$;
