"""Show a customer their own code, or PIN and PUK of one of their SIMs (S7, S9, S11, S12); each time leaves an event.

Whoever asks is freshly signed in (the pages see to that). Nothing is shown while the customer has locked the display,
and the customer code in no place before its start date (S8). The event says what was shown and never its value.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from werda.core.audit import EventKind
from werda.core.portal import Place, Session
from werda.core.secret import Secret
from werda.core.sim_secrets import SimSecrets
from werda.keys.custody import Custody, Kind
from werda.store.queries.policies import policy_in_force
from werda.usecases.open_session import Connection
from werda.usecases.sim_change import record


class NotShown(StrEnum):
    """Why nothing is shown."""

    HIDDEN = "hidden"
    """The customer locked the display."""
    NOT_YET = "not_yet"
    """The place does not show the code yet (S8)."""
    NOTHING = "nothing"
    """There is no such secret, or it is no longer kept."""


@dataclass(frozen=True, slots=True)
class ShownCode:
    """The customer code."""

    code: Secret


@dataclass(frozen=True, slots=True)
class ShownSim:
    """What is known of a SIM. `secrets.pin` is the delivery PIN: the card may have another one since (S9)."""

    sim_id: int
    secrets: SimSecrets


def why_not(connection: Connection, session: Session, place: Place, *, now: datetime) -> NotShown | None:
    """Why this place does not show the session's customer their code; None when it does."""
    if session.hides_secrets:
        return NotShown.HIDDEN
    policy = policy_in_force(connection, session.brand_id, now)
    return None if policy is None or policy.shows_code(place, now) else NotShown.NOT_YET


def reveal_code(
    connection: Connection, custody: Custody, session: Session, place: Place, *, now: datetime
) -> ShownCode | NotShown:
    """Open the customer code, in the transaction at hand."""
    if (reason := why_not(connection, session, place, now=now)) is not None:
        return reason
    row = connection.execute(
        "select ciphertext from sealed_secret where customer_id = %s and sim_id = 0 and kind = %s",
        (session.customer_id, Kind.CUSTOMER_CODE),
    ).fetchone()
    if row is None:
        return NotShown.NOTHING
    code = custody.open(Kind.CUSTOMER_CODE, session.customer_id, 0, row[0])
    _record(connection, session, place, now, {"what": "customer_code"})
    return ShownCode(code)


def reveal_sim(
    connection: Connection, custody: Custody, session: Session, place: Place, sim_id: int, *, now: datetime
) -> ShownSim | NotShown:
    """Open what is known of one of the customer's SIMs that is not over, in the transaction at hand."""
    if session.hides_secrets:
        return NotShown.HIDDEN
    row = connection.execute(
        "select s.ciphertext, p.status from sim_profile p join sealed_secret s on s.customer_id = p.customer_id"
        " and s.sim_id = p.id and s.kind = %s where p.id = %s and p.customer_id = %s"
        " and p.status not in ('replaced', 'ended')",
        (Kind.SIM_PROFILE, sim_id, session.customer_id),
    ).fetchone()
    if row is None:
        return NotShown.NOTHING
    secrets = SimSecrets.read(custody.open(Kind.SIM_PROFILE, session.customer_id, sim_id, row[0]))
    _record(connection, session, place, now, {"what": "sim", "sim": sim_id})
    return ShownSim(sim_id, secrets)


def _record(connection: Connection, session: Session, place: Place, now: datetime, detail: dict[str, object]) -> None:
    record(
        connection, EventKind.SECRET_SHOWN, brand_id=session.brand_id, customer_id=session.customer_id,
        actor=session.actor, now=now, detail={**detail, "place": place.value},
    )  # fmt: skip
