-- Who is meant, for a batch: by a line (E.164), a customer number, or the number of a representative, within a brand. Of a
-- representative the person is their id, of everybody else 0; one whose time is over is an unknown number.
-- An unknown number gets one of 1024 decoy customers (negative ids), so that the same statements run for it (C7); so does
-- one whose contract ended (A9).
-- `own` says that the asserted calling number is a line of that very customer (C3), and that no SIM came new to it too
-- short a time ago; p_asserted is null where nobody vouches for the calling number.
create or replace function identify(
    p_now timestamptz, p_brand bigint[], p_line text[], p_number text[], p_asserted text[],
    out o_customer bigint[], out o_person bigint[], out o_own boolean[])
language sql stable security definer set search_path = public, pg_temp as $$
    select array_agg(coalesce(l.customer_id, c.id, r.customer_id, -1 - (hashtextextended(coalesce(u.line, u.number, ''), u.brand) & 1023))
                     order by u.i),
           array_agg(case when l.id is null and c.id is null then coalesce(r.id, 0) else 0 end order by u.i),
           array_agg(coalesce(a.customer_id = coalesce(l.customer_id, c.id), false) order by u.i)
    from unnest(p_brand, p_line, p_number, p_asserted) with ordinality u(brand, line, number, asserted, i)
    left join line l on l.brand_id = u.brand and l.msisdn = u.line and not l.shared and l.ended_at is null
    left join customer c on c.brand_id = u.brand and c.customer_number = u.number and u.line is null and c.ended_at is null
    left join representative r
           on r.brand_id = u.brand and r.number = u.number and u.line is null and r.ended_at is null
          and r.expires_at > coalesce(p_now, clock_timestamp())
    left join line a on a.brand_id = u.brand and a.msisdn = u.asserted and not a.shared and a.ended_at is null
                    and (a.possession_from is null or a.possession_from <= coalesce(p_now, clock_timestamp()))
$$;
