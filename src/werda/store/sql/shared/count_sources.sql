    -- Sources (C5; core.sources says the same, a test holds the two together): calling number, block and agent of an attempt
    -- that p_counts are counted over the log itself, whatever secret failed there. p_rules holds nine numbers for each rule:
    -- window in seconds, failures, accounts, for number, block and agent; p_rule says whose rule is whose. Calls from the own
    -- line count for no number: a stranger can show that number.
    sourced as materialized (  -- u, with the failures of each one's sources
        select s.*, s.number_failures >= p_rules[s.r + 2] or s.block_failures >= p_rules[s.r + 5]
                    or s.agent_failures >= p_rules[s.r + 8] as limited
        from (
            select u.*, 9 * u.rule - 9 as r, number.failures as number_failures, block.failures as block_failures,
                   agents.failures as agent_failures, number.accounts as number_accounts, block.accounts as block_accounts,
                   agents.accounts as agent_accounts, coalesce(alarm.state, 0) = 2 as attacked
            from (select u.*, case when u.counts and not u.own then nullif(u.calling, '') end as of_number,
                         case when u.counts and not u.own and length(u.calling) >= 8 then left(u.calling, -2) end as of_block,
                         case when u.counts then u.agent end as of_agent from u) u
            cross join lateral (select count(*) as failures, count(distinct a.customer_id) as accounts from attempt a
                where a.outcome in (1, 4) and a.calling_number = u.of_number
                  and a.at > t - make_interval(secs => p_rules[9 * u.rule - 8])) number
            cross join lateral (select count(*) as failures, count(distinct a.customer_id) as accounts from attempt a
                where a.outcome in (1, 4) and left(a.calling_number, -2) = u.of_block
                  and a.at > t - make_interval(secs => p_rules[9 * u.rule - 5])) block
            cross join lateral (select count(*) as failures, count(distinct a.customer_id) as accounts from attempt a
                where a.outcome in (1, 4) and a.agent_id = u.of_agent
                  and a.at > t - make_interval(secs => p_rules[9 * u.rule - 2])) agents
            left join alarm on alarm.brand_id = u.brand
        ) s
    ),
