"""Flag agents whose success rate stands out, where the brand has switched that on (D4; BetrVG § 87(1) No. 6).

Where it is off nothing is computed and nothing stored: the attempts of a brand are not even read.
"""

from datetime import datetime
from typing import Any

import psycopg

from werda.core.audit import EventKind
from werda.core.outliers import PERIOD, Outlier, Tally, outliers
from werda.store.queries.policies import policy_in_force
from werda.usecases.sim_change import record

Connection = psycopg.Connection[Any]


def outliers_of(connection: Connection, brand_id: int, now: datetime) -> list[Outlier] | None:
    """Who stands out in the brand now; None where the policy in force does not switch it on."""
    policy = policy_in_force(connection, brand_id, now)
    if policy is None or not policy.flags_outliers:
        return None
    rows = connection.execute(
        "select agent_id, count(*), count(*) filter (where outcome = 0) from attempt"
        " where brand_id = %s and agent_id is not null and at > %s and at <= %s and outcome in (0, 1, 4)"
        " group by agent_id order by agent_id",
        (brand_id, now - PERIOD, now),
    ).fetchall()
    return outliers(Tally(*row) for row in rows)


def flag_outliers(connection: Connection, now: datetime) -> int:
    """Record who stands out, once within a period; gives how many. `connection` is in autocommit."""
    flagged = 0
    for (brand_id,) in connection.execute("select id from brand order by id").fetchall():
        with connection.transaction():
            connection.execute("select pg_advisory_xact_lock(hashtextextended('werda:outliers', %s))", (brand_id,))
            for outlier in outliers_of(connection, brand_id, now) or ():
                flagged += _flag(connection, brand_id, outlier, now)
    return flagged


def _flag(connection: Connection, brand_id: int, outlier: Outlier, now: datetime) -> int:
    agent_id = outlier.tally.agent_id
    known = connection.execute(
        "select 1 from event where kind = %s and at > %s and brand_id = %s and detail ->> 'agent' = %s::text limit 1",
        (EventKind.AGENT_FLAGGED.value, now - PERIOD, brand_id, agent_id),
    ).fetchone()
    if known is not None:
        return 0
    record(
        connection, EventKind.AGENT_FLAGGED, brand_id=brand_id, customer_id=None, actor="worker", now=now,
        detail={
            "agent": agent_id,
            "attempts": outlier.tally.attempts,
            "successes": outlier.tally.successes,
            "colleagues": round(outlier.colleagues, 4),
        },
    )  # fmt: skip
    return 1
