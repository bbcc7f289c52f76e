"""Put a customer's code in the place of the old one: what choosing and replacing share, within one transaction.

A place under the cap is taken, the old one given up (B3); sealed and keyed value change (B5) and are newer than any
file until now; budgets are cleared, and a lock with them (C9); the event is recorded; and the customer is to be told
(C8), of this instead of what they were not told yet.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg.types.json import Jsonb

from werda.core.audit import EventKind
from werda.core.code_popularity import cap
from werda.core.customer_code import CodeFormat, CustomerCode
from werda.core.letter import LetterKind
from werda.core.method import Method
from werda.core.notice import NoticeKind
from werda.core.secret import Secret
from werda.keys.custody import Custody, Kind
from werda.keys.verifier import Verifier
from werda.store import code_holders
from werda.usecases.tell_customer import tell_customer

Connection = psycopg.Connection[Any]

ABOUT_CODES: Final = [
    kind.value
    for kind in (
        *(NoticeKind.CODE_CHOSEN, NoticeKind.CODE_CHANGED, NoticeKind.CODE_ASSIGNED, NoticeKind.CODE_REPLACED),
    )
]
"""What a new code makes untrue. A warning of something else, such as a port-out, stays (A6)."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A customer whose row is locked, and their code; `key_id` is the verifier key it is counted under."""

    customer_id: int
    brand_id: int
    present: Secret | None
    key_id: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """Who changes a code, when, as what it is recorded, and what the customer is told."""

    event: EventKind
    notice: NoticeKind
    actor: str
    now: datetime


def hold(connection: Connection, custody: Custody, customer_id: int) -> Holder | None:
    """Lock a customer until the transaction ends, and open their code; None for one who left or is not there.

    An import and `werda codes assign` lock customers too, before anything else, so that nobody waits in a circle.
    """
    row = connection.execute(
        "select brand_id from customer where id = %s and ended_at is null for no key update", (customer_id,)
    ).fetchone()
    if row is None:
        return None
    sealed = connection.execute(
        "select s.ciphertext, k.key_id from sealed_secret s left join credential k on k.customer_id = s.customer_id"
        " and k.person_id = 0 and k.method = %s and k.sim_id = 0"
        " where s.customer_id = %s and s.sim_id = 0 and s.kind = %s",
        (Method.CUSTOMER_CODE, customer_id, Kind.CUSTOMER_CODE),
    ).fetchone()
    if sealed is None:
        return Holder(customer_id, row[0], None, None)
    return Holder(customer_id, row[0], custody.open(Kind.CUSTOMER_CODE, customer_id, 0, sealed[0]), sealed[1])


def put_code(
    connection: Connection,
    verifier: Verifier,
    custody: Custody,
    holder: Holder,
    code: CustomerCode,
    wanted: CodeFormat,
    change: Change,
) -> bool:
    """Give the customer this code; False, and nothing is changed, when as many hold it as may (B3)."""
    value = verifier.popularities(holder.brand_id, code.secret)
    most = cap(code_holders.customers_of(connection, holder.brand_id, change.now), wanted)
    with connection.transaction() as taking:  # a refusal lets go of the rows it locked: another code may follow
        places = code_holders.take_places(
            connection,
            holder.brand_id,
            primary=verifier.primary_id,
            key_ids=verifier.key_ids,
            wanted={value: 1},
            cap=most,
            leaving=_value_of(verifier, holder),
        )
        if not places[value]:
            raise psycopg.Rollback(taking)
    if not places[value]:
        return False
    _keep(connection, verifier, custody, holder.customer_id, code, change.now)
    connection.execute("select clear_budgets(%s)", ([holder.customer_id],))
    connection.execute(
        "insert into event (at, kind, brand_id, customer_id, actor, detail) values (%s, %s, %s, %s, %s, %s)",
        (
            *(change.now, change.event.value, holder.brand_id, holder.customer_id, change.actor),
            Jsonb({"method": Method.CUSTOMER_CODE.slug, "first": holder.present is None}),
        ),
    )
    _will_tell(connection, holder, change)
    return True


def _value_of(verifier: Verifier, holder: Holder) -> bytes | None:
    """The value under which the customer is counted now; None where there is none, or its key is gone."""
    if holder.present is None or holder.key_id not in verifier.key_ids:
        return None
    return verifier.popularity(holder.brand_id, holder.present, holder.key_id)


def _keep(
    connection: Connection, verifier: Verifier, custody: Custody, customer_id: int, code: CustomerCode, now: datetime
) -> None:
    connection.execute(
        "insert into sealed_secret (customer_id, sim_id, kind, key_id, ciphertext, as_of)"
        " values (%s, 0, %s, %s, %s, %s)"
        " on conflict (customer_id, sim_id, kind) do update set"
        " key_id = excluded.key_id, ciphertext = excluded.ciphertext, as_of = excluded.as_of",
        (
            *(customer_id, Kind.CUSTOMER_CODE, custody.key_id),
            *(custody.seal(Kind.CUSTOMER_CODE, customer_id, 0, code.secret), now),
        ),
    )
    connection.execute(
        "insert into credential (customer_id, person_id, method, sim_id, key_id, mac) values (%s, 0, %s, 0, %s, %s)"
        " on conflict (customer_id, person_id, method, sim_id) do update set"
        " key_id = excluded.key_id, mac = excluded.mac",
        (
            *(customer_id, Method.CUSTOMER_CODE, verifier.primary_id),
            verifier.credential(Method.CUSTOMER_CODE, customer_id, code.secret),
        ),
    )


def _will_tell(connection: Connection, holder: Holder, change: Change) -> None:
    """What the customer was not told yet is true no longer, and no letter brings a code they chose themselves."""
    connection.execute(
        "delete from notice where customer_id = %s and kind = any (%s) and told_at is null",
        (holder.customer_id, ABOUT_CODES),
    )
    connection.execute(
        "delete from letter where customer_id = %s and kind = %s and run_id is null and printed_at is null",
        (holder.customer_id, LetterKind.CODE.value),
    )
    tell_customer(connection, change.notice, brand_id=holder.brand_id, customer_id=holder.customer_id, now=change.now)
