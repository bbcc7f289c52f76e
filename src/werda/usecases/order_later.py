"""Order what does great harm in the wrong hands: the customer is told at once, the operator hears of it later (A6).

Until then the customer can cancel it, by the link in the mail or signed in (`cancel_order`). Order, event and notice
stand together or not at all; `release_orders` hands over what nobody cancelled.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from psycopg.types.json import Jsonb

from werda.core.audit import EventKind
from werda.core.notice import NoticeKind
from werda.core.order import OrderKind, OrderState
from werda.core.permission import NotAllowed, Why
from werda.core.policy import Operation, Policy
from werda.usecases.asker import Asker
from werda.usecases.order_from_operator import Ordered, known_order
from werda.usecases.sim_change import Connection, record
from werda.usecases.tell_customer import tell_customer

OPERATIONS: Final = {OrderKind.REPLACE_SIM: Operation.REPLACE_SIM, OrderKind.PORT_OUT: Operation.PORT_OUT}
"""What waits, and the operation that each is."""
_TOLD_OF: Final = {
    OrderKind.REPLACE_SIM: NoticeKind.SIM_REPLACEMENT_REQUESTED,
    OrderKind.PORT_OUT: NoticeKind.PORT_OUT_REQUESTED,
}


def order_later(
    connection: Connection, asker: Asker, policy: Policy, kind: OrderKind, detail: Mapping[str, object], *,
    now: datetime, idempotency_key: str | None,
) -> Ordered:  # fmt: skip
    """Write the order in the transaction at hand; the same key again is the same order, and nobody is told twice."""
    public_id = uuid.uuid4()
    row = connection.execute(
        "insert into operator_order (public_id, brand_id, customer_id, kind, state, detail, reason, idempotency_key,"
        " ordered_at, release_at) values (%s, %s, %s, %s, %s, %s, '', %s, %s, %s)"
        " on conflict (brand_id, idempotency_key) do nothing returning id",
        (
            *(public_id, asker.brand_id, asker.customer_id, kind.value, OrderState.WAITING.value),
            *(Jsonb({"customer_number": asker.customer_number, **detail}), idempotency_key),
            *(now, now + policy.order_waiting),
        ),
    ).fetchone()
    if row is None:
        return known_order(connection, asker.brand_id, idempotency_key)
    record(
        connection, EventKind.OPERATION_REQUESTED, brand_id=asker.brand_id, customer_id=asker.customer_id,
        actor=asker.actor, call_id=asker.call_id, now=now,
        detail={"operation": OPERATIONS[kind].value, "order": str(public_id), **detail},
    )  # fmt: skip
    tell_customer(
        connection, _TOLD_OF[kind], brand_id=asker.brand_id, customer_id=asker.customer_id, now=now, order_id=row[0]
    )
    return Ordered(row[0], public_id)


def not_theirs(connection: Connection, asker: Asker, policy: Policy, operation: Operation, now: datetime) -> NotAllowed:
    """Say no to who asked about what is not theirs, and keep that they did."""
    no = NotAllowed(Why.NOT_THEIRS, policy.required_level(operation))
    record(
        connection, EventKind.OPERATION_REFUSED, brand_id=asker.brand_id, customer_id=asker.customer_id,
        actor=asker.actor, call_id=asker.call_id, now=now,
        detail={"operation": operation.value, "why": no.why.value},
    )  # fmt: skip
    return no
