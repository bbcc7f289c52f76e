"""Unblock a SIM that was found again: it is the same one, so its PUK counts at once."""

from collections.abc import Mapping
from datetime import datetime

from werda.core.sim_life import Step
from werda.usecases.sim_change import Connection, LockedSims, Result, StoredSim, carry_out


def unblock_sim(connection: Connection, *, brand_id: int, iccid: str, actor: str, now: datetime) -> Result:
    """The network lets the SIM in again. A cooling time that was running runs on."""

    def unblocked(sim: StoredSim, _: LockedSims) -> Mapping[str, object]:
        # A file can bring in a blocked SIM without saying since when it was active.
        connection.execute(
            "update sim_profile set activated_at = coalesce(activated_at, %s) where id = %s", (now, sim.id)
        )
        return {}

    return carry_out(connection, Step.UNBLOCK, brand_id=brand_id, iccid=iccid, actor=actor, now=now, also=unblocked)
