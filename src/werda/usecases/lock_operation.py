"""Customers lock risky operations themselves, and unlock them again (A6).

Locking needs one factor, unlocking the full strength (E5): whoever wants to protect themselves is let, whoever wants to
take a protection away must be the customer beyond doubt.
"""

from dataclasses import dataclass
from datetime import datetime

from werda.core.audit import EventKind
from werda.core.level import Level
from werda.core.permission import NotAllowed, Why, lockable, may
from werda.core.policy import Operation
from werda.usecases.sim_change import Connection, NotFound, record


@dataclass(frozen=True, slots=True)
class LockSet:
    """The lock is `on` or off now; `changed` when it was not so before."""

    on: bool
    changed: bool


def lock_operation(
    connection: Connection, *, customer_id: int, operation: Operation, level: Level, actor: str, now: datetime
) -> LockSet | NotAllowed | NotFound:
    """From now on `operation` is not done for anybody, whatever they prove; needs level 1."""
    return _set(connection, customer_id, operation, level, Level.VERIFIED, on=True, actor=actor, now=now)


def unlock_operation(
    connection: Connection, *, customer_id: int, operation: Operation, level: Level, actor: str, now: datetime
) -> LockSet | NotAllowed | NotFound:
    """Lift the lock; needs level 2."""
    return _set(connection, customer_id, operation, level, Level.STRONG, on=False, actor=actor, now=now)


def is_locked(connection: Connection, customer_id: int, operation: Operation) -> bool:
    """Whether the customer locked `operation`."""
    found = connection.execute(
        "select 1 from customer_lock where customer_id = %s and operation = %s", (customer_id, operation.value)
    )
    return found.fetchone() is not None


def _set(
    connection: Connection, customer_id: int, operation: Operation, level: Level, required: Level, *, on: bool,
    actor: str, now: datetime,
) -> LockSet | NotAllowed | NotFound:  # fmt: skip
    if not lockable(operation):
        return NotAllowed(Why.NOT_LOCKABLE, required)
    if (no := may(level, required, locked=False)) is not None:
        return no
    with connection.transaction():
        # The row that a request locks too: either it comes first, or it sees the lock.
        customer = connection.execute(
            "select brand_id from customer where id = %s and ended_at is null for update", (customer_id,)
        ).fetchone()
        if customer is None:
            return NotFound("customer")
        done = connection.execute(
            "insert into customer_lock (customer_id, operation, set_at) values (%(customer)s, %(operation)s, %(now)s)"
            " on conflict do nothing"
            if on
            else "delete from customer_lock where customer_id = %(customer)s and operation = %(operation)s",
            {"customer": customer_id, "operation": operation.value, "now": now},
        )
        if done.rowcount:
            kind = EventKind.OPERATION_LOCKED if on else EventKind.OPERATION_UNLOCKED
            record(
                connection, kind, brand_id=customer[0], customer_id=customer_id, actor=actor, now=now,
                detail={"operation": operation.value},
            )  # fmt: skip
        return LockSet(on, changed=bool(done.rowcount))
