-- Limits of everything that can be tried without being somebody: counted in one statement, so they are exact over all
-- processes and under parallel tries, and survive a restart. What is kept is a hash of what was tried and by whom.

-- Count one more try, and say whether it is within p_most. The window begins with the first try and lasts p_seconds.
create or replace function within_limit(p_what text, p_who text, p_most int, p_seconds float8) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    n int;
    t constant timestamptz := clock_timestamp();
begin
    insert into rate_limit as r (key, count, until)
    values (sha256(convert_to(p_what || '|' || p_who, 'UTF8')), 1, t + make_interval(secs => p_seconds))
    on conflict (key) do update set
        count = case when r.until <= t then 1 else least(r.count, 1000000) + 1 end,
        until = case when r.until <= t then excluded.until else r.until end
    returning r.count into n;
    if n = 1 and random() < 0.02 then  -- whoever begins a window now and then sweeps windows that are over
        delete from rate_limit where key in
            (select key from rate_limit where until < t - interval '1 minute' limit 1000 for update skip locked);
    end if;
    return n <= p_most;
end $$;

-- Give one back: the try was a success, and successes are not limited.
create or replace function give_back(p_what text, p_who text) returns void
language sql security definer set search_path = public, pg_temp as $$
    update rate_limit set count = greatest(count - 1, 0) where key = sha256(convert_to(p_what || '|' || p_who, 'UTF8'))
$$;

-- An authenticator app stays the one that was set up: whoever takes over the desk gives no agent another.
create or replace function keep_authenticator() returns trigger
language plpgsql set search_path = public, pg_temp as $$
begin
    if current_user = 'werda_desk' and (new.user_id <> old.user_id or new.type <> old.type
                                        or (old.type = 'totp' and new.data <> old.data)) then
        raise insufficient_privilege using message = 'an authenticator is changed by the operator only';
    end if;
    return new;
end $$;
create or replace trigger keep_authenticator before update on mfa_authenticator
    for each row execute function keep_authenticator();
