-- The desk sees customer data only through a living grant of the agent at work (A4, design decision 7).
-- Each transaction of the desk sets `werda.grant` (the grant's secret) and `werda.agent`; without them nothing is visible.
create or replace function granted_customer(p_customer bigint, p_line bigint) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
    select exists (
        select from call_grant g
        where g.secret_hash = sha256(convert_to(current_setting('werda.grant', true), 'UTF8'))
          and g.agent_id = nullif(current_setting('werda.agent', true), '')::bigint
          and g.expires_at > clock_timestamp() and g.level >= 1 and g.customer_id = p_customer
          and (g.line_id is null or g.line_id = p_line))
$$;

-- Whose call it is, for the note and the wrap-up: the agent with the call's grant, until fifteen minutes after its end,
-- because the caller usually hangs up before the agent has written. It opens no customer.
create or replace function granted_call(p_call bigint) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
    select exists (
        select from call_grant g
        where g.secret_hash = sha256(convert_to(current_setting('werda.grant', true), 'UTF8'))
          and g.agent_id = nullif(current_setting('werda.agent', true), '')::bigint
          and g.expires_at > clock_timestamp() - interval '15 minutes' and g.call_id = p_call)
$$;

do $$
declare t text;
begin
    foreach t in array array['customer', 'line', 'sim_profile', 'call_note', 'call_grant', 'attempt', 'event',
                             'operator_order', 'outbox_message'] loop
        execute format('alter table %I enable row level security', t);
        execute format('drop policy if exists by_grant on %I', t);
        execute format('drop policy if exists custody on %I', t);
        execute format('create policy custody on %I to werda_custody using (true) with check (true)', t);
    end loop;
end $$;

-- Sign-up faces strangers: it may order a new contract and nothing else, for nobody who is a customer.
drop policy if exists sign_up on operator_order;
drop policy if exists sign_up_reads on operator_order;
drop policy if exists sign_up on outbox_message;
create policy sign_up on operator_order for insert to werda_signup
    with check (kind = 'product' and state = 'ordered' and customer_id is null);
create policy sign_up_reads on operator_order for select to werda_signup using (true);
create policy sign_up on outbox_message for insert to werda_signup
    with check (type = 'org.werda.order.product.v1' and body::jsonb ->> 'type' = type and stream like 'order:%');

create policy by_grant on customer for select to werda_desk using (granted_customer(id, null));
create policy by_grant on line for select to werda_desk using (granted_customer(customer_id, id));
create policy by_grant on sim_profile for select to werda_desk using (granted_customer(customer_id, line_id));
create policy by_grant on attempt for select to werda_desk using (granted_customer(customer_id, null));
create policy by_grant on event for select to werda_desk using (granted_customer(customer_id, null));
create policy by_grant on call_grant for select to werda_desk using (
    secret_hash = sha256(convert_to(current_setting('werda.grant', true), 'UTF8'))
    and agent_id = nullif(current_setting('werda.agent', true), '')::bigint and expires_at > clock_timestamp());
create policy by_grant on call_note to werda_desk
    using (granted_customer(customer_id, null) or granted_call(call_id))
    with check (granted_call(call_id) and agent_id = nullif(current_setting('werda.agent', true), '')::bigint
                and customer_id is null);  -- wrap_up knows whose it is

-- What a desk sees of calls before any grant: that one is waiting, how far it is legitimated, and for whom it rings.
-- No customer and only the last digits of the number (A4); a topic only of who was right with a call code.
create or replace view live_call with (security_barrier) as
    select c.id, c.brand_id, c.state, c.level, c.method, c.legacy, c.channel, c.tries, c.verified_at, c.arrived_at,
           c.waiting_at, c.answered_by, c.token_expires_at, c.redeemed_at, c.word,
           case when length(c.calling_number) > 6
                then left(c.calling_number, 6) || '…' || right(c.calling_number, 2) else '' end as number_hint,
           c.topic
    from call c where c.state in ('waiting', 'answered', 'open');
