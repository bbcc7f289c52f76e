"""Order that a number goes to another provider: needs level 2 and that the customer did not lock it (A3, A6).

It needs no SIM, so landlines and prepaid customers have the same way (E3). Nothing changes yet: the customer is told
and can cancel it; then the operator answers, and the contract's end is a matter of its own (`end_contract`).
"""

from datetime import datetime

from werda.core.order import OrderKind
from werda.core.permission import NotAllowed
from werda.core.policy import Operation, Policy
from werda.usecases.asker import Asker
from werda.usecases.order_from_operator import Ordered
from werda.usecases.order_later import not_theirs, order_later
from werda.usecases.sim_change import Connection


def request_port_out(
    connection: Connection, asker: Asker, policy: Policy, *, line_id: int, provider: str, now: datetime,
    idempotency_key: str | None = None,
) -> Ordered | NotAllowed:  # fmt: skip
    """Ask that a line's number be released to `provider`, in the transaction at hand.

    `asker` may do `Operation.PORT_OUT`; `policy` is the one in force.
    """
    line = connection.execute(
        "select msisdn from line where id = %s and customer_id = %s and ended_at is null", (line_id, asker.customer_id)
    ).fetchone()
    if line is None or asker.line_id not in (None, line_id):
        return not_theirs(connection, asker, policy, Operation.PORT_OUT, now)
    return order_later(
        connection, asker, policy, OrderKind.PORT_OUT, {"msisdn": line[0], "provider": provider},
        now=now, idempotency_key=idempotency_key,
    )  # fmt: skip
