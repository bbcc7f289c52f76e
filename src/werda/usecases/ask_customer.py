"""An agent in a call asks the customer in portal or app: is it you? (A3). Under the desk's role, by the grant."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import connection as desk

from werda.core.secret import Secret
from werda.store.queries.grant import opened


class Asking(StrEnum):
    """What became of it. Whether anybody was there to be asked is not told (A4)."""

    ASKED = "asked"
    WAITING = "waiting"
    """They were asked a moment ago."""
    TOO_MANY = "too_many"
    """They were asked often enough: nobody says yes to be left alone."""
    NOT_YOURS = "not_yours"
    """The call's grant has ended."""


class Reply(StrEnum):
    """What the customer said, as the agent sees it."""

    WAITING = "waiting"
    YES = "yes"
    NO = "no"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class Question:
    """The last question in a call."""

    reply: Reply
    expires_at: datetime


def ask_customer(secret: Secret, *, agent_id: int) -> Asking:
    """Ask, by a living grant."""
    with opened(secret, agent_id), desk.cursor() as cursor:
        cursor.execute("select ask_confirmation()")
        (said,) = cursor.fetchone()
    return Asking(said)


def last_question(secret: Secret, *, agent_id: int) -> Question | None:
    """The last question in the call of this grant; None when nobody was asked."""
    with opened(secret, agent_id), desk.cursor() as cursor:
        cursor.execute("select * from confirmation_of_call()")
        state, _, expires_at = cursor.fetchone()
    return Question(Reply(state), expires_at) if state else None
