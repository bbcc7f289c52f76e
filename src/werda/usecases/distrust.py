"""What somebody else may know opens nothing from this moment on (B8).

The customer code is replaced by a random one (`replace_code`), which the customer is told of and finds in the portal or
a letter; they choose another whenever they like. A PUK never changes (S9), so a distrusted one counts no more until its
SIM is replaced, which the customer is told, too. What was proved in a call that still goes on ends with it. Budgets are
held before anything is changed: no verification with the old secret is committed afterwards.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import psycopg

from werda.core.audit import EventKind
from werda.core.method import Method
from werda.core.notice import NoticeKind
from werda.core.sim_life import OVER
from werda.usecases.replace_code import replace_code
from werda.usecases.sim_change import Rings, record
from werda.usecases.tell_customer import tell_customer

Connection = psycopg.Connection[Any]

NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)
"""From when a distrusted PUK counts."""


@dataclass(frozen=True, slots=True)
class Distrust:
    """Why, by whom, and whether PUKs are meant, too. `incident_id` names the incident it belongs to."""

    reason: str
    actor: str
    puks: bool
    incident_id: int | None = None


@dataclass(frozen=True, slots=True)
class Distrusted:
    """How much counts no longer; `customers` of them had anything that did."""

    customers: int = 0
    codes: int = 0
    puks: int = 0

    def plus(self, other: "Distrusted") -> "Distrusted":
        """Both together."""
        return Distrusted(self.customers + other.customers, self.codes + other.codes, self.puks + other.puks)


def distrust_customer(
    connection: Connection, rings: Rings, customer_id: int, why: Distrust, now: datetime
) -> Distrusted:
    """Distrust one customer's secrets, all or nothing; of one who left there is nothing to distrust."""
    with connection.transaction():
        row = connection.execute(
            "select brand_id from customer where id = %s and ended_at is null for no key update", (customer_id,)
        ).fetchone()
        if row is None:
            return Distrusted()
        brand_id: int = row[0]
        connection.execute("select 1 from line where customer_id = %s order by id for update", (customer_id,))
        connection.execute("select 1 from sim_profile where customer_id = %s order by id for update", (customer_id,))
        connection.execute("select lock_budgets(%s)", ([customer_id],))
        puks = _puks(connection, customer_id) if why.puks else 0
        codes = _code(connection, rings, customer_id, why, now)
        if not codes and not puks:
            return Distrusted()
        connection.execute("select end_proofs(%s)", (customer_id,))
        record(
            connection, EventKind.CREDENTIAL_DISTRUSTED, brand_id=brand_id, customer_id=customer_id, actor=why.actor,
            now=now, detail={"codes": codes, "puks": puks, "reason": why.reason, "incident": why.incident_id},
        )  # fmt: skip
        if puks:
            tell_customer(connection, NoticeKind.CODE_DISTRUSTED, brand_id=brand_id, customer_id=customer_id, now=now)
        return Distrusted(1, codes, puks)


def distrust_incident(
    connection: Connection, rings: Rings, why: Distrust, now: datetime, progress: Callable[[int], None] = lambda _: None
) -> Distrusted:
    """Distrust the secrets of everybody in an incident, each in a transaction of their own.

    After a crash it goes on with those it did not reach. `connection` is in autocommit.
    """
    total = Distrusted()
    waiting = connection.execute(
        "select customer_id from incident_customer where incident_id = %s and distrusted_at is null order by 1",
        (why.incident_id,),
    ).fetchall()
    for done, (customer_id,) in enumerate(waiting, start=1):
        with connection.transaction():
            total = total.plus(distrust_customer(connection, rings, customer_id, why, now))
            connection.execute(
                "update incident_customer set distrusted_at = %s where incident_id = %s and customer_id = %s",
                (now, why.incident_id, customer_id),
            )
        progress(done)
    return total


def _code(connection: Connection, rings: Rings, customer_id: int, why: Distrust, now: datetime) -> int:
    """Who has no code gets none."""
    held = connection.execute(
        "select 1 from credential where customer_id = %s and person_id = 0 and method = %s",
        (customer_id, Method.CUSTOMER_CODE),
    ).fetchone()
    if held is None:
        return 0
    replace_code(connection, rings.verifier, rings.custody, customer_id, actor=why.actor, now=now)
    return 1


def _puks(connection: Connection, customer_id: int) -> int:
    return connection.execute(
        "update sim_profile s set counts_from = %s where customer_id = %s and status <> all (%s)"
        " and counts_from is distinct from %s and exists (select from credential k"
        "  where k.customer_id = s.customer_id and k.method = %s and k.sim_id = s.id)",
        (NEVER, customer_id, [status.name.lower() for status in OVER], NEVER, Method.PUK),
    ).rowcount
