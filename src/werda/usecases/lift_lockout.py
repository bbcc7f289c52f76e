"""Open hotline authentication again after too many wrong tries (C2, E5).

Unlocking needs the full strength: a letter code that was verified in the call at hand, or a strong session in portal or
app. Never a code or PUK, which is what was guessed at; never an agent's word, and no command: an operator's word is
worth no more, and who can run commands could otherwise go on guessing for ever.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

import psycopg
from django.db import connection as desk

from werda.core.secret import Secret
from werda.core.step_up import AppSession
from werda.store.queries.grant import opened
from werda.store.queries.policies import policy_in_force


class Lifting(StrEnum):
    """What became of it."""

    LIFTED = "lifted"
    NOT_LOCKED = "not_locked"
    NOT_ALLOWED = "not_allowed"


def lift_lockout(connection: psycopg.Connection[Any], session: AppSession, *, now: datetime) -> Lifting:
    """By a session of portal or app, under the role `werda_custody`; one that is not strong may not."""
    with connection.transaction():
        customer = connection.execute(
            "select brand_id from customer where id = %s and ended_at is null", (session.customer_id,)
        ).fetchone()
        policy = policy_in_force(connection, customer[0], now) if customer else None
        if customer is None or policy is None or not session.proves_strongly(now, policy.session_cooling):
            return Lifting.NOT_ALLOWED
        row = connection.execute(
            "select lift_lockout(%s, %s, %s, 'session', null, %s, %s)",
            (customer[0], session.customer_id, session.person_id, session.actor, now),
        ).fetchone()
    return _lifting(row)


def lift_lockout_by_grant(secret: Secret, *, agent_id: int) -> Lifting:
    """By a living grant of a call in which a letter code was verified, keyed in or typed; under the desk's role."""
    with opened(secret, agent_id), desk.cursor() as cursor:
        cursor.execute("select lift_lockout_by_grant()")
        return _lifting(cursor.fetchone())


def _lifting(row: tuple[Any, ...] | None) -> Lifting:
    lifted = row[0] if row else None
    if lifted is None:
        return Lifting.NOT_ALLOWED
    return Lifting.LIFTED if lifted else Lifting.NOT_LOCKED
