"""An agent asks for an operation in a call: what the grant, the policy and the customer's own locks say (A2, A3, A6).

The grant is looked up anew by its secret in the same transaction: what an agent's page remembers of it proves nothing.
A refusal leaves an event too: to the customer a refused port-out is news (A6).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from werda.core.audit import EventKind
from werda.core.level import Level
from werda.core.permission import NotAllowed, Why, may
from werda.core.policy import Operation, Policy
from werda.usecases.lock_operation import is_locked
from werda.usecases.sim_change import Connection, record

if TYPE_CHECKING:  # the worker orders too, and has no Django
    from werda.store.queries.grant import Grant


@dataclass(frozen=True, slots=True)
class Permitted:
    """The operation may be done for this customer, locked until the transaction ends. `line_id`: for this line only."""

    brand_id: int
    customer_id: int
    customer_number: str
    line_id: int | None


def permitted(
    connection: Connection, grant: "Grant", policy: Policy, operation: Operation, *, now: datetime
) -> Permitted | NotAllowed:
    """Whether `operation` may be done, in the transaction at hand."""
    required = policy.required_level(operation)
    living = connection.execute(
        "select customer_id, brand_id, line_id, level, person_id from call_grant"
        " where secret_hash = %s and agent_id = %s and call_id = %s and expires_at > %s",
        (hashlib.sha256(grant.secret.reveal().encode()).digest(), grant.agent_id, grant.call_id, now),
    ).fetchone()
    if living is None:
        return NotAllowed(Why.NO_GRANT, required)
    customer_id, brand_id, line_id, level, person_id = living
    if customer_id is None:
        return NotAllowed(Why.LEVEL, required)
    customer = connection.execute(
        "select customer_number, ended_at from customer where id = %s for update", (customer_id,)
    ).fetchone()
    no = may(
        Level(level),
        required,
        locked=is_locked(connection, customer_id, operation),
        in_scope=_in_scope(connection, customer_id, person_id, operation, now),
    )
    if no is None and (customer is None or customer[1] is not None):
        no = NotAllowed(Why.ENDED, required)
    if no is not None:
        return _refuse(connection, grant, operation, no, brand_id=brand_id, customer_id=customer_id, now=now)
    assert customer is not None
    return Permitted(brand_id, customer_id, customer[0], line_id)


def _in_scope(
    connection: Connection, customer_id: int, person_id: int | None, operation: Operation, now: datetime
) -> bool:
    """Whether the person who calls may ask for it: the account holder for everything (E2)."""
    if not person_id:
        return True
    found = connection.execute(
        "select 1 from representative where id = %s and customer_id = %s and ended_at is null and expires_at > %s"
        " and %s = any(scope)",
        (person_id, customer_id, now, operation.value),
    )
    return found.fetchone() is not None


def _refuse(
    connection: Connection, grant: "Grant", operation: Operation, no: NotAllowed, *, brand_id: int, customer_id: int,
    now: datetime,
) -> NotAllowed:  # fmt: skip
    record(
        connection, EventKind.OPERATION_REFUSED, brand_id=brand_id, customer_id=customer_id,
        actor=f"agent:{grant.agent_id}", call_id=grant.call_id, now=now,
        detail={"operation": operation.value, "why": no.why.value},
    )  # fmt: skip
    return no
