"""Remove the sums of minutes that are long over (C5, C6).

The longest that anybody looks back is five weeks: the detector of spraying compares an hour with the same hour of the
weeks before.
"""

from datetime import datetime, timedelta
from typing import Any, Final

import psycopg

KEPT: Final = timedelta(days=36)


def forget_traffic(connection: psycopg.Connection[Any], now: datetime) -> int:
    """Remove what is older than `KEPT`; gives how many rows."""
    with connection.transaction():
        return sum(
            connection.execute(statement, (now - KEPT,)).rowcount
            for statement in ("delete from traffic where minute < %s", "delete from wrong_values where minute < %s")
        )
