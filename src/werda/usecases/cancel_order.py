"""Customers cancel what was ordered in their name, while it waits (A6). One factor is enough to stop something (E5).

The link of the mail is one factor, being signed in another. `sql/36_waiting_orders.sql` decides in one statement, so
that an order is cancelled or handed over, and never both.
"""

import hashlib
import uuid
from datetime import datetime

from werda.core.order import OrderKind
from werda.core.portal import Session
from werda.core.secret import Secret
from werda.usecases.sim_change import Connection


def cancel_by_link(connection: Connection, brand_id: int, token: Secret, *, now: datetime) -> OrderKind | None:
    """Cancel what this link is of; gives what it was, None for a link that stops nothing (any longer)."""
    hashed = hashlib.sha256(token.reveal().encode()).digest()
    row = connection.execute("select cancel_by_link(%s, %s, %s)", (brand_id, hashed, now)).fetchone()
    return OrderKind(row[0]) if row and row[0] else None


def cancel_own(connection: Connection, session: Session, order: uuid.UUID, *, now: datetime) -> OrderKind | None:
    """Cancel an order of whoever is signed in; None when it is not theirs, or does not wait any longer."""
    row = connection.execute("select cancel_own(%s, %s, %s)", (order, session.actor, now)).fetchone()
    return OrderKind(row[0]) if row and row[0] else None
