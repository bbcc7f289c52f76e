    -- An attempt whose idempotency key the call has seen is answered from the log and counts nothing; outcome 100 says that
    -- its digits or its subject differed (HTTP 422).
    if array_length(array_remove(p_key, null), 1) > 0 then
        select array_agg(a.id order by u.i) into replay
        from unnest(p_brand, p_ref, p_api_key, p_key) with ordinality u(brand, ref, api_key, key, i)
        left join call c on u.key is not null and c.brand_id = u.brand and c.ref = u.ref
        left join attempt a on a.call_id = c.id and a.api_key_id = u.api_key and a.idempotency_key = u.key;
    end if;
