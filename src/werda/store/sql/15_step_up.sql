-- What the proofs of one call are worth together (A3); core.step_up says the same in Python, a test holds them together.
-- The marks of a proof: the bit of its method, and bit 0 for a one-time code that is a second proof. One that proves a
-- line only has none (B7).
create or replace function marks_of(p_method smallint, p_strong boolean, p_line bigint) returns int
language sql immutable as $$
    select case when p_method = 0 or p_line is not null then 0
                else 1 << p_method | (p_strong and p_method in (4, 5, 6))::int end
$$;

-- A verified attempt in a call that had proved something before: of the same person, within an hour, both count.
create or replace function step_up() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare
    before int;
    marks int;
begin
    new.proved_before := 0;
    if old.attempt_id = 0 or new.customer_id <> old.customer_id or new.person_id <> old.person_id
       or new.verified_at > old.verified_at + interval '1 hour' then
        return new;
    end if;
    before := old.proved_before | marks_of(old.method, old.strong, old.line_id);
    if before <> 0 and new.line_id is not null then  -- of a line only: it adds nothing to what the account has proved
        new.line_id := null;
        new.level := old.level;
        new.method := old.method;
        new.strong := old.strong;
        new.legacy := old.legacy;
        new.proved_before := old.proved_before;
        return new;
    end if;
    new.proved_before := before;
    marks := before | marks_of(new.method, new.strong, new.line_id);
    if marks & 1 = 1 and marks & 6 <> 0 then  -- a strong one-time code; a customer code (1) or PUK (2)
        new.level := 2;
    end if;
    new.legacy := new.legacy and before & ~8 = 0;
    return new;
end $$;

create or replace trigger step_up before update on call
    for each row when (new.attempt_id <> 0 and new.attempt_id <> old.attempt_id) execute function step_up();
