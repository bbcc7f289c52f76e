-- The text over which the hash of a row runs: every column, the time and the salt too, in a form no other row can have.
-- core.audit.attempt_line and event_line are the same in Python.
create or replace function one_field(t text) returns text language sql immutable parallel safe as $$
    select replace(replace(t, '%', '%25'), '|', '%7C')
$$;

create or replace function attempt_line(a attempt) returns text language sql stable as $$
    select concat_ws('|', a.id, (extract(epoch from a.at) * 1000000)::bigint, a.brand_id, a.customer_id, a.person_id,
                     a.own_line::int, a.channel, a.method, a.outcome, a.failures, a.level, coalesce(a.line_id::text, ''), a.call_id,
                     a.tries, a.calling_number, a.trunk, coalesce(a.agent_id::text, ''), a.api_key_id,
                     coalesce('=' || one_field(a.idempotency_key), ''),
                     coalesce('=' || encode(a.request_mac, 'hex'), ''), a.salt)
$$;

create or replace function event_line(e event) returns text language sql stable as $$
    select concat_ws('|', e.id, (extract(epoch from e.at) * 1000000)::bigint, e.txid, one_field(e.kind),
                     coalesce(e.brand_id::text, ''), coalesce(e.customer_id::text, ''), coalesce(e.call_id::text, ''),
                     one_field(e.actor), one_field(e.detail::text), e.salt)
$$;

-- All that stays of a row that was erased (A9).
create or replace function line_hash(line text) returns bytea language sql stable as $$
    select sha256(convert_to(line, 'UTF8'))
$$;
