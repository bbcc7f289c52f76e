"""Wrap up a call: keep the agent's note and end the call and its grant."""

import re
from datetime import datetime
from typing import Final

from django.db import connection

from werda.core.secret import Secret
from werda.store.models.call import CallNote
from werda.store.queries.grant import opened

_SECRET_SHAPED: Final = re.compile(
    r"(?<!\d)\d{8}(?!\d)|(?:kennzahl|code|pin|puk)\b\D{0,20}\d{4,8}(?!\d)", re.IGNORECASE
)


class NoteHoldsSecret(ValueError):
    """The note holds digits shaped like a PUK, or digits right after a word for a code (B9)."""


class NotYours(PermissionError):
    """The agent has no grant of the call, or it ended more than fifteen minutes ago; nothing was written."""


def wrap_up(grant: Secret, *, agent_id: int, call_id: int, topic: str, text: str, now: datetime) -> None:
    """Keep the note and end the call, also when the caller hung up first. Raises `NoteHoldsSecret`, `NotYours`."""
    if _SECRET_SHAPED.search(text):
        raise NoteHoldsSecret
    with opened(grant, agent_id), connection.cursor() as cursor:
        cursor.execute("select granted_call(%s)", [call_id])
        if cursor.fetchone() != (True,):
            raise NotYours
        CallNote.objects.create(call_id=call_id, agent_id=agent_id, topic=topic, text=text, written_at=now)
        cursor.execute("select wrap_up(%s)", [call_id])
