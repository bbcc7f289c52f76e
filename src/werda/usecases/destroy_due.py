"""Destroy verifiers and secrets whose time has come, and say what is kept and why (A9).

Of a contract that ended: everything sealed, every credential, the customer's locks, and how they signed in. Of a SIM
that was replaced or ended while its contract goes on: what lay sealed of it. The time is that of the brand's policy in
force when this runs.

It works in chunks, each a transaction: after a crash the next run goes on, because what is gone is not found again.
Ciphertexts also lie in backups until those are overwritten; docs/sim-life.md says what to do about that.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from werda.core.audit import EventKind
from werda.core.method import Method
from werda.keys.custody import Kind
from werda.store import code_holders
from werda.store.queries.policies import policy_in_force
from werda.usecases.sim_change import Connection, Rings, record

CHUNK: Final = 500
"""Customers or SIMs in a transaction."""

KEPT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "attempts and events": "accountability, GDPR Art. 5(2)",
        "customer and line data": "TKG § 172, for as long as the operator's retention says",
        "contract papers": "HGB § 257 and AO § 147, as far as the operator keeps them here",
    }
)
"""What stays, and the reason usually given. Which of them hold, and how long, is the operator's to decide."""


@dataclass(frozen=True, slots=True)
class Destroyed:
    """How much is gone, or in a dry run would be."""

    customers: int = 0
    sims: int = 0
    sealed: int = 0
    credentials: int = 0

    def plus(self, other: "Destroyed") -> "Destroyed":
        """Both together."""
        return Destroyed(
            self.customers + other.customers,
            self.sims + other.sims,
            self.sealed + other.sealed,
            self.credentials + other.credentials,
        )


def destroy_due(connection: Connection, rings: Rings, *, actor: str, now: datetime, dry_run: bool = False) -> Destroyed:
    """Destroy all of it for every brand with a policy in force; a dry run only counts.

    `connection` is in autocommit, so that each chunk is a transaction of its own.
    """
    total = Destroyed()
    brands = [brand_id for (brand_id,) in connection.execute("select id from brand order by id").fetchall()]
    for brand_id in brands:
        policy = policy_in_force(connection, brand_id, now)
        if policy is None:
            continue
        before = now - policy.secrets_kept
        for what in (_customers, _sims):
            after = 0
            while True:
                with connection.transaction(force_rollback=dry_run):
                    last, gone = what(connection, rings, brand_id, before, after, actor, now)
                if last is None:
                    break
                after, total = last, total.plus(gone)
    return total


def _customers(
    connection: Connection, rings: Rings, brand_id: int, before: datetime, after: int, actor: str, now: datetime
) -> tuple[int | None, Destroyed]:
    """The next chunk of customers who left, and the last of their ids."""
    ids = [
        customer
        for (customer,) in connection.execute(
            "select id from customer c where brand_id = %s and ended_at <= %s and id > %s"
            " and (exists (select from sealed_secret s where s.customer_id = c.id)"
            "  or exists (select from credential k where k.customer_id = c.id)"
            "  or exists (select from customer_login l where l.customer_id = c.id)) order by id limit %s for update",
            (brand_id, before, after, CHUNK),
        )
    ]
    if not ids:
        return None, Destroyed()
    held = codes_held(connection, rings, brand_id, ids)
    sealed, credentials = destroy_secrets(connection, ids)
    for customer in ids:
        record(
            connection, EventKind.SECRETS_DESTROYED, brand_id=brand_id, customer_id=customer, actor=actor, now=now,
            detail={
                "destroyed": {"sealed": sealed.count(customer), "credentials": credentials.count(customer)},
                "kept": dict(KEPT),
            },
        )  # fmt: skip
    code_holders.tally(connection, brand_id, rings.verifier.primary_id, held)
    return ids[-1], Destroyed(customers=len(ids), sealed=len(sealed), credentials=len(credentials))


def _sims(
    connection: Connection, _: Rings, brand_id: int, before: datetime, after: int, actor: str, now: datetime
) -> tuple[int | None, Destroyed]:
    """The next chunk of SIMs that are over, and the last of their ids. One that a file told of is over since then.

    Those of a contract whose time has come go with it.
    """
    rows = connection.execute(
        "select id, iccid, customer_id from sim_profile p where brand_id = %s and id > %s"
        " and status in ('replaced', 'ended') and coalesce(ended_at, as_of) <= %s"
        " and exists (select from sealed_secret s where s.customer_id = coalesce(p.customer_id, 0) and s.sim_id = p.id)"
        " and not exists (select from customer c where c.id = p.customer_id and c.ended_at <= %s)"
        " order by id limit %s for update",
        (brand_id, after, before, before, CHUNK),
    ).fetchall()
    if not rows:
        return None, Destroyed()
    customers, sims = [customer or 0 for _, _, customer in rows], [sim for sim, _, _ in rows]
    sealed, credentials = (
        connection.execute(
            f"delete from {table} x using unnest(%s::bigint[], %s::bigint[]) u(customer, sim)"  # noqa: S608
            " where x.customer_id = u.customer and x.sim_id = u.sim".encode(),
            (customers, sims),
        ).rowcount
        for table in ("sealed_secret", "credential")
    )
    for _, iccid, customer in rows:
        record(
            connection, EventKind.SECRETS_DESTROYED, brand_id=brand_id, customer_id=customer, actor=actor, now=now,
            detail={"iccid": iccid, "destroyed": "what lay sealed of a SIM that is over"},
        )  # fmt: skip
    return sims[-1], Destroyed(sims=len(sims), sealed=sealed, credentials=credentials)


def destroy_secrets(connection: Connection, customers: list[int]) -> tuple[list[int], list[int]]:
    """Destroy what is secret of them, locks and logins; gives whose each sealed secret and each credential was."""
    sealed = _gone(connection, "delete from sealed_secret where customer_id = any(%s) returning customer_id", customers)
    credentials = _gone(
        connection, "delete from credential where customer_id = any(%s) returning customer_id", customers
    )
    connection.execute("delete from customer_lock where customer_id = any(%s)", (customers,))
    connection.execute(
        "delete from sign_in_step where login_id in (select id from customer_login where customer_id = any(%s))",
        (customers,),
    )
    for table in ("passkey", "portal_session", "customer_login"):
        connection.execute(f"delete from {table} where customer_id = any(%s)".encode(), (customers,))  # noqa: S608
    return sealed, credentials


def codes_held(connection: Connection, rings: Rings, brand_id: int, customers: list[int]) -> Counter[bytes]:
    """Whom a code had counted as a holder and who is one no longer (B3)."""
    rows = connection.execute(
        "select s.customer_id, s.ciphertext, k.key_id from sealed_secret s join credential k"
        " on k.customer_id = s.customer_id and k.person_id = 0 and k.method = %s and k.sim_id = 0"
        " where s.customer_id = any(%s) and s.sim_id = 0 and s.kind = %s",
        (Method.CUSTOMER_CODE, customers, Kind.CUSTOMER_CODE),
    ).fetchall()
    held: Counter[bytes] = Counter()
    for customer, ciphertext, key_id in rows:
        if key_id in rings.verifier.key_ids:
            code = rings.custody.open(Kind.CUSTOMER_CODE, customer, 0, ciphertext)
            held[rings.verifier.popularity(brand_id, code, key_id)] -= 1
    return held


def _gone(connection: Connection, statement: str, customers: list[int]) -> list[int]:
    return [customer for (customer,) in connection.execute(statement.encode(), (customers,))]
