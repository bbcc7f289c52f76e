-- Opening the portal, or its way in again, for somebody who has proved who they are (E5): the database asks for the proof itself,
-- so that no page can open it for anybody it likes. Every other session of the login ends, and it is told by another way.
create or replace function login_for(p_customer bigint, p_kind text, p_by text, p_strip boolean, p_now timestamptz)
    returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    brand bigint;
    wanted text;
    login bigint;
begin
    select brand_id, lower(trim(email)) into brand, wanted from customer where id = p_customer and ended_at is null
    for no key update;
    if brand is null then
        return null;
    end if;
    select id into login from customer_login where customer_id = p_customer and person_id = 0;
    if login is null then
        insert into customer_login (brand_id, customer_id, person_id, name, password, totp_step, hides_secrets, enrolled_at)
        values (brand, p_customer, 0,
                case when exists (select from customer_login l where l.brand_id = brand and l.name = wanted) then '' else wanted end,
                '', 0, false, p_now)
        returning id into login;
    end if;
    update portal_session set ended_at = p_now where login_id = login and ended_at is null;
    if p_strip then  -- whoever has lost the telephone has lost passkey and app with it; new ones must cool (A3)
        delete from passkey where login_id = login;
        update customer_login set totp = null, totp_key_id = null, totp_since = null where id = login;
    end if;
    insert into event (at, kind, brand_id, customer_id, actor, detail)
    values (p_now, p_kind, brand, p_customer, 'customer:' || p_customer || '/0', jsonb_build_object('by', p_by));
    insert into notice (brand_id, customer_id, kind, created_at) values (brand, p_customer, 'login_enrolled', p_now);
    return login;
end $$;

-- By a letter code: the attempt that the gate counted a moment ago in the call of this page, once.
create or replace function enrol_by_letter(p_call bigint, p_attempt bigint, p_now timestamptz) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    proved attempt;
    known boolean;
begin
    select * into proved from attempt a
    where a.id = p_attempt and a.call_id = p_call and a.outcome = 0 and a.method = 5 and a.person_id = 0
      and a.at > p_now - interval '15 minutes';
    if proved.id is null then
        return null;
    end if;
    update call set state = 'ended', ended_at = p_now where id = p_call and ref like 'portal-%' and state = 'dialogue';
    if not found then  -- it was used, or is no call of the portal's
        return null;
    end if;
    known := exists (select from customer_login where customer_id = proved.customer_id and person_id = 0);
    return login_for(proved.customer_id, case when known then 'login:recovered' else 'login:enrolled' end, 'letter_code', true,
                     p_now);
end $$;

-- By the operator's own provider (OpenID Connect), which the portal has asked: the login of this customer number, made for who
-- comes for the first time. Nothing of it when there is no such contract.
create or replace function operator_login(p_brand bigint, p_number text, p_now timestamptz, p_only bigint,
                                          out o_login bigint, out o_has_totp boolean)
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    c bigint;
begin
    select id into c from customer where brand_id = p_brand and upper(customer_number) = upper(p_number) and ended_at is null;
    select id, totp is not null into o_login, o_has_totp from customer_login
    where customer_id = c and person_id = 0 and (p_only is null or id = p_only);
    if c is not null and o_login is null and p_only is null then
        o_login := login_for(c, 'login:enrolled', 'operator', false, p_now);
        o_has_totp := false;
    end if;
end $$;

-- By a link and an SMS. Who has no e-mail address or no mobile line in use gets neither; the page says the same (C7). At most
-- three a day for a customer, so that nobody is flooded.
create or replace function begin_enrolment(p_brand bigint, p_name text, p_token_hash bytea, p_now timestamptz,
                                           out o_mail bigint)
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    c customer;
begin
    select * into c from customer k
    where k.brand_id = p_brand and k.ended_at is null and k.email <> ''
      and (lower(trim(k.email)) = p_name or upper(k.customer_number) = upper(p_name))
      and exists (select from line l where l.customer_id = k.id and l.kind = 'mobile' and l.ended_at is null and not l.shared
                  and (l.possession_from is null or l.possession_from <= p_now))
    order by (upper(k.customer_number) = upper(p_name)) desc, k.id limit 1;
    if c.id is null or (select count(*) from enrolment e where e.customer_id = c.id
                        and e.created_at > p_now - interval '1 day') >= 3 then
        return;
    end if;
    insert into enrolment (brand_id, customer_id, token_hash, tries, created_at, expires_at)
    values (p_brand, c.id, p_token_hash, 0, p_now, p_now + interval '1 hour');
    insert into mail (brand_id, customer_id, to_address, kind, data, created_at, next_try_at, tries, last_problem)
    values (p_brand, c.id, c.email, 'sign_in_link', '{"path": "/enrol/link"}', p_now, 'infinity', 0, '')
    returning id into o_mail;
end $$;

create or replace function seal_enrolment_mail(p_mail bigint, p_sealed bytea, p_key bigint, p_now timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
    update mail set sealed = p_sealed, sealed_key_id = p_key, next_try_at = p_now
    where id = p_mail and kind = 'sign_in_link' and sealed is null and sent_at is null;
    select pg_notify('werda_mail', '')
$$;

-- The link was followed: an SMS goes to the customer's mobile line that is in use for longest. Once.
create or replace function open_enrolment(p_brand bigint, p_token_hash bytea, p_now timestamptz,
                                          out o_enrolment bigint, out o_customer bigint, out o_sms bigint, out o_ends_in text)
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    number text;
begin
    update enrolment set opened_at = p_now
    where brand_id = p_brand and token_hash = p_token_hash and opened_at is null and expires_at > p_now
    returning id, customer_id into o_enrolment, o_customer;
    if o_enrolment is null then
        return;
    end if;
    select msisdn into number from line
    where customer_id = o_customer and kind = 'mobile' and ended_at is null and not shared
      and (possession_from is null or possession_from <= p_now)
    order by id limit 1;
    insert into sms (brand_id, customer_id, to_number, created_at, next_try_at, tries, last_problem)
    values (p_brand, o_customer, number, p_now, 'infinity', 0, '') returning id into o_sms;
    o_ends_in := right(number, 2);
end $$;

create or replace function seal_enrolment_sms(
    p_enrolment bigint, p_sms bigint, p_mac bytea, p_mac_key bigint, p_sealed bytea, p_key bigint, p_now timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
    update enrolment set code_mac = p_mac, code_key_id = p_mac_key, expires_at = p_now + interval '10 minutes'
    where id = p_enrolment and code_mac is null and opened_at is not null;
    update sms set sealed = p_sealed, sealed_key_id = p_key, next_try_at = p_now where id = p_sms and sealed is null and sent_at is null;
    select pg_notify('werda_sms', '')
$$;

-- The code of the SMS: five tries, ten minutes, once. Counted before it is compared.
create or replace function finish_enrolment(p_enrolment bigint, p_keys bigint[], p_macs bytea, p_now timestamptz) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    e enrolment;
    known boolean;
begin
    update enrolment set tries = tries + 1
    where id = p_enrolment and used_at is null and code_mac is not null and expires_at > p_now and tries < 5
    returning * into e;
    if e.id is null
       or e.code_mac is distinct from substring(p_macs from 16 * array_position(p_keys, e.code_key_id) - 15 for 16) then
        return null;
    end if;
    update enrolment set used_at = p_now where id = e.id;
    known := exists (select from customer_login where customer_id = e.customer_id and person_id = 0);
    return login_for(e.customer_id, case when known then 'login:recovered' else 'login:enrolled' end, 'mail_and_sms', false,
                     p_now);
end $$;
