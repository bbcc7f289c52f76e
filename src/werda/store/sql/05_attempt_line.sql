-- The text over which a lane's hash runs: every column of an attempt, the time too, in a form no other row can have.
-- core.audit.attempt_line is the same in Python.
create or replace function attempt_line(a attempt) returns text language sql stable as $$
    select concat_ws('|', a.id, (extract(epoch from a.at) * 1000000)::bigint, a.brand_id, a.customer_id, a.person_id,
                     a.own_line::int, a.channel, a.method, a.outcome, a.failures, a.level, coalesce(a.line_id::text, ''), a.call_id,
                     a.tries, a.calling_number, a.trunk, coalesce(a.agent_id::text, ''), a.api_key_id,
                     coalesce('=' || replace(replace(a.idempotency_key, '%', '%25'), '|', '%7C'), ''),
                     coalesce('=' || encode(a.request_mac, 'hex'), ''))
$$;
