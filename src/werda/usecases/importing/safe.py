"""Secrets on their way into the database: sealed for who may read, as keyed values for who compares (B5).

Encryption is randomised, so what is there is compared first, and an unchanged secret is never sealed again. Whatever
was changed in Werda after the file's as-of time stays (design decision 10).
"""

import hmac
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from werda.core.method import Method
from werda.core.secret import Secret
from werda.keys.custody import Custody, Kind
from werda.keys.verifier import MAC_SIZE, Verifier
from werda.usecases.importing import binary_copy
from werda.usecases.importing.newer_wins import Connection

Place = tuple[int, int, Kind]
"""Where a sealed secret lies: customer (0: in stock), SIM (0: none), kind."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret that is there, still sealed."""

    ciphertext: bytes
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Stored:
    """A credential that is there."""

    key_id: int
    mac: bytes
    until: datetime | None


@dataclass(slots=True)
class Safe:
    """Collects what a chunk seals, and writes it in few statements. Credentials are the account holder's (person 0)."""

    connection: Connection
    verifier: Verifier
    custody: Custody
    as_of: datetime
    _sealed: list[bytes] = field(default_factory=list)
    _credentials: list[bytes] = field(default_factory=list)
    _gone: list[Place] = field(default_factory=list)
    _ended: list[tuple[int, Method, int]] = field(default_factory=list)
    _confirmed: list[Place] = field(default_factory=list)
    _when: int = field(init=False)

    def __post_init__(self) -> None:
        self._when = binary_copy.microseconds(self.as_of)

    def sealed(self, places: Collection[tuple[int, int]], kind: Kind) -> dict[tuple[int, int], Sealed]:
        """What of this kind lies sealed for these pairs of customer and SIM, locked until the chunk is in."""
        if not places:
            return {}
        rows = self.connection.execute(
            "select s.customer_id, s.sim_id, s.ciphertext, s.as_of from sealed_secret s"
            " join unnest(%s::bigint[], %s::bigint[]) u(customer, sim)"
            " on s.customer_id = u.customer and s.sim_id = u.sim"
            " where s.kind = %s order by 1, 2 for update of s",
            (*map(list, zip(*places, strict=True)), kind),
        ).fetchall()
        return {(customer, sim): Sealed(value, as_of) for customer, sim, value, as_of in rows}

    def credentials(self, customers: Collection[int]) -> dict[tuple[int, Method], Stored]:
        """The credentials of these customers that belong to no SIM."""
        if not customers:
            return {}
        rows = self.connection.execute(
            "select customer_id, method, key_id, mac, until from credential"
            " where customer_id = any(%s) and person_id = 0 and method = any(%s) and sim_id = 0",
            (list(customers), [Method.CUSTOMER_CODE, Method.LEGACY]),
        ).fetchall()
        return {(customer, Method(method)): Stored(*rest) for customer, method, *rest in rows}

    def matches(self, stored: Stored, method: Method, customer_id: int, secret: Secret) -> bool:
        """Whether a credential is made of `secret`, under whichever key version it was made."""
        if stored.key_id not in self.verifier.key_ids:
            return False
        at = MAC_SIZE * self.verifier.key_ids.index(stored.key_id)
        mac = self.verifier.candidates(method, customer_id, secret)[at : at + MAC_SIZE]
        return hmac.compare_digest(mac, stored.mac)

    def seal(self, kind: Kind, customer_id: int, sim_id: int, secret: Secret, as_of: datetime | None = None) -> None:
        """Put a secret in; what was at its place must have been removed."""
        ciphertext = self.custody.seal(kind, customer_id, sim_id, secret)
        when = self._when if as_of is None else binary_copy.microseconds(as_of)
        self._sealed.append(binary_copy.sealed_row(customer_id, sim_id, kind, self.custody.key_id, when, ciphertext))

    def accept(
        self, method: Method, customer_id: int, sim_id: int, secret: Secret, until: datetime | None = None
    ) -> None:
        """Let a secret count; what was at its place must have been removed."""
        mac = self.verifier.credential(method, customer_id, secret)
        self._credentials.append(
            binary_copy.credential_row(customer_id, method, sim_id, self.verifier.primary_id, mac, until)
        )

    def remove(self, place: Place) -> None:
        """Take a sealed secret out."""
        self._gone.append(place)

    def end(self, method: Method, customer_id: int, sim_id: int) -> None:
        """Let a secret count no longer."""
        self._ended.append((customer_id, method, sim_id))

    def confirm(self, place: Place) -> None:
        """The file says the same as what lies there, as of its own time."""
        self._confirmed.append(place)

    def write(self) -> None:
        """Bring all of it into the database."""
        places = "unnest(%s::bigint[], %s::bigint[], %s::smallint[]) u(customer, sim, kind)"
        there = "s.customer_id = u.customer and s.sim_id = u.sim and s.kind = u.kind"
        if self._gone:
            self.connection.execute(
                f"delete from sealed_secret s using {places} where {there}",  # noqa: S608 - two constants
                tuple(map(list, zip(*self._gone, strict=True))),
            )
        if self._ended:
            self.connection.execute(
                "delete from credential c"
                " using unnest(%s::bigint[], %s::smallint[], %s::bigint[]) u(customer, method, sim)"
                " where c.customer_id = u.customer and c.person_id = 0 and c.method = u.method and c.sim_id = u.sim",
                tuple(map(list, zip(*self._ended, strict=True))),
            )
            renewed = [customer for customer, method, _ in self._ended if method is Method.CUSTOMER_CODE]
            self.connection.execute("select clear_budgets(%s)", (renewed,))
        if self._confirmed:
            self.connection.execute(
                f"update sealed_secret s set as_of = %s from {places} where {there} and s.as_of < %s",  # noqa: S608
                (self.as_of, *map(list, zip(*self._confirmed, strict=True)), self.as_of),
            )
        if self._sealed:
            binary_copy.copy_binary(self.connection, binary_copy.SEALED, self._sealed)
        if self._credentials:
            binary_copy.copy_binary(self.connection, binary_copy.CREDENTIAL, self._credentials)
