"""The policy by which a brand's customers are dealt with at a moment (S2)."""

from datetime import datetime
from typing import Any

import psycopg

from werda.core.policy import Policy
from werda.core.policy_document import parse


def policy_in_force(connection: psycopg.Connection[Any], brand_id: int, now: datetime) -> Policy | None:
    """The brand's version in force; None before its first one, or when the stored one does not hold."""
    row = connection.execute(
        "select document from policy_version where brand_id = %s and effective_from <= %s"
        " order by effective_from desc limit 1",
        (brand_id, now),
    ).fetchone()
    policy = parse(row[0]) if row else None
    return policy if isinstance(policy, Policy) else None
