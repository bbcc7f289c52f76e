-- A customer closes the hotline for themselves ("Hotline-Zugang sperren"): whoever calls in their name is answered as if the
-- budget were spent, whatever they say and from whichever line (C7), until it is opened with full strength (E5). What was proved
-- in calls that go on ends, and so does a call code that somebody holds: they may have the customer's phone. A letter code
-- counts on: it is how the customer comes back without the portal.
create or replace function close_hotline(p_customer bigint, p_now timestamptz) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform own_only(array[p_customer]);
    insert into budget (customer_id, person_id, own_line, failures)
    values (p_customer, 0, false, 0), (p_customer, 0, true, 0) on conflict do nothing;
    perform 1 from budget where customer_id = p_customer order by customer_id, person_id, own_line for update;
    update budget set closed_at = p_now where customer_id = p_customer and closed_at is null;
    if not found then
        return false;
    end if;
    update one_time_code set expires_at = least(expires_at, p_now) where customer_id = p_customer and kind = 4;
    perform end_proofs(p_customer);
    return true;
end $$;
