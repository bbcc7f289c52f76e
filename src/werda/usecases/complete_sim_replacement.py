"""The operator has carried a replacement out: the new SIM takes the old one's place (A3, B7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from werda.core.policy import LONGEST_COOLING
from werda.core.sim_life import NotPossible
from werda.store.queries.policies import policy_in_force
from werda.usecases.replace_sim import replace_sim
from werda.usecases.settle_order import Done, PlacedOrder, Refused
from werda.usecases.sim_change import NotFound, Rings


@dataclass(frozen=True, slots=True)
class CompleteSimReplacement:
    """What happens when the operator's answer to a replacement arrives. Needs the role `werda_custody`."""

    rings: Rings

    def __call__(
        self, connection: psycopg.Connection[Any], order: PlacedOrder, result: Mapping[str, Any], now: datetime
    ) -> Done | Refused:
        """Replace by ``{"iccid": the new one}``. A `Continuation`."""
        iccid = result.get("iccid")
        if not isinstance(iccid, str):
            return Refused('iccid must name the new SIM, such as {"iccid": "8949…"}')
        old = order.detail.get("iccid")
        if not isinstance(old, str):
            return Refused("the order names no SIM that could be replaced; answer that it failed")
        owner = connection.execute(
            "select customer_id from sim_profile where brand_id = %s and iccid = %s for update", (order.brand_id, old)
        ).fetchone()
        if owner is None or owner[0] != order.customer_id:
            return Refused("the SIM to be replaced is no longer this customer's; answer that the order failed")
        policy = policy_in_force(connection, order.brand_id, now)
        done = replace_sim(
            connection, self.rings, brand_id=order.brand_id, iccid=old, new_iccid=iccid,
            cooling=policy.sim_cooling if policy else LONGEST_COOLING, actor="operator", now=now,
        )  # fmt: skip
        if isinstance(done, NotFound | NotPossible):
            return Refused(done.sentence)
        return Done(order.customer_id)
