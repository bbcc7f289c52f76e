"""Order a new SIM in the place of one of the customer's: needs level 2 and that they did not lock it (A3, A6).

Nothing changes yet: the customer is told and can cancel it. Later the operator sends or downloads the new SIM and
answers; `replace_sim` carries it out then.
"""

from datetime import datetime

from werda.core.order import OrderKind
from werda.core.permission import NotAllowed
from werda.core.policy import Operation, Policy
from werda.core.sim import SimKind
from werda.core.sim_life import NotPossible, Step, take_step
from werda.usecases.asker import Asker
from werda.usecases.order_from_operator import Ordered
from werda.usecases.order_later import not_theirs, order_later
from werda.usecases.sim_change import Connection, sims_beside


def request_sim_replacement(
    connection: Connection, asker: Asker, policy: Policy, *, iccid: str, kind: SimKind, now: datetime,
    idempotency_key: str | None = None,
) -> Ordered | NotAllowed | NotPossible:  # fmt: skip
    """Ask for a SIM of this `kind` in the place of `iccid`, in the transaction at hand.

    `asker` may do `Operation.REPLACE_SIM`; `policy` is the one in force.
    """
    found = sims_beside(connection, asker.brand_id, iccid)
    sim = found.find(iccid)
    if sim is None or sim.customer_id != asker.customer_id or asker.line_id not in (None, sim.line_id):
        return not_theirs(connection, asker, policy, Operation.REPLACE_SIM, now)
    step = take_step(found.judged(sim), Step.REPLACE)
    if isinstance(step, NotPossible):
        return step
    return order_later(
        connection, asker, policy, OrderKind.REPLACE_SIM, {"iccid": iccid, "new_kind": kind.name.lower()},
        now=now, idempotency_key=idempotency_key,
    )  # fmt: skip
