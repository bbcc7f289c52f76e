-- Erasing what the law no longer lets us keep (A9). Custody may erase through these functions alone: of each attempt and each
-- event the hash stays in the same statement, so that what was sealed over it can still be checked. What an incident holds
-- (incidents_of) stays. Each chunk begins where the one before ended, so that what is held is passed over once a run.

-- The one place that says whether an event may be erased: its hash is in a batch of the seal (usecases.seal_record).
create or replace function event_is_sealed(e event) returns boolean language sql stable as $$
    select exists (select from event_seal s where s.event_id = e.id)
$$;

-- One chunk of a lane, in the order of ids, which is the order of time: only old rows are read or locked, and no index is
-- needed but the key. `o_last` is null when the lane has nothing more that could be due.
create or replace function erase_attempts(
    p_after bigint, p_limit int, p_brands bigint[], p_before timestamptz[], p_now timestamptz,
    out o_last bigint, out o_brands bigint[], out o_erased bigint[])
language sql security definer set search_path = public, pg_temp as $$
    with due_before as (
        select * from unnest(p_brands, p_before) b(brand, before)
    ), next as materialized (
        select id, brand_id, at from attempt
        where id > p_after and id < ((p_after >> 32) + 1) << 32 order by id limit p_limit
    ), gone as (
        delete from attempt a using next n join due_before b on n.brand_id = b.brand and n.at < b.before
        where a.id = n.id and not exists (select from incidents_of(a)) returning a.*
    ), kept as (
        insert into erased_record (log, record_id, hash, erased_at)
        select 1, g.id, line_hash(attempt_line((g.*)::attempt)), p_now from gone g
    ), counted as (
        select brand_id, count(*) as n from gone group by brand_id
    )
    select (select max(id) from next having max(at) < (select max(before) from due_before)),
           (select coalesce(array_agg(brand_id order by brand_id), '{}') from counted),
           (select coalesce(array_agg(n order by brand_id), '{}') from counted)
$$;

-- Events of one kind in the order of time. Many have the same time, so the next chunk begins at it, not after it.
drop function if exists erase_events(bigint, text[], timestamptz, int, timestamptz);
create or replace function erase_events(
    p_brand bigint, p_kind text, p_from timestamptz, p_before timestamptz, p_limit int, p_now timestamptz,
    out o_from timestamptz, out o_erased bigint)
language sql security definer set search_path = public, pg_temp as $$
    with due as materialized (
        select id, at from event e
        where kind = p_kind and at >= p_from and at < p_before and brand_id = p_brand and event_is_sealed(e)
          and not exists (select from incidents_of(e))
        order by at limit p_limit for update skip locked
    ), gone as (
        delete from event e using due where e.id = due.id returning e.*
    ), kept as (
        insert into erased_record (log, record_id, hash, erased_at)
        select 2, g.id, line_hash(event_line((g.*)::event)), p_now from gone g returning 1
    )
    select (select max(at) from due), (select count(*) from kept)
$$;

-- Calls that are over, by their arrival, with the grants and notes that hang on them.
drop function if exists erase_calls(bigint, timestamptz, int);
create or replace function erase_calls(
    p_brand bigint, p_after bigint, p_before timestamptz, p_limit int, out o_last bigint, out o_erased bigint)
language plpgsql security definer set search_path = public, pg_temp as $$
declare due bigint[];
begin
    select array_agg(id) into due from (
        select id from call c
        where brand_id = p_brand and id > p_after and arrived_at < p_before and not exists (select from incidents_of(c))
        order by id limit p_limit for update skip locked) c;
    delete from call_note where call_id = any (due);
    delete from call_grant where call_id = any (due);
    delete from call where id = any (due);
    delete from outgoing_call where brand_id = p_brand and announced_at < p_before;
    o_last := (select max(id) from unnest(due) id);
    o_erased := coalesce(cardinality(due), 0);
end $$;

-- From when an order's period counts: never while it is not settled or a message of it is still on its way, and of the
-- order that a contract rests on not before that contract's end.
create or replace function order_kept_from(o operator_order) returns timestamptz language sql stable as $$
    select case
        when exists (select from outbox_message m
                     where m.stream = 'order:' || o.public_id and m.delivered_at is null and m.dead_at is null) then null
        when o.kind = 'product' and o.state = 'done'
             and exists (select from customer c where c.id = o.customer_id and c.ended_at is null) then null
        when o.kind = 'product' and o.state = 'done'
            then greatest(o.settled_at, (select c.ended_at from customer c where c.id = o.customer_id))
        else o.settled_at end
$$;

create or replace function erase_orders(
    p_brand bigint, p_after bigint, p_before timestamptz, p_limit int, out o_last bigint, out o_erased bigint)
language sql security definer set search_path = public, pg_temp as $$
    with due as materialized (
        select id from operator_order o
        where brand_id = p_brand and id > p_after and settled_at < p_before and order_kept_from(o) < p_before
          and not exists (select from incidents_of(o))
        order by id limit p_limit for update skip locked
    ), gone as (
        delete from operator_order o using due where o.id = due.id returning 1
    )
    select (select max(id) from due), (select count(*) from gone)
$$;

-- One closed incident, whole, be it of a million attempts; what it held is due by its own period from then on.
create or replace function erase_incident(p_brand bigint, p_before timestamptz) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare due bigint;
begin
    select id into due from incident where brand_id = p_brand and closed_at < p_before
    order by id limit 1 for update skip locked;
    delete from incident_attempt where incident_id = due;
    delete from incident_call where incident_id = due;
    delete from incident_customer where incident_id = due;
    delete from incident_warning where incident_id = due;
    delete from incident_entry where incident_id = due;
    delete from incident where id = due;
    return due;
end $$;

create or replace function erase_messages(p_brand bigint, p_before timestamptz, p_limit int) returns bigint
language sql security definer set search_path = public, pg_temp as $$
    with due as (
        select id from outbox_message
        where brand_id = p_brand and coalesce(delivered_at, dead_at) < p_before limit p_limit for update skip locked
    ), gone as (
        delete from outbox_message m using due where m.id = due.id returning 1
    )
    select count(*) from gone
$$;

-- What is recorded of one customer whose contract ended (GDPR Art. 17). Their calls stay as numbers of nobody; a grant that
-- somebody still holds ends. `waiting` are events that are not sealed yet: then the caller rolls back.
create or replace function erase_records_of(
    p_customer bigint, p_now timestamptz, out attempts bigint, out events bigint, out calls bigint, out messages bigint,
    out waiting bigint)
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    theirs bigint[];
    orders uuid[];
begin
    if not exists (select from customer where id = p_customer and ended_at <= p_now) then
        raise 'the contract of customer % has not ended', p_customer;
    end if;
    select array_agg(id) into theirs from call c
    where c.customer_id = p_customer or c.id in (select call_id from attempt where customer_id = p_customer);
    delete from call_note where call_id = any (theirs) or customer_id = p_customer;
    delete from call_grant where call_id = any (theirs) or customer_id = p_customer;
    update call set calling_number = '', customer_id = null, person_id = null, line_id = null, level = 0, strong = false,
                    topic = '', token_expires_at = null, state = 'ended', ended_at = coalesce(ended_at, p_now)
    where id = any (theirs);
    calls := coalesce(cardinality(theirs), 0);

    with gone as (delete from attempt a where customer_id = p_customer returning a.*)
    insert into erased_record (log, record_id, hash, erased_at)
    select 1, g.id, line_hash(attempt_line((g.*)::attempt)), p_now from gone g;
    get diagnostics attempts = row_count;

    with gone as (delete from event e where customer_id = p_customer and event_is_sealed(e) returning e.*)
    insert into erased_record (log, record_id, hash, erased_at)
    select 2, g.id, line_hash(event_line((g.*)::event)), p_now from gone g;
    get diagnostics events = row_count;

    select array_agg(public_id) into orders from operator_order where customer_id = p_customer;
    delete from outbox_message
    where (stream = 'customer:' || p_customer or stream in (select 'order:' || o from unnest(orders) o))
      and (delivered_at is not null or dead_at is not null);
    get diagnostics messages = row_count;
    select (select count(*) from event where customer_id = p_customer)
         + (select count(*) from outbox_message
            where stream = 'customer:' || p_customer or stream in (select 'order:' || o from unnest(orders) o))
    into waiting;
    delete from order_draft where order_public_id = any (orders);
end $$;
