    -- Whoever judges an attempt holds a lock on each of its sources until the commit, so that the count is exact over all
    -- gates and over both functions that judge.
    -- Before any row, and in the order of their keys, so that nobody waits in a circle.
    perform pg_advisory_xact_lock(k) from (
        select distinct hashtextextended(source, 0) as k
        from unnest(p_calling, p_agent, p_own, p_counts) u(calling, agent, own, counts),
             lateral (values (case when not u.own then 'number|' || nullif(u.calling, '') end),
                             (case when not u.own then 'block|' || case when length(u.calling) >= 8 then left(u.calling, -2) end end),
                             ('agent|' || u.agent)) s(source)
        where u.counts and source is not null
        order by 1 offset 0) sources;
