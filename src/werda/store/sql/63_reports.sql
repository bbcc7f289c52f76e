-- A customer says of an attempt, or of a call that somebody makes in our name, that it was not they, or not we (A7, D5). The case
-- is an incident like any other, opened in the name of the session; said again within a day it is the same one.
create or replace function report_misuse(p_reason text, p_attempt bigint, p_actor text, p_now timestamptz) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    me constant bigint := portal_customer();
    brand bigint;
    opened bigint;
begin
    select brand_id into brand from customer where id = me for update;  -- a second tap waits, and finds the first
    if brand is null or (p_attempt is not null
                         and not exists (select from attempt a where a.id = p_attempt and a.customer_id = me)) then
        return null;
    end if;
    select i.id into opened from incident i join incident_customer c on c.incident_id = i.id and c.customer_id = me
    where i.opened_by like 'customer:' || me || '/%' and i.closed_at is null and i.opened_at > p_now - interval '1 day'
      and i.reason = p_reason
    order by i.id desc limit 1;
    if opened is null then
        opened := open_incident(brand, p_reason, p_now, null, p_actor, p_now);
        insert into incident_customer (incident_id, customer_id) values (opened, me);
    end if;
    if p_attempt is not null then
        perform mark_attempts(opened, array[p_attempt]);
    end if;
    return opened;
end $$;
