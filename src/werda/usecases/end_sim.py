"""End a SIM for good, a line's or one in stock: its PUK counts no more, its secrets are destroyed later (A9)."""

from collections.abc import Mapping
from datetime import datetime

from werda.core.sim_life import Step
from werda.usecases.sim_change import Connection, LockedSims, Result, StoredSim, carry_out, stop_counting


def end_sim(connection: Connection, *, brand_id: int, iccid: str, actor: str, now: datetime) -> Result:
    """Nothing leads back. The primary SIM of a line ends after the secondary ones."""

    def ended(sim: StoredSim, _: LockedSims) -> Mapping[str, object]:
        stop_counting(connection, sim, now)
        return {}

    return carry_out(connection, Step.END, brand_id=brand_id, iccid=iccid, actor=actor, now=now, also=ended)
