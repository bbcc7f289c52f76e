-- Which incidents a record belongs to (A7). Nothing of an incident is erased by its period while the incident is there (A9);
-- this is the one place that says what is of it: at least what the incident's timeline shows.

-- By the call it was made in, or by the customer, from where the timeline begins until the incident was closed.
create or replace function incidents_of(p_customer bigint, p_call bigint, p_at timestamptz) returns setof bigint
language sql stable as $$
    select incident_id from incident_call where call_id = p_call
    union all
    select c.incident_id from incident_customer c join incident i on i.id = c.incident_id
    where c.customer_id = p_customer and p_at >= i.since and (i.closed_at is null or p_at <= i.closed_at)
$$;

create or replace function incidents_of(a attempt) returns setof bigint language sql stable as $$
    select * from incidents_of(a.customer_id, a.call_id, a.at)
    union all
    select incident_id from incident_attempt m where m.attempt_id = a.id
$$;

create or replace function incidents_of(e event) returns setof bigint language sql stable as $$
    select * from incidents_of(e.customer_id, e.call_id, e.at)
    union all
    select i.id from incident i
    where i.id = case when e.kind like 'incident:%' then (e.detail ->> 'incident')::bigint end
$$;

-- A call is of the customers, too, whom an agent saw in it.
create or replace function incidents_of(c call) returns setof bigint language sql stable as $$
    select * from incidents_of(c.customer_id, c.id, c.arrived_at)
    union all
    select i from call_grant g, incidents_of(g.customer_id, null, c.arrived_at) i where g.call_id = c.id
$$;

create or replace function incidents_of(o operator_order) returns setof bigint language sql stable as $$
    select * from incidents_of(o.customer_id, null, o.ordered_at)
$$;
