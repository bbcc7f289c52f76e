"""Customers close the hotline for themselves ("Hotline-Zugang sperren", E5): whoever fears for their code.

One factor is enough, and it holds at once, in calls that go on too (sql/37_close_hotline.sql). Opening it again needs
the full strength (`lift_lockout`): a strong session, or a letter code at the desk.
"""

from datetime import datetime

from werda.core.audit import EventKind
from werda.core.notice import NoticeKind
from werda.core.portal import Session
from werda.usecases.open_session import Connection
from werda.usecases.sim_change import record
from werda.usecases.tell_customer import tell_customer


def is_closed(connection: Connection, customer_id: int) -> bool:
    """Whether the customer keeps the hotline closed."""
    row = connection.execute(
        "select exists (select from budget where customer_id = %s and closed_at is not null)", (customer_id,)
    ).fetchone()
    return row == (True,)


def lock_hotline(connection: Connection, session: Session, *, now: datetime) -> bool:
    """Close it; False when it was closed already, and nothing happened."""
    row = connection.execute("select close_hotline(%s, %s)", (session.customer_id, now)).fetchone()
    if row != (True,):
        return False
    record(
        connection, EventKind.HOTLINE_LOCKED, brand_id=session.brand_id, customer_id=session.customer_id,
        actor=session.actor, now=now, detail={},
    )  # fmt: skip
    tell_customer(
        connection, NoticeKind.HOTLINE_CLOSED, brand_id=session.brand_id, customer_id=session.customer_id, now=now
    )
    return True
