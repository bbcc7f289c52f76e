"""Order that a number goes to another provider: needs level 2 and that the customer did not lock it (A3, A6).

It needs no SIM, so landlines and prepaid customers have the same way (E3). Nothing changes yet: the operator answers,
and the contract's end is a matter of its own (`end_contract`).
"""

from datetime import datetime

from werda.core.order import OrderKind
from werda.core.permission import NotAllowed, Why
from werda.core.policy import Operation, Policy
from werda.store.queries.grant import Grant
from werda.usecases.order_from_operator import Ordered
from werda.usecases.request_by_grant import order_for, permitted, refuse
from werda.usecases.sim_change import Connection


def request_port_out(
    connection: Connection, grant: Grant, policy: Policy, *, line_id: int, provider: str, now: datetime,
    idempotency_key: str | None = None,
) -> Ordered | NotAllowed:  # fmt: skip
    """Ask the operator to release a line's number to `provider`. `policy` is the one in force."""
    operation = Operation.PORT_OUT
    with connection.transaction():
        who = permitted(connection, grant, policy, operation, now=now)
        if isinstance(who, NotAllowed):
            return who
        line = connection.execute(
            "select msisdn from line where id = %s and customer_id = %s and ended_at is null",
            (line_id, who.customer_id),
        ).fetchone()
        if line is None or who.line_id not in (None, line_id):
            no = NotAllowed(Why.NOT_THEIRS, policy.required_level(operation))
            return refuse(connection, grant, operation, no, brand_id=who.brand_id, customer_id=who.customer_id, now=now)
        return order_for(
            connection, grant, who, operation, OrderKind.PORT_OUT, {"msisdn": line[0], "provider": provider},
            now=now, idempotency_key=idempotency_key,
        )  # fmt: skip
