"""Forget what is over of signing in: steps that nobody finished, and sessions that ended long ago (A9).

What a customer may want to know of a session stands in the events of signing in and out, which are kept for longer.
"""

from datetime import datetime, timedelta
from typing import Final

from werda.usecases.open_session import Connection

KEPT: Final = timedelta(days=90)
"""How long a session that is over is kept, so that its device counts as one that was seen before."""


def forget_sessions(connection: Connection, now: datetime) -> int:
    """Remove them; gives how many sessions. Role custody, autocommit."""
    connection.execute("delete from sign_in_step where expires_at <= %s", (now,))
    connection.execute("delete from enrolment where created_at <= %s", (now - KEPT,))
    connection.execute("delete from sms where created_at <= %s", (now - KEPT,))
    return connection.execute(
        "delete from portal_session where expires_at <= %(before)s or ended_at <= %(before)s", {"before": now - KEPT}
    ).rowcount
