"""Customers lock the display of their secrets in portal and app ("Anzeige sperren"), and unlock it again.

Locking needs one factor and holds at once; unlocking the full strength (E5): a strong session whose passkey or
authenticator app has cooled. Meanwhile the code can be changed, which shows the new one to nobody but who chose it.
"""

from datetime import datetime
from enum import StrEnum

from werda.core.audit import EventKind
from werda.core.portal import Session
from werda.store.queries.policies import policy_in_force
from werda.usecases.open_session import Connection
from werda.usecases.sim_change import record


class Display(StrEnum):
    """What became of it."""

    LOCKED = "locked"
    UNLOCKED = "unlocked"
    NOT_STRONG = "not_strong"


def lock_display(connection: Connection, session: Session, *, now: datetime) -> Display:
    """From now on nobody is shown a code, PIN or PUK with this login."""
    if not session.hides_secrets:
        _set(connection, session, True, EventKind.DISPLAY_LOCKED, now)
    return Display.LOCKED


def unlock_display(connection: Connection, session: Session, *, now: datetime) -> Display:
    """Show secrets again; a session that is not strong may not."""
    if not proves_strongly(connection, session, now=now):
        return Display.NOT_STRONG
    if session.hides_secrets:
        _set(connection, session, False, EventKind.DISPLAY_UNLOCKED, now)
    return Display.UNLOCKED


def proves_strongly(connection: Connection, session: Session, *, now: datetime) -> bool:
    """Whether what this session gives counts as full strength by the brand's policy (A3)."""
    policy = policy_in_force(connection, session.brand_id, now)
    return policy is not None and session.app_session.proves_strongly(now, policy.session_cooling)


def _set(connection: Connection, session: Session, hides: bool, kind: EventKind, now: datetime) -> None:
    connection.execute("update customer_login set hides_secrets = %s where id = %s", (hides, session.login_id))
    record(
        connection, kind, brand_id=session.brand_id, customer_id=session.customer_id, actor=session.actor, now=now,
        detail={},
    )  # fmt: skip
