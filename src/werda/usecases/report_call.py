"""An agent reports the call they are in, or were in until just now, as an incident (A7).

Under the grant of that call, which PostgreSQL checks; of incidents the desk reads nothing, not even its own.
"""

from enum import StrEnum

from django.db import connection

from werda.core.incident import bad_text
from werda.core.secret import Secret
from werda.store.queries.grant import opened


class Reporting(StrEnum):
    """What became of it."""

    REPORTED = "reported"
    BAD_REASON = "bad_reason"
    NOT_YOURS = "not_yours"


def report_call(grant: Secret, *, agent_id: int, call_id: int, reason: str) -> Reporting:
    """Open an incident with everything of this call; a second report of the same agent changes nothing."""
    if bad_text(reason):
        return Reporting.BAD_REASON
    with opened(grant, agent_id), connection.cursor() as cursor:
        cursor.execute("select report_call(%s, %s)", [call_id, reason])
        return Reporting.REPORTED if cursor.fetchone() == (True,) else Reporting.NOT_YOURS
