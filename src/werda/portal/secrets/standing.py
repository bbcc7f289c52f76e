"""How a customer's secrets stand: which there are, what hides them, and what keeps the hotline from taking them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from werda.core.budget import Limits
from werda.core.policy import Policy
from werda.keys.custody import Kind
from werda.look.shown_number import shown_number
from werda.portal.access import Connection, Visit
from werda.store.queries.policies import policy_in_force
from werda.usecases.lock_display import proves_strongly
from werda.usecases.reveal_secret import NotShown, why_not


@dataclass(frozen=True, slots=True)
class Hotline:
    """Whether the hotline takes code and PUK. `closed_at`: closed by the customer; `locked`: too many wrong tries."""

    closed_at: datetime | None
    locked: bool
    strong: bool
    """Whether this session can open it."""


def hotline(visit: Visit) -> Hotline:
    """How it stands for the session's customer."""
    session = visit.signed_in
    policy = policy_in_force(visit.connection, session.brand_id, visit.now)
    limit = (policy.limits if policy else Limits()).failures
    row = visit.connection.execute(
        "select max(closed_at), coalesce(max(failures), 0) >= %s from budget where person_id = %s",
        (limit, session.person_id),
    ).fetchone()
    assert row is not None
    return Hotline(row[0], row[1], proves_strongly(visit.connection, session, now=visit.now))


@dataclass(frozen=True, slots=True)
class Code:
    """Whether there is a code, and why it is not shown here; `from_when` is this place's start date (S8)."""

    there: bool
    reason: NotShown | None
    from_when: datetime | None


def code(visit: Visit) -> Code:
    """How the session's customer code stands."""
    session = visit.signed_in
    there = visit.connection.execute(
        "select exists (select from sealed_secret where sim_id = 0 and kind = %s)", (Kind.CUSTOMER_CODE,)
    ).fetchone()
    policy: Policy | None = policy_in_force(visit.connection, session.brand_id, visit.now)
    reason = why_not(visit.connection, session, visit.place, now=visit.now)
    begins = policy.code_shown_from.get(visit.place) if policy else None
    return Code(there == (True,), reason, begins if reason is NotShown.NOT_YET else None)


def lines(connection: Connection) -> list[dict[str, Any]]:
    """The customer's lines with the SIMs that are not over, each with whether anything of it is kept."""
    rows = connection.execute(
        "select id, msisdn, kind, tariff from line where ended_at is null order by kind desc, msisdn"
    ).fetchall()
    sims = connection.execute(
        "select p.id, p.line_id, p.kind, p.role, p.status, right(p.iccid, 4),"
        " exists (select from sealed_secret s where s.sim_id = p.id and s.kind = %s)"
        " from sim_profile p where p.status not in ('replaced', 'ended')"
        " order by p.role, p.id",
        (Kind.SIM_PROFILE,),
    ).fetchall()
    names = ("id", "line_id", "kind", "role", "status", "ends_in", "kept")
    profiles = [dict(zip(names, sim, strict=True)) for sim in sims]
    return [
        {
            "msisdn": shown_number(msisdn),
            "kind": kind,
            "tariff": tariff,
            "sims": [sim for sim in profiles if sim["line_id"] == line_id],
        }
        for line_id, msisdn, kind, tariff in rows
    ]
