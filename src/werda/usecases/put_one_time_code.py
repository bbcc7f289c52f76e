"""Put a one-time code in the place of the person's last one of its kind: what giving and ordering one share.

Kept is a keyed value, as of any credential (B5); sealed only what must still be printed, and only until then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg

from werda.core.method import Method
from werda.core.one_time_code import LETTER_CODE_LIFETIME
from werda.core.secret import Secret
from werda.core.topic import Topic
from werda.keys.custody import Custody, Kind
from werda.keys.verifier import Verifier

Connection = psycopg.Connection[Any]

_PUT: Final = """
    insert into one_time_code (customer_id, person_id, kind, brand_id, key_id, mac, sealed, sealed_key_id, strong,
                               request, topic, created_at, expires_at, used_at, failures, own_failures)
    values (%(customer)s, %(person)s, %(kind)s, %(brand)s, %(key)s, %(mac)s, %(sealed)s, %(sealed_key)s, %(strong)s,
            %(request)s, %(topic)s, %(now)s, %(expires)s, null, 0, 0)
    on conflict (customer_id, person_id, kind) do update
    set key_id = excluded.key_id, mac = excluded.mac, sealed = excluded.sealed, sealed_key_id = excluded.sealed_key_id,
        strong = excluded.strong, request = excluded.request, topic = excluded.topic, created_at = excluded.created_at,
        expires_at = excluded.expires_at, used_at = null, failures = 0, own_failures = 0
"""


@dataclass(frozen=True, slots=True)
class Given:
    """Whose code it is, for what, and until when; `expires_at` None: it counts once it is printed."""

    brand_id: int
    customer_id: int
    person_id: int
    method: Method
    strong: bool
    request: str
    expires_at: datetime | None
    topic: Topic | None = None


def put_one_time_code(
    connection: Connection,
    verifier: Verifier,
    given: Given,
    code: Secret,
    now: datetime,
    custody: Custody | None = None,
) -> None:
    """Write it, within the transaction at hand; sealed as well when `custody` is given."""
    connection.execute(
        _PUT,
        {
            "customer": given.customer_id,
            "person": given.person_id,
            "kind": given.method,
            "brand": given.brand_id,
            "key": verifier.primary_id,
            "mac": verifier.credential(given.method, given.customer_id, code),
            "sealed": custody.seal(Kind.LETTER_CODE, given.customer_id, 0, code) if custody else None,
            "sealed_key": custody.key_id if custody else None,
            "strong": given.strong,
            "request": given.request,
            "topic": given.topic or "",
            "now": now,
            "expires": given.expires_at,
        },
    )


def sealed_letter_codes(connection: Connection, customers: Sequence[int]) -> dict[tuple[int, int], bytes]:
    """The ciphertexts that wait to be printed, by customer (and 0, as they belong to no SIM)."""
    rows = connection.execute(
        "select customer_id, sealed from one_time_code"
        " where customer_id = any(%s) and person_id = 0 and kind = %s and sealed is not null",
        (list(customers), Method.LETTER_CODE),
    )
    return {(customer, 0): bytes(sealed) for customer, sealed in rows}


def letter_codes_printed(connection: Connection, letters: Sequence[int], now: datetime) -> None:
    """The codes of these letters count from now on, and nobody can read them any more but on paper."""
    connection.execute(
        "update one_time_code o set sealed = null, sealed_key_id = null, expires_at = %s from letter l"
        " where l.id = any(%s) and o.customer_id = l.customer_id and o.person_id = 0 and o.kind = %s"
        " and o.sealed is not null",
        (now + LETTER_CODE_LIFETIME, list(letters), Method.LETTER_CODE),
    )


def destroy_over(connection: Connection, now: datetime) -> int:
    """Destroy what is left of codes that were used or have expired, their keyed values; gives how many.

    In the order in which verify_once locks: first a person's tries, then the codes.
    """
    connection.execute("delete from one_time_tries where since < %s - interval '1 day' and customer_id > 0", (now,))
    done = connection.execute("delete from one_time_code where used_at is not null or expires_at <= %s", (now,))
    return done.rowcount
