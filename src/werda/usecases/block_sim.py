"""Block a SIM that was lost or stolen: its PUK counts no longer, until it is unblocked (B7)."""

from collections.abc import Mapping
from datetime import datetime

from werda.core.sim_life import Step
from werda.usecases.sim_change import Connection, LockedSims, Result, StoredSim, carry_out, lock_budgets


def block_sim(connection: Connection, *, brand_id: int, iccid: str, actor: str, now: datetime) -> Result:
    """The network keeps the SIM out. No verification with its PUK is committed afterwards."""

    def blocked(sim: StoredSim, _: LockedSims) -> Mapping[str, object]:
        lock_budgets(connection, sim)
        return {}

    return carry_out(connection, Step.BLOCK, brand_id=brand_id, iccid=iccid, actor=actor, now=now, also=blocked)
