-- A phone number outlives the contract that had it: with the next customer its line begins anew, and what was said about
-- the last one's no longer holds. The card in it may already be in the next customer's hand, so its PUK no longer counts
-- for the last one (B7).
create or replace function line_begins_anew() returns trigger
language plpgsql set search_path = public, pg_temp as $$
begin
    new.ended_at := null;
    new.possession_from := null;
    update sim_profile set status = case status when 'active' then 'blocked' else status end, line_id = null
    where line_id = new.id and customer_id = old.customer_id;
    return new;
end $$;

create or replace trigger line_begins_anew before update on line
    for each row when (old.customer_id is distinct from new.customer_id) execute function line_begins_anew();

-- Before a customer's credentials stop counting, every verification under way for them ends, and every later one waits
-- for this transaction: what verifies has seen what this transaction leaves. A budget that the first call from the own
-- line brings must be there to be locked. In the order of verify.sql: first all inserts, then the locks by key.
create or replace function lock_budgets(p_customers bigint[]) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    insert into budget (customer_id, person_id, own_line, failures)
    select customer_id, person_id, true, 0 from budget where customer_id = any (p_customers) and not own_line
    order by 1, 2 on conflict do nothing;
    perform 1 from budget where customer_id = any (p_customers) order by customer_id, person_id, own_line for update;
end $$;
