"""Sign out: this session, another one, or everywhere. What was proved in a session ends with it."""

from datetime import datetime

from werda.core.audit import EventKind
from werda.core.portal import Session
from werda.usecases.open_session import Connection
from werda.usecases.sim_change import record


def end_session(connection: Connection, session: Session, session_id: int, *, now: datetime) -> bool:
    """End one session of this login, be it the one at hand; False when there is no such session."""
    return _end(connection, session, [session_id], now) == 1


def end_other_sessions(connection: Connection, session: Session, *, now: datetime) -> int:
    """End every session of this login but the one at hand; gives how many."""
    others = connection.execute(
        "select id from portal_session where login_id = %s and id <> %s and ended_at is null and expires_at > %s",
        (session.login_id, session.id, now),
    ).fetchall()
    return _end(connection, session, [other for (other,) in others], now)


def _end(connection: Connection, session: Session, ids: list[int], now: datetime) -> int:
    if not ids:
        return 0
    record(
        connection, EventKind.SESSION_ENDED, brand_id=session.brand_id, customer_id=session.customer_id,
        actor=session.actor, now=now, detail={"sessions": ids},
    )  # fmt: skip
    return connection.execute(
        "update portal_session set ended_at = %s where id = any(%s) and login_id = %s and ended_at is null",
        (now, ids, session.login_id),
    ).rowcount
