-- What the gate must know besides: brands, policies, trunks and keys of integrators.
create or replace function gate_brands() returns table (id bigint, slug text, name text, form text, language text,
    timezone text, portal text, dialled text[])
language sql stable security definer set search_path = public, pg_temp as $$
    select b.id, b.slug::text, b.name, b.form, b.language, b.timezone, b.portal,
           array(select number from dialled_number d where d.brand_id = b.id)
    from brand b
$$;

create or replace function gate_policies() returns table (brand_id bigint, effective_from timestamptz, document text)
language sql stable security definer set search_path = public, pg_temp as $$
    select brand_id, effective_from, document from policy_version order by brand_id, effective_from
$$;

create or replace function gate_asserting_trunks() returns table (name text)
language sql stable security definer set search_path = public, pg_temp as $$
    select name::text from trunk where asserts
$$;

create or replace function gate_api_key(p_id bigint) returns table (name text, secret_hash bytea, scopes text[],
    brands bigint[], asserts boolean)
language sql stable security definer set search_path = public, pg_temp as $$
    select name, secret_hash, scopes, brands, asserts from api_key where id = p_id and revoked_at is null
$$;

create or replace function open_lane() returns bigint
language sql security definer set search_path = public, pg_temp as $$
    insert into lane (opened_at) values (clock_timestamp()) returning id
$$;

create or replace function brand_of_call(p_call bigint) returns bigint
language sql stable security definer set search_path = public, pg_temp as $$
    select brand_id from call where id = p_call
$$;

-- What all lanes summed within the last hour (C5): wide sources have no longer window.
create or replace function gate_traffic(p_now timestamptz) returns table (age interval, brand_id bigint, trunk text, api_key_id bigint,
    failures bigint)
language sql stable security definer set search_path = public, pg_temp as $$
    select t - minute, brand_id, trunk, api_key_id, sum(wrong + unknown)
    from traffic, coalesce(p_now, clock_timestamp()) t
    where minute > t - interval '1 hour' and minute <= t and wrong + unknown > 0
    group by t, minute, brand_id, trunk, api_key_id
$$;

-- Which brands' hotlines are being sprayed (C6), for the metrics.
create or replace function gate_alarms() returns table (brand_id bigint, state smallint)
language sql stable security definer set search_path = public, pg_temp as $$
    select brand_id, state from alarm
$$;
