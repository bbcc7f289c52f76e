"""Take the operator's result of an order, and go on with what it makes possible (decision 10).

What follows a *done* is a `Continuation`, one for each kind of order that has one: completing a new contract,
replacing a SIM. It runs in the transaction that settles the order: both happen, or neither. A result may come more
than once; it has its effect once.
"""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import psycopg

from werda.core.order import RESULTS, OrderKind, OrderState
from werda.usecases.undo_option_order import undo_option_order


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """An order as a continuation sees it; its row is locked. `detail` is what was ordered."""

    id: int
    public_id: uuid.UUID
    brand_id: int
    customer_id: int | None
    kind: OrderKind
    detail: Mapping[str, Any]
    ordered_at: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """The continuation did its work. `customer_id` says whose the order became, where it had no customer yet."""

    customer_id: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The result cannot be used as it is; nothing of it is kept and the order waits for another.

    `reason` goes to the operator's system. It says what to mend and never quotes a secret (B9).
    """

    reason: str


class Continuation(Protocol):
    """What happens when an order of one kind is done."""

    def __call__(
        self, connection: psycopg.Connection[Any], order: PlacedOrder, result: Mapping[str, Any], now: datetime
    ) -> Done | Refused:
        """Do it, within the transaction at hand: never commit, never roll back.

        `result` is the `data` that the operator sent, JSON of any form: whatever is not as it must be is `Refused`.
        """
        ...


Continuations = Mapping[OrderKind, Continuation]
"""By kind; for one without a continuation, done is all there is."""


@dataclass(frozen=True, slots=True)
class Result:
    """What the operator says: done or failed, why, and data for the continuation."""

    state: OrderState
    reason: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Settled:
    """The order is settled. `repeated`: it was before, in the same way."""

    repeated: bool = False


@dataclass(frozen=True, slots=True)
class NoSuchOrder:
    """There is none of this name, it is another brand's, or it waits for its customer's word (A6)."""


@dataclass(frozen=True, slots=True)
class SettledOtherwise:
    """The order was settled before, as this."""

    state: OrderState


def settle_order(
    connection: psycopg.Connection[Any], public_id: uuid.UUID, result: Result, continuations: Continuations, *,
    now: datetime, brands: Collection[int] = (),
) -> Settled | Refused | SettledOtherwise | NoSuchOrder:  # fmt: skip
    """Settle the order in the transaction at hand; `brands` limits whose it may be, empty means any."""
    if result.state not in RESULTS:
        raise ValueError("a result is done or failed")
    row = connection.execute(
        "select id, public_id, brand_id, customer_id, kind, detail, ordered_at, state from operator_order"
        " where public_id = %s and (%s::bigint[] = '{}' or brand_id = any(%s)) for update",
        (public_id, list(brands), list(brands)),
    ).fetchone()
    if row is None or row[-1] == OrderState.WAITING:  # the operator has not heard of it yet
        return NoSuchOrder()
    order_id, name, brand_id, customer_id, kind, detail, ordered_at, state = row
    if state != OrderState.ORDERED:
        return Settled(repeated=True) if state == result.state else SettledOtherwise(OrderState(state))
    order = PlacedOrder(order_id, name, brand_id, customer_id, OrderKind(kind), detail, ordered_at)
    outcome: Done | Refused = Done()
    continuation = continuations.get(order.kind)
    if result.state is OrderState.DONE and continuation is not None:
        with connection.transaction():
            outcome = continuation(connection, order, result.data, now)
            if isinstance(outcome, Refused):
                raise psycopg.Rollback
    if isinstance(outcome, Refused):
        return outcome
    if result.state is OrderState.FAILED:  # nobody will ask for the code that was chosen with it
        connection.execute("delete from ordered_code where order_id = %s", (order.id,))
        undo_option_order(connection, order.kind, order.public_id, now=now)
    connection.execute(
        "update operator_order set state = %s, reason = %s, settled_at = %s, customer_id = coalesce(customer_id, %s)"
        " where id = %s",
        (result.state.value, result.reason, now, outcome.customer_id, order.id),
    )
    return Settled()
