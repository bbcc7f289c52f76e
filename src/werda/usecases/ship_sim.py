"""Send a SIM to its customer: a card by post, an eSIM profile by handing the activation code out."""

from datetime import datetime

from werda.core.sim_life import Step
from werda.usecases.sim_change import Connection, Result, carry_out


def ship_sim(connection: Connection, *, brand_id: int, iccid: str, actor: str, now: datetime) -> Result:
    """The SIM has left stock; its PUK does not count yet (B7)."""
    return carry_out(connection, Step.SHIP, brand_id=brand_id, iccid=iccid, actor=actor, now=now)
