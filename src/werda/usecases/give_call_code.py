"""Give a customer a call code in portal or app: six or more random digits, ten minutes, one call (B6, A3).

Who asks has a session, and whoever signed them in vouches for it. The code is bound to the request it was given for: a
new request ends the code of the last one. A second proof it is only from a strong session whose passkey or TOTP was
enrolled longer ago than the policy's cooling time; otherwise it gives level 1 alone. What the call is to be about goes
with the code to the agent, who sees it once the code was right.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from werda.core.audit import EventKind
from werda.core.call import Channel
from werda.core.method import Method
from werda.core.one_time_code import CALL_CODE_LIFETIME
from werda.core.secret import Secret
from werda.core.step_up import AppSession
from werda.core.topic import Topic
from werda.keys.verifier import Verifier
from werda.store.queries.policies import policy_in_force
from werda.usecases.lock_hotline import is_closed
from werda.usecases.put_one_time_code import Connection, Given, put_one_time_code
from werda.usecases.sim_change import record


@dataclass(frozen=True, slots=True)
class CallCode:
    """The code, which is told once and kept nowhere; `request` names what it is bound to."""

    code: Secret
    request: str
    strong: bool
    expires_at: datetime


class NoCallCode(StrEnum):
    """Why none is given."""

    NO_CUSTOMER = "no_customer"
    NOT_ACCEPTED = "not_accepted"
    HOTLINE_CLOSED = "hotline_closed"
    """The customer keeps the hotline closed (E5): whoever has their phone gets no code either."""


def give_call_code(
    connection: Connection, verifier: Verifier, session: AppSession, *, now: datetime, topic: Topic | None = None
) -> CallCode | NoCallCode:
    """Give one, in a transaction of its own or within the one at hand."""
    with connection.transaction():
        customer = connection.execute(
            "select brand_id from customer where id = %s and ended_at is null for no key update", (session.customer_id,)
        ).fetchone()
        if customer is None:
            return NoCallCode.NO_CUSTOMER
        policy = policy_in_force(connection, customer[0], now)
        if policy is None or not any(policy.accepts(Method.CALL_CODE, channel, now) for channel in Channel):
            return NoCallCode.NOT_ACCEPTED
        if is_closed(connection, session.customer_id):
            return NoCallCode.HOTLINE_CLOSED
        code = policy.one_time.random(Method.CALL_CODE)
        given = Given(
            brand_id=customer[0],
            customer_id=session.customer_id,
            person_id=session.person_id,
            method=Method.CALL_CODE,
            strong=session.proves_strongly(now, policy.session_cooling),
            request=f"call-{secrets.token_hex(8)}",
            expires_at=now + CALL_CODE_LIFETIME,
            topic=topic,
        )
        put_one_time_code(connection, verifier, given, code, now)
        record(
            connection, EventKind.CALL_CODE_GIVEN, brand_id=given.brand_id, customer_id=given.customer_id,
            actor=session.actor, now=now, detail={"request": given.request, "strong": given.strong},
        )  # fmt: skip
    assert given.expires_at is not None
    return CallCode(code, given.request, given.strong, given.expires_at)
