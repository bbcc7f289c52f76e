"""Wrap up a call: keep the agent's note and end the call and its grant."""

import re
from datetime import datetime
from typing import Final

from django.db import connection

from werda.store.models.call import CallNote
from werda.store.queries.grant import Grant, opened

_SECRET_SHAPED: Final = re.compile(
    r"(?<!\d)\d{8}(?!\d)|(?:kennzahl|code|pin|puk)\b\D{0,20}\d{4,8}(?!\d)", re.IGNORECASE
)


class NoteHoldsSecret(ValueError):
    """The note holds digits shaped like a PUK, or digits right after a word for a code (B9)."""


class GrantEnded(PermissionError):
    """The grant has ended in the meantime; nothing was written."""


def wrap_up(grant: Grant, *, topic: str, text: str, now: datetime) -> None:
    """Keep the note and end the call. Raises `NoteHoldsSecret`, `GrantEnded`."""
    if _SECRET_SHAPED.search(text):
        raise NoteHoldsSecret
    with opened(grant.secret, grant.agent_id), connection.cursor() as cursor:
        cursor.execute("select granted_call(%s)", [grant.call_id])
        if cursor.fetchone() != (True,):
            raise GrantEnded
        CallNote.objects.create(
            call_id=grant.call_id,
            customer_id=None if grant.line_id else grant.customer_id,
            agent_id=grant.agent_id,
            topic=topic,
            text=text,
            written_at=now,
        )
        cursor.execute("select wrap_up(%s)", [grant.call_id])
