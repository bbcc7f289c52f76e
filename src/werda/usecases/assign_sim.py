"""Assign a SIM from stock to a customer, and to a line of theirs (S12).

What lay sealed for stock is sealed for the customer; the PUK counts as soon as the SIM is active (B7). A line can have
several SIMs (MultiSIM: one primary, the others secondary), a customer several lines, and a landline none.
"""

from datetime import datetime

from werda.core.audit import EventKind
from werda.core.sim import SimRole
from werda.core.sim_life import NotPossible, Step, take_step
from werda.usecases.sim_change import (
    Changed,
    Connection,
    NotFound,
    Result,
    Rings,
    give_secrets,
    lock_sims,
    record,
)


def assign_sim(
    connection: Connection, rings: Rings, *, brand_id: int, iccid: str, customer_id: int, line_id: int | None,
    role: SimRole, actor: str, now: datetime,
) -> Result:  # fmt: skip
    """Make the SIM the customer's; without `line_id` it is a spare one, which can replace another of theirs."""
    with connection.transaction():
        customer = connection.execute(
            "select 1 from customer where id = %s and brand_id = %s and ended_at is null for update",
            (customer_id, brand_id),
        ).fetchone()
        if customer is None:
            return NotFound("customer")
        if line_id is not None and not _lock_line(connection, line_id, customer_id):
            return NotFound("line")
        found = lock_sims(connection, brand_id, [iccid], line_id)
        sim = found.find(iccid)
        if sim is None:
            return NotFound("SIM")
        status = take_step(found.judged(sim), Step.ASSIGN)
        if isinstance(status, NotPossible):
            return status
        give_secrets(connection, rings, sim, customer_id, now)
        connection.execute(
            "update sim_profile set customer_id = %s, line_id = %s, role = %s, status = %s,"
            " as_of = greatest(as_of, %s) where id = %s",
            (customer_id, line_id, role.name.lower(), status.name.lower(), now, sim.id),
        )
        record(
            connection, EventKind.SIM_ASSIGNED, brand_id=brand_id, customer_id=customer_id, actor=actor, now=now,
            detail={"iccid": iccid, "line": line_id, "role": role.name.lower()},
        )  # fmt: skip
        return Changed(sim.id, status)


def _lock_line(connection: Connection, line_id: int, customer_id: int) -> bool:
    found = connection.execute(
        "select 1 from line where id = %s and customer_id = %s and ended_at is null for update", (line_id, customer_id)
    )
    return found.fetchone() is not None
