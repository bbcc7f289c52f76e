"""An agent asks for an operation in a call: what the grant, the policy and the customer's own locks say (A2, A3, A6).

The grant is looked up anew by its secret in the same transaction: what an agent's page remembers of it proves nothing.
An order, its event and the notice to the customer stand together or not at all; a refusal leaves an event too.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from werda.core.audit import EventKind
from werda.core.level import Level
from werda.core.notice import NoticeKind
from werda.core.order import OrderKind
from werda.core.permission import NotAllowed, Why, may
from werda.core.policy import Operation, Policy
from werda.store.queries.grant import Grant
from werda.usecases.lock_operation import is_locked
from werda.usecases.order_from_operator import Ordered, order_from_operator
from werda.usecases.sim_change import Connection, record
from werda.usecases.tell_customer import tell_customer

_TOLD_OF: Final = {
    OrderKind.REPLACE_SIM: NoticeKind.SIM_REPLACEMENT_REQUESTED,
    OrderKind.PORT_OUT: NoticeKind.PORT_OUT_REQUESTED,
}


@dataclass(frozen=True, slots=True)
class Permitted:
    """The operation may be done for this customer, locked until the transaction ends. `line_id`: for this line only."""

    brand_id: int
    customer_id: int
    customer_number: str
    line_id: int | None


def permitted(
    connection: Connection, grant: Grant, policy: Policy, operation: Operation, *, now: datetime
) -> Permitted | NotAllowed:
    """Whether `operation` may be done, in the transaction at hand."""
    required = policy.required_level(operation)
    living = connection.execute(
        "select customer_id, brand_id, line_id, level from call_grant"
        " where secret_hash = %s and agent_id = %s and call_id = %s and expires_at > %s",
        (hashlib.sha256(grant.secret.reveal().encode()).digest(), grant.agent_id, grant.call_id, now),
    ).fetchone()
    if living is None:
        return NotAllowed(Why.NO_GRANT, required)
    customer_id, brand_id, line_id, level = living
    if customer_id is None:
        return NotAllowed(Why.LEVEL, required)
    customer = connection.execute(
        "select customer_number, ended_at from customer where id = %s for update", (customer_id,)
    ).fetchone()
    no = may(Level(level), required, locked=is_locked(connection, customer_id, operation))
    if no is None and (customer is None or customer[1] is not None):
        no = NotAllowed(Why.ENDED, required)
    if no is not None:
        return refuse(connection, grant, operation, no, brand_id=brand_id, customer_id=customer_id, now=now)
    assert customer is not None
    return Permitted(brand_id, customer_id, customer[0], line_id)


def refuse(
    connection: Connection, grant: Grant, operation: Operation, no: NotAllowed, *, brand_id: int, customer_id: int,
    now: datetime,
) -> NotAllowed:  # fmt: skip
    """Say no, and keep that it was asked for: to the customer a refused port-out is news too (A6)."""
    record(
        connection, EventKind.OPERATION_REFUSED, brand_id=brand_id, customer_id=customer_id,
        actor=f"agent:{grant.agent_id}", call_id=grant.call_id, now=now,
        detail={"operation": operation.value, "why": no.why.value},
    )  # fmt: skip
    return no


def order_for(
    connection: Connection, grant: Grant, who: Permitted, operation: Operation, kind: OrderKind,
    detail: Mapping[str, object], *, now: datetime, idempotency_key: str | None,
) -> Ordered:  # fmt: skip
    """Write the order and its event; the same key again is the same order and no second event."""
    ordered = order_from_operator(
        connection, kind, brand_id=who.brand_id, customer_id=who.customer_id,
        detail={"customer_number": who.customer_number, **detail}, now=now, idempotency_key=idempotency_key,
    )  # fmt: skip
    if not ordered.repeated:
        record(
            connection, EventKind.OPERATION_REQUESTED, brand_id=who.brand_id, customer_id=who.customer_id,
            actor=f"agent:{grant.agent_id}", call_id=grant.call_id, now=now,
            detail={"operation": operation.value, "order": str(ordered.public_id), **detail},
        )  # fmt: skip
        tell_customer(connection, _TOLD_OF[kind], brand_id=who.brand_id, customer_id=who.customer_id, now=now)
    return ordered
