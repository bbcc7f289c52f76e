"""Warn the operator's systems before the deadline of an incident, once for each authority (A7)."""

from datetime import datetime
from typing import Any, Final

import psycopg

from werda.store.queries.incident import incidents
from werda.usecases.order_from_operator import put_out

MESSAGE: Final = "org.werda.incident.due.v1"


def warn_of_incidents(connection: psycopg.Connection[Any], now: datetime) -> int:
    """Write a message for each deadline that ends within hours, or is over, and was not warned of; gives how many."""
    warned = 0
    for incident in incidents(connection, closed=False):
        for clock in incident.pressing(now):
            with connection.transaction():
                new = connection.execute(
                    "insert into incident_warning (incident_id, recipient, warned_at)"
                    " values (%s, %s, %s) on conflict do nothing",
                    (incident.id, clock.recipient.value, now),
                ).rowcount
                if not new:
                    continue
                brand = connection.execute("select brand_id from incident where id = %s", (incident.id,)).fetchone()
                assert brand is not None
                put_out(
                    connection, MESSAGE, brand_id=brand[0], stream=f"incident:{incident.id}",
                    subject=f"incident:{incident.id}",
                    data={
                        "incident": incident.id, "brand": incident.brand, "recipient": clock.recipient.value,
                        "due_at": clock.due_at.isoformat(), "standing": clock.standing.value,
                    },
                    now=now,
                )  # fmt: skip
                warned += 1
    return warned
