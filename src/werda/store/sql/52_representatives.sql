-- Who else may speak for a customer (E2). The session's customer adds, renews and ends them; the desk sees who is speaking.

-- Add one; the code is put under their id, which is the person of their attempts (C1). No id: no customer, too many, or (o_repeated)
-- it was done before under this key.
create or replace function add_representative(
    p_number text, p_name text, p_kind text, p_scope text[], p_expires timestamptz, p_key bigint, p_mac bytea, p_once text,
    p_most int, p_actor text, p_now timestamptz, out o_id bigint, out o_repeated boolean)
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    me constant bigint := portal_customer();
    brand bigint;
begin
    select brand_id into brand from customer where id = me and ended_at is null for update;
    o_repeated := exists (select from representative where customer_id = me and idempotency_key = p_once);
    if brand is null or o_repeated or p_most <= (select count(*) from representative
                                                 where customer_id = me and ended_at is null and expires_at > p_now) then
        return;
    end if;
    insert into representative (brand_id, customer_id, number, name, kind, scope, begins_at, expires_at, idempotency_key)
    select brand, me, p_number, p_name, p_kind, p_scope, p_now, p_expires, p_once
    where not exists (select from customer where brand_id = brand and customer_number = p_number)
    on conflict (brand_id, number) do nothing returning id into o_id;
    if o_id is null then
        return;
    end if;
    insert into credential (customer_id, person_id, method, sim_id, key_id, mac, until) values (me, o_id, 1, 0, p_key, p_mac, p_expires);
    insert into budget (customer_id, person_id, own_line, failures) values (me, o_id, false, 0);
    insert into event (at, kind, brand_id, customer_id, actor, detail)
    values (p_now, 'representative:added', brand, me, p_actor, jsonb_build_object('representative', o_id, 'kind', p_kind, 'until', p_expires));
    insert into notice (brand_id, customer_id, kind, created_at) values (brand, me, 'representative_added', p_now);
end $$;

create or replace function seal_representative(p_id bigint, p_sealed bytea, p_key bigint) returns void
language sql security definer set search_path = public, pg_temp as $$
    update representative set sealed = p_sealed, sealed_key_id = p_key where id = p_id and customer_id = portal_customer()
$$;

-- What a person's code proved in calls that go on counts no longer.
create or replace function end_proofs_of(p_customer bigint, p_person bigint) returns void
language sql security definer set search_path = public, pg_temp as $$
    update call set level = 0, method = 0, legacy = false, strong = false, proved_before = 0, attempt_id = 0,
                    customer_id = null, person_id = null, line_id = null, verified_at = null
    where customer_id = p_customer and person_id = p_person and state <> 'ended';
    update call_grant set expires_at = clock_timestamp()
    where customer_id = p_customer and person_id = p_person and expires_at > clock_timestamp()
$$;

-- Another code: the old one counts no longer, and their own lock with it (C9).
create or replace function renew_representative(p_id bigint, p_key bigint, p_mac bytea, p_actor text, p_now timestamptz) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    r representative;
begin
    select * into r from representative
    where id = p_id and customer_id = portal_customer() and ended_at is null and expires_at > p_now for update;
    if r.id is null then
        return false;
    end if;
    perform 1 from budget where customer_id = r.customer_id and person_id = r.id order by own_line for update;
    update credential set key_id = p_key, mac = p_mac where customer_id = r.customer_id and person_id = r.id and method = 1;
    update budget set failures = 0, not_before = null where customer_id = r.customer_id and person_id = r.id;
    perform end_proofs_of(r.customer_id, r.id);
    insert into event (at, kind, brand_id, customer_id, actor, detail)
    values (p_now, 'representative:added', r.brand_id, r.customer_id, p_actor, jsonb_build_object('representative', r.id, 'renewed', true));
    insert into notice (brand_id, customer_id, kind, created_at) values (r.brand_id, r.customer_id, 'representative_added', p_now);
    return true;
end $$;

create or replace function end_representative(p_id bigint, p_actor text, p_now timestamptz) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    r representative;
begin
    update representative set ended_at = p_now, sealed = null, sealed_key_id = null
    where id = p_id and customer_id = portal_customer() and ended_at is null returning * into r;
    if r.id is null then
        return false;
    end if;
    perform 1 from budget where customer_id = r.customer_id and person_id = r.id order by own_line for update;
    delete from credential where customer_id = r.customer_id and person_id = r.id;
    perform end_proofs_of(r.customer_id, r.id);
    insert into event (at, kind, brand_id, customer_id, actor, detail)
    values (p_now, 'representative:ended', r.brand_id, r.customer_id, p_actor, jsonb_build_object('representative', r.id));
    insert into notice (brand_id, customer_id, kind, created_at) values (r.brand_id, r.customer_id, 'representative_ended', p_now);
    return true;
end $$;

-- Who speaks in the call of the desk's living grant; none for the account holder.
create or replace function speaker() returns table (id bigint, number text, name text, kind text, scope text[],
                                                    begins_at timestamptz, expires_at timestamptz, ended_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
    select r.id, r.number, r.name, r.kind, r.scope, r.begins_at, r.expires_at, r.ended_at
    from call_grant g join representative r on r.id = g.person_id and r.customer_id = g.customer_id
    where g.secret_hash = sha256(convert_to(current_setting('werda.grant', true), 'UTF8'))
      and g.agent_id = nullif(current_setting('werda.agent', true), '')::bigint
      and g.expires_at > clock_timestamp() and g.level >= 1
$$;
