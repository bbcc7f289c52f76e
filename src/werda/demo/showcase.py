"""Nordfunk's customers with their codes and PUKs, for the phone and for scripts: in the demo and nowhere else.

Secrets are read when they are asked for, as the role `werda_custody` with the custody ring, so that a code that was
changed a moment ago is the one that shows. The rest of the pages' process connects as the desk and has no ring.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg

from werda.core.secret import Secret
from werda.core.sim_secrets import SimSecrets
from werda.core.step_up import AppSession
from werda.demo.nordfunk import BRAND
from werda.keys import ring
from werda.keys.custody import Custody, Kind
from werda.keys.ring import RingName
from werda.keys.verifier import Verifier
from werda.store.roles import Database, Role
from werda.usecases.give_call_code import CallCode, give_call_code

FOUND: Final = 8
"""How many customers a search shows."""


@dataclass(frozen=True, slots=True)
class ShownSim:
    """A SIM profile with its PUK. `counts` says whether the PUK does, which needs an active profile (B7)."""

    kind: str
    role: str
    status: str
    iccid: str
    puk: Secret | None

    @property
    def counts(self) -> bool:
        """Whether this PUK legitimates."""
        return self.puk is not None and self.status == "active"


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line and its SIM profiles."""

    msisdn: str
    kind: str
    tariff: str
    shared: bool
    sims: tuple[ShownSim, ...]


@dataclass(frozen=True, slots=True)
class ShownCustomer:
    """A customer with everything the visitor needs to call as them."""

    brand: str
    number: str
    name: str
    company: bool
    payment: str
    code: Secret | None
    lines: tuple[ShownLine, ...]

    @property
    def mobile(self) -> str | None:
        """The number they call from, if it identifies them."""
        return next((line.msisdn for line in self.lines if not line.shared), None)


@dataclass
class Showcase:
    """Reads customers of the demo. `keys` is the folder of the key rings."""

    database: Database
    keys: Path

    @property
    def _custody(self) -> Custody:
        return Custody(ring.load(self.keys, RingName.CUSTODY))

    @property
    def _verifier(self) -> Verifier:
        return Verifier(ring.load(self.keys, RingName.VERIFIER))

    def all(self) -> list[ShownCustomer]:
        """Everybody, in the order of the customer numbers."""
        return self._read("true", ())

    def find(self, words: str) -> list[ShownCustomer]:
        """The first customers whose name, number, line or tariff holds each of `words`."""
        parts = words.split()[:5]
        condition = " and ".join([_HOLDS] * len(parts)) or "true"
        return self._read(condition, parts, limit=FOUND)

    def one(self, number: str) -> ShownCustomer | None:
        """The customer with this customer number."""
        return next(iter(self._read("c.customer_number = %s", (number,))), None)

    def call_code(self, number: str, *, strong: bool, now: datetime) -> CallCode | None:
        """A call code as the customer's app would give it, signed in with a passkey of last year or a password only."""
        with self.database.connect(Role.CUSTODY) as custody:
            row = custody.execute(
                "select c.id from customer c join brand b on b.id = c.brand_id"
                " where b.slug = %s and c.customer_number = %s",
                (BRAND, number),
            ).fetchone()
            if row is None:
                return None
            enrolled = now - timedelta(days=365) if strong else None
            session = AppSession(row[0], "demo", strong=strong, enrolled_at=enrolled)
            given = give_call_code(custody, self._verifier, session, now=now)
        return given if isinstance(given, CallCode) else None

    def _read(self, condition: str, values: Sequence[str], limit: int | None = None) -> list[ShownCustomer]:
        with self.database.connect(Role.CUSTODY) as custody:
            customers = custody.execute(
                f"select c.id, b.slug, c.customer_number, c.company, c.given_name, c.family_name, c.payment"  # noqa: S608
                f" from customer c join brand b on b.id = c.brand_id where {condition}"
                f" order by c.customer_number limit %s".encode(),
                (*values, limit),
            ).fetchall()
            return list(self._shown(custody, customers))

    def _shown(self, custody: psycopg.Connection[Any], customers: Sequence[tuple[Any, ...]]) -> Iterable[ShownCustomer]:
        ids = [row[0] for row in customers]
        sealed = self._secrets(custody, ids)
        lines = self._lines(custody, ids, sealed)
        for customer_id, brand, number, company, given, family, payment in customers:
            yield ShownCustomer(
                brand=brand,
                number=number,
                name=company or f"{given} {family}",
                company=bool(company),
                payment=payment,
                code=sealed.get((customer_id, 0, Kind.CUSTOMER_CODE)),
                lines=tuple(lines.get(customer_id, ())),
            )

    def _secrets(self, custody: psycopg.Connection[Any], ids: list[int]) -> dict[tuple[int, int, Kind], Secret]:
        rows = custody.execute(
            "select customer_id, sim_id, kind, ciphertext from sealed_secret"
            " where customer_id = any(%s) and kind = any(%s)",
            (ids, list(Kind)),
        )
        held = self._custody
        return {
            (customer, sim, Kind(kind)): held.open(Kind(kind), customer, sim, sealed)
            for customer, sim, kind, sealed in rows
        }

    def _lines(
        self, custody: psycopg.Connection[Any], ids: list[int], sealed: dict[tuple[int, int, Kind], Secret]
    ) -> dict[int, list[ShownLine]]:
        sims: dict[int, list[ShownSim]] = {}
        for sim_id, customer, line_id, kind, role, status, iccid in custody.execute(
            "select id, customer_id, line_id, kind, role, status, iccid from sim_profile"
            " where customer_id = any(%s) order by role, id",
            (ids,),
        ):
            secrets = sealed.get((customer, sim_id, Kind.SIM_PROFILE))
            puk = SimSecrets.read(secrets).puk if secrets else None
            sims.setdefault(line_id, []).append(ShownSim(kind, role, status, iccid, puk))
        lines: dict[int, list[ShownLine]] = {}
        for line_id, customer, msisdn, kind, tariff, shared in custody.execute(
            "select id, customer_id, msisdn, kind, tariff, shared from line where customer_id = any(%s) order by id",
            (ids,),
        ):
            line = ShownLine(msisdn, kind, tariff, shared, tuple(sims.get(line_id, ())))
            lines.setdefault(customer, []).append(line)
        return lines


_HOLDS: Final = (
    "strpos(lower(concat_ws(' ', c.customer_number, c.company, c.given_name, c.family_name, c.payment, (select"
    " string_agg(concat_ws(' ', l.msisdn, '0' || substring(l.msisdn from 4), l.tariff, l.kind), ' ')"
    " from line l where l.customer_id = c.id))), lower(%s)) > 0"
)
