"""The number is with another provider: the line and its SIMs end, and with them what they proved (A3, A9)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import psycopg

from werda.core.sim import SimRole
from werda.core.sim_life import OVER
from werda.usecases.end_sim import end_sim
from werda.usecases.settle_order import Done, PlacedOrder, Refused
from werda.usecases.sim_change import Changed, lock_sims


def complete_port_out(
    connection: psycopg.Connection[Any], order: PlacedOrder, result: Mapping[str, Any], now: datetime
) -> Done | Refused:
    """End the line of the order, the secondary SIMs before the primary one. A `Continuation`; `result` says no more.

    The contract goes on with its other lines; its own end is `end_contract`.
    """
    line = connection.execute(
        "select id from line where brand_id = %s and msisdn = %s and customer_id = %s and ended_at is null",
        (order.brand_id, order.detail.get("msisdn"), order.customer_id),
    ).fetchone()
    if line is None:
        return Refused("the line is no longer this customer's")
    sims = lock_sims(connection, order.brand_id, [], also_line=line[0]).sims
    mine = [sim for sim in sims if sim.customer_id == order.customer_id and sim.status not in OVER]
    for sim in sorted(mine, key=lambda sim: sim.role is SimRole.PRIMARY):
        ended = end_sim(connection, brand_id=order.brand_id, iccid=sim.iccid, actor="operator", now=now)
        if not isinstance(ended, Changed):
            return Refused(f"a SIM of the line cannot end: {ended.sentence}")
    connection.execute("update line set ended_at = %s, as_of = greatest(as_of, %s) where id = %s", (now, now, line[0]))
    return Done(order.customer_id)
