-- Pushes (C8, A6): what must be told is written down for every browser that wants it, by whoever writes the notice or asks.

-- The channel `werda_push` wakes the worker.
create or replace function push_to(p_customer bigint, p_kind text, p_notice bigint, p_at timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
    with p as (
        insert into push (subscription_id, customer_id, kind, notice_id, created_at, next_try_at, tries, last_problem)
        select id, customer_id, p_kind, p_notice, p_at, p_at, 0, '' from push_subscription
        where customer_id = p_customer and sealed is not null
        returning id)
    select pg_notify('werda_push', '') from p limit 1
$$;

create or replace function push_notice() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform push_to(new.customer_id, new.kind, new.id, new.created_at);
    return null;
end $$;
drop trigger if exists push_notice on notice;
create trigger push_notice after insert on notice for each row execute function push_notice();

create or replace function push_question() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform push_to(new.customer_id, 'question', null, new.asked_at);
    return null;
end $$;
drop trigger if exists push_question on confirmation;
create trigger push_question after insert on confirmation for each row execute function push_question();

-- Whoever signs out gets no more pushes there.
create or replace function push_ends_with_session() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    delete from push_subscription where session_id = new.id;
    return null;
end $$;
drop trigger if exists push_ends_with_session on portal_session;
create trigger push_ends_with_session after update of ended_at on portal_session for each row
    when (new.ended_at is not null and old.ended_at is null) execute function push_ends_with_session();

-- The portal: its own customer's browsers. The same browser of somebody else before is theirs no longer; ten for a customer.
create view portal.push_subscription with (security_barrier) as
    select id, customer_id, session_id, address_hash, host, created_at, delivered_at from public.push_subscription
    where customer_id = (select public.portal_customer());

create or replace function subscribe_push(p_hash bytea, p_host text, p_now timestamptz) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    me constant bigint := portal_customer();
    it bigint;
begin
    if me is null or portal_session_id() is null then
        return null;
    end if;
    delete from push_subscription where address_hash = p_hash;
    delete from push_subscription where id in (
        select id from push_subscription where customer_id = me order by renewed_at desc offset 9);
    insert into push_subscription (brand_id, customer_id, session_id, address_hash, host, created_at, renewed_at)
    select brand_id, me, portal_session_id(), p_hash, p_host, p_now, p_now from customer where id = me
    returning id into it;
    return it;
end $$;

create or replace function seal_push_subscription(p_id bigint, p_sealed bytea, p_key bigint) returns void
language sql security definer set search_path = public, pg_temp as $$
    update push_subscription set sealed = p_sealed, sealed_key_id = p_key
    where id = p_id and customer_id = portal_customer() and sealed is null
$$;

create or replace function unsubscribe_push(p_hash bytea) returns boolean
language sql security definer set search_path = public, pg_temp as $$
    with gone as (delete from push_subscription where address_hash = p_hash and customer_id = portal_customer() returning 1)
    select exists (select from gone)
$$;

create or replace function push_to_me(p_now timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
    select push_to(portal_customer(), 'test', null, p_now) where portal_customer() is not null
$$;

create or replace function push_public_key() returns bytea
language sql stable security definer set search_path = public, pg_temp as $$ select public from push_key where id = 1 $$;
