"""A customer answers "is it you?" in portal or app (A3).

A no is recorded and told to the agent. A yes makes a one-time code of its own kind, strong when the session is, which
the portal hands to the gate at once: nothing else writes attempts, so a yes is counted, limited and sealed like any
proof. The code lives for a minute and is known to nobody.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from werda.core.audit import EventKind
from werda.core.call import Channel
from werda.core.method import Method
from werda.core.portal import Session
from werda.core.secret import Secret
from werda.keys.verifier import Verifier
from werda.store.queries.policies import policy_in_force
from werda.usecases.lock_hotline import is_closed
from werda.usecases.open_session import Connection
from werda.usecases.put_one_time_code import Given, put_one_time_code
from werda.usecases.sim_change import record

_CODE_LIFETIME: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SaidYes:
    """To be handed to the gate with this code, after the transaction at hand is committed."""

    confirmation_id: int
    code: Secret


class Answered(StrEnum):
    """What became of it, where there is nothing to hand on."""

    SAID_NO = "said_no"
    NOT_ASKED = "not_asked"
    """Nobody asked, or the two minutes are over, or it was answered already."""
    HOTLINE_CLOSED = "hotline_closed"
    """The customer keeps the hotline closed: nothing proves anything there (E5)."""


def answer_confirmation(
    connection: Connection, verifier: Verifier, session: Session, confirmation_id: int, *, yes: bool, now: datetime
) -> SaidYes | Answered:
    """Answer it once, in the transaction at hand."""
    policy = policy_in_force(connection, session.brand_id, now)
    if policy is None or policy.accepts(Method.APP_CONFIRMATION, Channel.PORTAL, now) is None or session.person_id:
        return Answered.NOT_ASKED
    if yes and is_closed(connection, session.customer_id):
        return Answered.HOTLINE_CLOSED
    row = connection.execute(
        "select answer_confirmation(%s, %s, %s)", (confirmation_id, "yes" if yes else "no", now)
    ).fetchone()
    if row is None or row[0] is None:
        return Answered.NOT_ASKED
    strong = yes and session.app_session.proves_strongly(now, policy.session_cooling)
    record(
        connection, EventKind.CONFIRMATION_ANSWERED, brand_id=session.brand_id, customer_id=session.customer_id,
        call_id=row[0], actor=session.actor, now=now, detail={"answer": "yes" if yes else "no", "strong": strong},
    )  # fmt: skip
    if not yes:
        return Answered.SAID_NO
    code = policy.one_time.random(Method.APP_CONFIRMATION)
    given = Given(
        brand_id=session.brand_id,
        customer_id=session.customer_id,
        person_id=session.person_id,
        method=Method.APP_CONFIRMATION,
        strong=strong,
        request=f"confirmation-{confirmation_id}",
        expires_at=now + _CODE_LIFETIME,
    )
    put_one_time_code(connection, verifier, given, code, now)
    return SaidYes(confirmation_id, code)
