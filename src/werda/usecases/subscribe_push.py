"""A browser of whoever is signed in gets pushes from now on, or no longer (C8). They end with the session."""

import hashlib
from datetime import datetime

from werda.core.secret import Secret
from werda.keys.custody import Custody
from werda.push.subscription import Subscription
from werda.usecases.open_session import Connection
from werda.usecases.send_push import place_of


def subscribe_push(connection: Connection, custody: Custody, wanted: Subscription, *, now: datetime) -> None:
    """Keep it, sealed, in the place of what this browser had before, be it somebody else's."""
    row = connection.execute("select subscribe_push(%s, %s, %s)", (_hash(wanted.endpoint), wanted.host, now)).fetchone()
    assert row is not None
    assert row[0] is not None, "somebody is signed in"
    sealed = custody.seal_for(place_of(row[0]), wanted.text())
    connection.execute("select seal_push_subscription(%s, %s, %s)", (row[0], sealed, custody.key_id))


def unsubscribe_push(connection: Connection, endpoint: Secret) -> bool:
    """End it; False when this browser has none of theirs."""
    row = connection.execute("select unsubscribe_push(%s)", (_hash(endpoint),)).fetchone()
    return row == (True,)


def _hash(endpoint: Secret) -> bytes:
    return hashlib.sha256(endpoint.reveal().encode()).digest()
