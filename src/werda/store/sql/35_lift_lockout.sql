-- Open hotline authentication for a person again: their budgets are clear (C2, C9), and what they closed themselves is open (E5), it is recorded, and they are told (C8).
-- False, and no trace, when nothing was counted. Only a verified letter code or a strong app session leads here.
create or replace function lift_lockout(
    p_brand bigint, p_customer bigint, p_person bigint, p_by text, p_call bigint, p_actor text, p_now timestamptz)
    returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    closed boolean;
begin
    perform own_only(array[p_customer]);
    perform 1 from budget where customer_id = p_customer order by customer_id, person_id, own_line for update;
    select bool_or(closed_at is not null) into closed from budget where customer_id = p_customer;
    if closed and p_person = 0 then  -- the account holder opens the hotline for everybody they closed it for
        update budget set closed_at = null where customer_id = p_customer and closed_at is not null;
    end if;
    update budget set failures = 0, not_before = null
    where customer_id = p_customer and person_id = p_person and (failures > 0 or not_before is not null);
    if not found and not (closed and p_person = 0) then
        return false;
    end if;
    insert into event (at, kind, brand_id, customer_id, call_id, actor, detail)
    values (p_now, 'lockout:lifted', p_brand, p_customer, p_call, p_actor,
            jsonb_build_object('by', p_by) || case when closed then '{"closed": true}'::jsonb else '{}' end);
    insert into notice (brand_id, customer_id, kind, created_at) values (p_brand, p_customer, 'lockout_lifted', p_now);
    return true;
end $$;

-- The desk's only way there: the living grant of the agent at work, of a call in which the customer's letter code was
-- verified (method 5). Null when there is none: then it is not the agent's to do, whatever they were told.
create or replace function lift_lockout_by_grant() returns boolean
language sql security definer set search_path = public, pg_temp as $$
    select lift_lockout(g.brand_id, g.customer_id, g.person_id, 'letter_code', g.call_id, 'agent:' || g.agent_id,
                        clock_timestamp())
    from call_grant g
    where g.secret_hash = sha256(convert_to(current_setting('werda.grant', true), 'UTF8'))
      and g.agent_id = nullif(current_setting('werda.agent', true), '')::bigint
      and g.expires_at > clock_timestamp() and g.level >= 1 and g.line_id is null
      and ((g.proved_before | marks_of(g.method, g.strong, g.line_id)) >> 5) & 1 = 1
$$;
