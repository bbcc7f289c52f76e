    -- p_stepped says that a wide source is over its limit: like a stepped-up source, and like a brand under attack (C6), it
    -- lets nobody in without possession, which is a PUK, a one-time code or the own line.
    missed as (  -- the misses ahead in this batch, by source, count too
        select c.*,
               count(*) filter (where c.refusal is null and c.ok is null and c.of_number is not null) over (
                   partition by c.of_number order by c.i rows between unbounded preceding and 1 preceding) as number_ahead,
               count(*) filter (where c.refusal is null and c.ok is null and c.of_block is not null) over (
                   partition by c.of_block order by c.i rows between unbounded preceding and 1 preceding) as block_ahead,
               count(*) filter (where c.refusal is null and c.ok is null and c.of_agent is not null) over (
                   partition by c.of_agent order by c.i rows between unbounded preceding and 1 preceding) as agent_ahead
        from compared c
    ), judged as (
        select m.*,
               case when m.refusal is not null then m.refusal
                    when m.number_failures + m.number_ahead >= p_rules[m.r + 2]
                         or m.block_failures + m.block_ahead >= p_rules[m.r + 5]
                         or m.agent_failures + m.agent_ahead >= p_rules[m.r + 8] then 7
                    when m.ok is null then 1
                    when not m.own and m.method not in (2, 4, 5, 6)  -- no possession
                         and (m.attacked or m.stepped or m.number_accounts + m.number_ahead >= p_rules[m.r + 3]
                              or m.block_accounts + m.block_ahead >= p_rules[m.r + 6]
                              or m.agent_accounts + m.agent_ahead >= p_rules[m.r + 9]) then 6
                    else 0 end::smallint as verdict
        from missed m
    ),
