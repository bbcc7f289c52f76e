"""Order a new SIM in the place of one of the customer's: needs level 2 and that they did not lock it (A3, A6).

Nothing changes yet. The operator sends or downloads the new SIM and answers; `replace_sim` carries it out then.
"""

from datetime import datetime

from werda.core.order import OrderKind
from werda.core.permission import NotAllowed, Why
from werda.core.policy import Operation, Policy
from werda.core.sim import SimKind
from werda.core.sim_life import NotPossible, Step, take_step
from werda.store.queries.grant import Grant
from werda.usecases.order_from_operator import Ordered
from werda.usecases.request_by_grant import order_for, permitted, refuse
from werda.usecases.sim_change import Connection, lock_sims


def request_sim_replacement(
    connection: Connection, grant: Grant, policy: Policy, *, iccid: str, kind: SimKind, now: datetime,
    idempotency_key: str | None = None,
) -> Ordered | NotAllowed | NotPossible:  # fmt: skip
    """Ask the operator for a SIM of this `kind` in the place of `iccid`. `policy` is the one in force."""
    operation = Operation.REPLACE_SIM
    with connection.transaction():
        who = permitted(connection, grant, policy, operation, now=now)
        if isinstance(who, NotAllowed):
            return who
        found = lock_sims(connection, who.brand_id, [iccid])
        sim = found.find(iccid)
        if sim is None or sim.customer_id != who.customer_id or who.line_id not in (None, sim.line_id):
            no = NotAllowed(Why.NOT_THEIRS, policy.required_level(operation))
            return refuse(connection, grant, operation, no, brand_id=who.brand_id, customer_id=who.customer_id, now=now)
        step = take_step(found.judged(sim), Step.REPLACE)
        if isinstance(step, NotPossible):
            return step
        return order_for(
            connection, grant, who, operation, OrderKind.REPLACE_SIM,
            {"iccid": iccid, "new_kind": kind.name.lower()}, now=now, idempotency_key=idempotency_key,
        )  # fmt: skip
