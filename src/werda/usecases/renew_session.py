"""Somebody who is signed in proved once more who they are; for some minutes they need not do so again (S11)."""

from datetime import datetime

from werda.core.audit import EventKind
from werda.core.portal import Session
from werda.usecases.open_session import Connection
from werda.usecases.sim_change import record


def renew_session(connection: Connection, session: Session, *, now: datetime) -> None:
    """Make the session fresh, in the transaction at hand. It does not become stronger than it began (A3)."""
    connection.execute("update portal_session set fresh_at = %s where id = %s", (now, session.id))
    record(
        connection, EventKind.SESSION_RENEWED, brand_id=session.brand_id, customer_id=session.customer_id,
        actor=session.actor, now=now, detail={},
    )  # fmt: skip
