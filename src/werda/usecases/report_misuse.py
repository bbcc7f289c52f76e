"""*That was not me*: a customer reports an attempt of somebody else, or a call made in our name (A7, D5).

What could still do harm is closed first: the hotline takes nothing in their name until they open it again, and what was
proved in calls that go on ends (`lock_hotline`). The case is an incident, looked into by the operator; the customer has
its number and sees when it is closed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from werda.core.notice import NoticeKind
from werda.core.portal import Session
from werda.usecases.lock_hotline import lock_hotline
from werda.usecases.open_session import Connection
from werda.usecases.tell_customer import tell_customer

NOT_ME: Final = "the customer reports: that was not me"
NOT_YOU: Final = "the customer reports a call in our name"


@dataclass(frozen=True, slots=True)
class Reported:
    """The case has this number; `locked`: the hotline was open until now."""

    number: int
    locked: bool


@dataclass(frozen=True, slots=True)
class NothingToReport:
    """There is no such attempt of this customer's."""


def report_misuse(
    connection: Connection, session: Session, *, attempt_id: int | None, now: datetime
) -> Reported | NothingToReport:
    """Report one attempt, or in general; all or nothing, in the transaction at hand. A second time it is the same."""
    number = _open(connection, session, NOT_ME, attempt_id, now)
    if number is None:
        return NothingToReport()
    locked = lock_hotline(connection, session, now=now)
    if locked:
        tell_customer(
            connection, NoticeKind.REPORTED, brand_id=session.brand_id, customer_id=session.customer_id, now=now
        )
    return Reported(number, locked)


def report_call_in_our_name(connection: Connection, session: Session, *, now: datetime) -> int:
    """Somebody calls the customer and is not the hotline; gives the case's number."""
    number = _open(connection, session, NOT_YOU, None, now)
    assert number is not None, "a session has its customer"
    return number


def _open(connection: Connection, session: Session, reason: str, attempt_id: int | None, now: datetime) -> int | None:
    row = connection.execute(
        "select report_misuse(%s, %s, %s, %s)", (reason, attempt_id, session.actor, now)
    ).fetchone()
    return row[0] if row else None
