"""Put a policy version into the database, from where every gate has it within a second (S2, design decision 8)."""

from datetime import datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from werda.core.audit import EventKind
from werda.core.policy import Policy
from werda.core.policy_document import parse
from werda.core.toml_document import Problem


def activate_policy(owner: psycopg.Connection[Any], document: str, *, now: datetime) -> Policy | list[Problem]:
    """Keep a valid document for its brand; the problems otherwise, and nothing is changed.

    The same version again replaces nothing but itself; it comes into force by its own `effective_from`.
    """
    policy = parse(document)
    if not isinstance(policy, Policy):
        return policy
    row = owner.execute("select id from brand where slug = %s", (policy.brand,)).fetchone()
    if row is None:
        return [Problem(1, "brand", f"there is no brand {policy.brand!r}; add it with `werda brand add`")]
    owner.execute(
        "insert into policy_version (brand_id, version, effective_from, document, activated_at)"
        " values (%s, %s, %s, %s, %s) on conflict (brand_id, version)"
        " do update set effective_from = excluded.effective_from,"
        " document = excluded.document, activated_at = excluded.activated_at",
        (row[0], policy.version, policy.effective_from, document, now),
    )
    owner.execute(
        "insert into event (at, kind, brand_id, actor, detail) values (%s, %s, %s, 'operator', %s)",
        (now, EventKind.POLICY_ACTIVATED.value, row[0], Jsonb({"version": policy.version})),
    )
    owner.execute("select pg_notify('werda_config', 'policy')")
    return policy
