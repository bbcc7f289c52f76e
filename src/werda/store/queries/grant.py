"""The grant an agent holds in a call, and the only way to rows about a customer (A4, design decision 7).

PostgreSQL enforces it: row security shows the desk's role nothing until a transaction names the grant's secret and the
agent, and nothing again once the grant has ended, whatever the code above asks for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from werda.core.method import Method
from werda.core.secret import Secret
from werda.core.step_up import methods_in
from werda.store.models.call import CallGrant


@dataclass(frozen=True, slots=True)
class Grant:
    """What an agent may see in a call until `expires_at`. `line_id` limits it to one line (B7).

    `level`, `method` and `channel` are the stored numbers; `customer_id` is None while nobody is verified. `proved` are
    all methods by which the caller proved who they are, the last one too.
    """

    secret: Secret
    agent_id: int
    call_id: int
    brand_id: int
    customer_id: int | None
    line_id: int | None
    level: int
    method: int
    channel: int
    legacy: bool
    verified_at: datetime | None
    expires_at: datetime
    proved: frozenset[Method] = frozenset()


@contextmanager
def opened(secret: Secret, agent_id: int) -> Iterator[None]:
    """A transaction in which the grant with this secret opens what it covers, for this agent."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "select set_config('werda.grant', %s, true), set_config('werda.agent', %s, true)",
                [secret.reveal(), str(agent_id)],
            )
        yield


def grant_of(secret: Secret, *, agent_id: int, call_id: int) -> Grant | None:
    """The living grant with this secret; None when it has ended, or is another agent's or another call's."""
    with opened(secret, agent_id):
        row = CallGrant.objects.filter(call_id=call_id).first()
    if row is None:
        return None
    return Grant(
        secret=secret,
        agent_id=agent_id,
        call_id=row.call_id,
        brand_id=row.brand_id,
        customer_id=row.customer_id,
        line_id=row.line_id,
        level=row.level,
        method=row.method,
        channel=row.channel,
        legacy=row.legacy,
        verified_at=row.verified_at,
        expires_at=row.expires_at,
        proved=methods_in(row.proved_before) | {Method(row.method)} - {Method.NONE},
    )
