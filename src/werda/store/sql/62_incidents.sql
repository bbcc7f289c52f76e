-- Incidents (A7). Opening one is the same for the operator and for an agent: the row, and the event, or neither.
create or replace function open_incident(
    p_brand bigint, p_reason text, p_known timestamptz, p_call bigint, p_actor text, p_now timestamptz) returns bigint
language sql security definer set search_path = public, pg_temp as $$
    with i as (
        insert into incident (brand_id, reason, known_at, since, call_id, opened_at, opened_by)
        values (p_brand, p_reason, p_known, p_known - interval '30 days', p_call, p_now, p_actor) returning id),
    e as (
        insert into event (at, kind, brand_id, call_id, actor, detail)
        select p_now, 'incident:opened', p_brand, p_call, p_actor, jsonb_build_object('incident', i.id) from i)
    select id from i
$$;

-- Mark attempts, with the calls they were made in and the customers they were about; the timeline begins a day before the
-- first of them.
create or replace function mark_attempts(p_incident bigint, p_attempts bigint[]) returns void
language sql security definer set search_path = public, pg_temp as $$
    insert into incident_attempt (incident_id, attempt_id) select p_incident, unnest(p_attempts) on conflict do nothing;
    insert into incident_call (incident_id, call_id)
    select distinct p_incident, a.call_id from attempt a where a.id = any (p_attempts) and a.call_id > 0
    on conflict do nothing;
    insert into incident_customer (incident_id, customer_id)
    select distinct p_incident, a.customer_id from attempt a where a.id = any (p_attempts) and a.customer_id > 0
    on conflict do nothing;
    update incident i set since = first.at - interval '1 day'
    from (select min(a.at) as at from attempt a
          where a.id in (select attempt_id from incident_attempt where incident_id = p_incident)) first
    where i.id = p_incident and first.at is not null
$$;

-- Mark a call: its attempts, and whom it was about. A call with an id of the switch that was used before has older attempts, too.
create or replace function mark_call(p_incident bigint, p_call bigint) returns void
language sql security definer set search_path = public, pg_temp as $$
    select mark_attempts(p_incident, coalesce(array_agg(a.id), '{}')) from attempt a where a.call_id = p_call;
    insert into incident_call (incident_id, call_id) values (p_incident, p_call) on conflict do nothing;
    insert into incident_customer (incident_id, customer_id)
    select p_incident, customer_id from call where id = p_call and customer_id > 0
    union
    select p_incident, customer_id from call_grant where call_id = p_call and customer_id > 0
    on conflict do nothing
$$;

-- An agent reports the call they hold the grant of, or held until just now (granted_call): once, and no other. What the
-- incident holds they are not shown.
create or replace function report_call(p_call bigint, p_reason text) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    me constant text := 'agent:' || current_setting('werda.agent', true);
    opened bigint;
begin
    if not granted_call(p_call) then
        return false;
    end if;
    perform 1 from call where id = p_call for update;  -- a second click waits, and finds the first
    if not exists (select from incident where call_id = p_call and opened_by = me) then
        select open_incident(c.brand_id, p_reason, clock_timestamp(), c.id, me, clock_timestamp()) into opened
        from call c where c.id = p_call;
        perform mark_call(opened, p_call);
    end if;
    return true;
end $$;

-- How many deadlines of a brand were warned of and are not met, for the metrics.
create or replace function gate_incidents_due() returns table (brand_id bigint, due bigint)
language sql stable security definer set search_path = public, pg_temp as $$
    select i.brand_id, count(*) from incident_warning w join incident i on i.id = w.incident_id
    where i.closed_at is null
      and not exists (select from incident_entry e where e.incident_id = i.id and e.recipient = w.recipient)
    group by i.brand_id
$$;

-- What a customer's secrets proved in calls that still go on counts no longer (B8): no grant, no token, no level.
create or replace function end_proofs(p_customer bigint) returns void
language sql security definer set search_path = public, pg_temp as $$
    update call set level = 0, method = 0, legacy = false, strong = false, proved_before = 0, attempt_id = 0,
                    customer_id = null, person_id = null, line_id = null, verified_at = null
    where customer_id = p_customer and state <> 'ended';
    update call_grant set expires_at = clock_timestamp() where customer_id = p_customer and expires_at > clock_timestamp()
$$;
