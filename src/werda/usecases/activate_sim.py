"""Activate a SIM: from now on its PUK counts, for the account or, of a secondary SIM, for the line only (B7).

A SIM that comes to a line which had an active one before cools, whichever way it came: ending the old SIM and
activating another is a replacement in all but name (A3).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from werda.core.sim_life import Step
from werda.usecases.sim_change import Connection, LockedSims, Result, StoredSim, carry_out, start_cooling


def activate_sim(
    connection: Connection, *, brand_id: int, iccid: str, cooling: timedelta, actor: str, now: datetime
) -> Result:
    """The network lets the SIM in. `cooling` is the policy's `sim_cooling`."""

    def activated(sim: StoredSim, found: LockedSims) -> Mapping[str, object]:
        connection.execute(
            "update sim_profile set activated_at = coalesce(activated_at, %s) where id = %s", (now, sim.id)
        )
        if not found.was_in_use(sim):
            return {}
        start_cooling(connection, sim.id, sim.line_id, now + cooling)
        return {"counts_from": (now + cooling).isoformat()}

    return carry_out(connection, Step.ACTIVATE, brand_id=brand_id, iccid=iccid, actor=actor, now=now, also=activated)
