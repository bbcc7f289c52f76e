"""What is recorded about a customer, in the order of time (A8): every attempt and every event, never a secret.

Who of the operator's staff acted is left out: that is their personal data, not the customer's.
"""

from typing import Any

import psycopg
from psycopg.rows import dict_row

from werda.core.call import Channel
from werda.core.method import Method
from werda.core.verdict import Outcome

_ATTEMPTS = (
    "select id, at, own_line, channel, method, outcome, level, calling_number, call_id from attempt"
    " where customer_id = %s order by at, id"
)
_EVENTS = "select id, at, kind, call_id, detail from event where customer_id = %s order by at, id"


def attempts_of(connection: psycopg.Connection[Any], customer_id: int) -> list[dict[str, Any]]:
    """Every attempt to pass as this customer; what is stored as a number is told in words."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_ATTEMPTS, (customer_id,)).fetchall()
    return [
        row
        | {
            "channel": Channel(row["channel"]).slug,
            "method": Method(row["method"]).slug,
            "outcome": Outcome(row["outcome"]).slug,
        }
        for row in rows
    ]


def events_of(connection: psycopg.Connection[Any], customer_id: int) -> list[dict[str, Any]]:
    """Every event about this customer."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_EVENTS, (customer_id,)).fetchall()
