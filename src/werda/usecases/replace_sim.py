"""Put a new SIM in the place of an old one: the result of a replacement that the operator carried out (A3, B7).

In one transaction the old PUK stops counting and the new SIM has line, role and customer of the old one. From then on
the policy's cooling time runs, in which the new SIM's PUK and possession of the line count for nothing: somebody who
got a replacement by fraud gains nothing by it before the customer notices. Asking for one needs level 2:
`request_sim_replacement`.
"""

from datetime import datetime, timedelta

from werda.core.audit import EventKind
from werda.core.notice import NoticeKind
from werda.core.sim import SimStatus
from werda.core.sim_life import NotPossible, Obstacle, Profile, Step, take_step
from werda.usecases.sim_change import (
    Changed,
    Connection,
    NotFound,
    Result,
    Rings,
    StoredSim,
    give_secrets,
    lock_sims,
    record,
    start_cooling,
    stop_counting,
)
from werda.usecases.tell_customer import tell_customer


def replace_sim(
    connection: Connection, rings: Rings, *, brand_id: int, iccid: str, new_iccid: str, cooling: timedelta,
    actor: str, now: datetime,
) -> Result:  # fmt: skip
    """Replace `iccid` by `new_iccid`, which is in stock or was assigned to the same customer and never active.

    `cooling` is the policy's `sim_cooling`.
    """
    with connection.transaction():
        found = lock_sims(connection, brand_id, [iccid, new_iccid])
        old, new = found.find(iccid), found.find(new_iccid)
        if old is None or new is None:
            return NotFound("SIM")
        status = take_step(found.judged(old), Step.REPLACE)
        if isinstance(status, NotPossible):
            return status
        in_place = _can_take_the_place(old, new)
        if isinstance(in_place, NotPossible):
            return in_place
        assert old.customer_id is not None, "a step that replaces needs a customer"
        stop_counting(connection, old, now)
        connection.execute(
            "update sim_profile set status = %s, as_of = greatest(as_of, %s) where id = %s",
            (status.name.lower(), now, old.id),
        )
        give_secrets(connection, rings, new, old.customer_id, now)
        connection.execute(
            "update sim_profile set customer_id = %s, line_id = %s, role = %s, status = %s, activated_at = %s,"
            " as_of = greatest(as_of, %s) where id = %s",
            (old.customer_id, old.line_id, old.role.name.lower(), in_place.name.lower(), now, now, new.id),
        )
        start_cooling(connection, new.id, old.line_id, now + cooling)
        record(
            connection, EventKind.SIM_REPLACED, brand_id=brand_id, customer_id=old.customer_id, actor=actor, now=now,
            detail={"iccid": iccid, "by": new_iccid, "counts_from": (now + cooling).isoformat()},
        )  # fmt: skip
        tell_customer(connection, NoticeKind.SIM_REPLACED, brand_id=brand_id, customer_id=old.customer_id, now=now)
        return Changed(new.id, in_place)


def _can_take_the_place(old: StoredSim, new: StoredSim) -> SimStatus | NotPossible:
    """The new SIM must be free: nobody's, or the same customer's and not in another line."""
    free = new.customer_id is None or (new.customer_id == old.customer_id and new.line_id in (None, old.line_id))
    if new.id == old.id or not free:
        return NotPossible(Step.REPLACE, new.status, Obstacle.ASSIGNED)
    return take_step(
        Profile(new.status, old.role, assigned=True, on_line=old.line_id is not None, active_primary=True),
        Step.ACTIVATE,
    )
