-- Orders that wait for their customer's word (A6). Whoever cancels and whoever releases lock the row: one comes first.

-- Cancel an order that waits, in somebody's name; gives its kind, null where it waits no longer. The operator never heard of it.
create or replace function cancel_waiting(p_order bigint, p_actor text, p_now timestamptz) returns text
language sql security definer set search_path = public, pg_temp as $$
    with o as (
        update operator_order set state = 'cancelled', settled_at = p_now, cancel_hash = null
        where id = p_order and state = 'waiting' returning *),
    e as (
        insert into event (at, kind, brand_id, customer_id, actor, detail)
        select p_now, 'operation:cancelled', brand_id, customer_id, p_actor,
               jsonb_build_object('operation', kind, 'order', public_id) from o),
    n as (
        insert into notice (brand_id, customer_id, kind, created_at)
        select brand_id, customer_id, 'operation_cancelled', p_now from o)
    select kind from o
$$;

-- The link of a mail, by the hash of what it carries. It is the brand's whose portal is asked.
create or replace function cancel_by_link(p_brand bigint, p_hash bytea, p_now timestamptz) returns text
language sql security definer set search_path = public, pg_temp as $$
    select cancel_waiting(o.id, 'link', p_now) from operator_order o
    where o.cancel_hash = p_hash and o.brand_id = p_brand and o.state = 'waiting'
$$;

-- An order of the session's customer.
create or replace function cancel_own(p_order uuid, p_actor text, p_now timestamptz) returns text
language sql security definer set search_path = public, pg_temp as $$
    select cancel_waiting(o.id, p_actor, p_now) from operator_order o
    where o.public_id = p_order and o.customer_id = portal_customer() and o.state = 'waiting'
$$;
