"""Forget who spoke for somebody, long after their time (A9). Their attempts stay, with a number that is nobody's."""

from datetime import datetime, timedelta
from typing import Final

from werda.usecases.open_session import Connection

KEPT: Final = timedelta(days=90)
"""How long the account holder can still see who it was."""


def forget_representatives(connection: Connection, now: datetime) -> int:
    """Destroy codes whose time is over, and remove who is over for long; gives how many. Role custody, autocommit."""
    connection.execute(
        "delete from credential k using representative r where r.id = k.person_id and r.customer_id = k.customer_id"
        " and r.expires_at <= %s",
        (now,),
    )
    connection.execute(
        "update representative set sealed = null, sealed_key_id = null where expires_at <= %s and sealed is not null",
        (now,),
    )
    gone = connection.execute(
        "delete from representative where least(coalesce(ended_at, expires_at), expires_at) <= %s", (now - KEPT,)
    )
    return gone.rowcount
