-- Options in the portal (S13): bookings of the session's customer alone, and of what leaves for the operator's systems no more
-- than the orders that book and cancel them.
create view portal.option_booking with (security_barrier) as
    select * from public.option_booking where customer_id = (select public.portal_customer())
       and brand_id = (select brand_id from public.customer where id = (select public.portal_customer())) with check option;

create view portal.outbox_message with (security_barrier) as
    select * from public.outbox_message
    where stream = 'customer:' || (select public.portal_customer())
      and brand_id = (select brand_id from public.customer where id = (select public.portal_customer()))
      and type in ('org.werda.order.book_option.v1', 'org.werda.order.cancel_option.v1')
      and body::jsonb ->> 'type' = type with check option;

-- The view portal.operator_order shows a customer all their orders; what may be put in through it is decided here: options, and a
-- replacement SIM that waits for its customer's word (A6).
drop function if exists portal_orders_options_only() cascade;
create or replace function portal_orders_few_things() returns trigger language plpgsql as $$
begin
    if current_user = 'werda_portal' and not (new.kind in ('book_option', 'cancel_option') and new.state = 'ordered'
                                              or new.kind = 'replace_sim' and new.state = 'waiting' and new.release_at is not null) then
        raise insufficient_privilege using message = 'the portal orders options and replacement SIMs only';
    end if;
    return new;
end $$;
drop trigger if exists portal_orders_few_things on operator_order;
create trigger portal_orders_few_things before insert on operator_order
    for each row execute function portal_orders_few_things();
