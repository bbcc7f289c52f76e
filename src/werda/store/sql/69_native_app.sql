-- Apps that are signed in by OAuth (usecases/connect_app.py). They come without a session: whoever has the hash of a token, and
-- of its client and brand, renews or ends that one session and learns nothing else.
create or replace function end_app_session(p_brand bigint, p_client text, p_hash bytea, p_now timestamptz) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    with ended as (
        update portal_session set ended_at = p_now
        where brand_id = p_brand and client = p_client and client <> '' and p_hash in (secret_hash, access_hash, code_hash)
          and ended_at is null and expires_at > p_now
        returning id, brand_id, customer_id, person_id)
    insert into event (at, kind, brand_id, customer_id, actor, detail)
    select p_now, 'session:ended', brand_id, customer_id, 'customer:' || customer_id || '/' || person_id || ':session:' || id,
           jsonb_build_object('sessions', jsonb_build_array(id))
    from ended;
end $$;

-- The scopes when the token was the newest; null, and the session ended, when it was an older one.
create or replace function renew_app_session(
    p_brand bigint, p_client text, p_family_hash bytea, p_refresh_hash bytea, p_new_refresh_hash bytea, p_access_hash bytea,
    p_access_expires timestamptz, p_now timestamptz) returns text
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    s portal_session;
begin
    select x.* into s from portal_session x join customer c on c.id = x.customer_id
    where x.secret_hash = p_family_hash and x.brand_id = p_brand and x.client = p_client and x.client <> ''
      and x.ended_at is null and x.expires_at > p_now and x.seen_at > p_now - interval '7 days' and c.ended_at is null
    for no key update of x;
    if not found then
        return null;
    end if;
    if s.refresh_hash is distinct from p_refresh_hash then
        perform end_app_session(p_brand, p_client, p_family_hash, p_now);
        return null;
    end if;
    update portal_session set refresh_hash = p_new_refresh_hash, access_hash = p_access_hash,
                              access_expires_at = least(p_access_expires, expires_at), seen_at = p_now
    where id = s.id;
    return s.scopes;
end $$;
