"""Who may speak for a customer, and who is speaking in a call (E2)."""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection as django_connection

from werda.core.representative import Representative, RepresentativeKind, scope_of
from werda.store.queries.grant import Grant, opened


def representatives(connection: psycopg.Connection[Any]) -> list[Representative]:
    """Those of the portal's customer, the newest first, the ended ones too."""
    rows = connection.execute(
        "select id, number, name, kind, scope, begins_at, expires_at, ended_at from representative order by id desc"
    ).fetchall()
    return [_representative(row) for row in rows]


def speaker_of(grant: Grant) -> Representative | None:
    """Who speaks in the call of this grant; None for the account holder."""
    with opened(grant.secret, grant.agent_id), django_connection.cursor() as cursor:
        cursor.execute("select * from speaker()")
        row = cursor.fetchone()
    return _representative(row) if row else None


def _representative(row: Sequence[Any]) -> Representative:
    representative_id, number, name, kind, scope, begins_at, expires_at, ended_at = row
    return Representative(
        representative_id, number, name, RepresentativeKind(kind), scope_of(scope), begins_at, expires_at, ended_at
    )
