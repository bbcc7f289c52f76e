"""Give every customer who has no code a random one, in the background: prepaid, landline-only and companies, too (E3).

Chunk after chunk, each one transaction, in the order of the customers' ids. Who has a code is passed over, so the same
command goes on after a crash, and two at once give nobody two: a chunk's customers are locked first and looked at again
then. The cap holds (B3): whoever drew a value that is full stays without a code and draws again in the next chunk.
Everybody gets a notice, and a letter where there is no e-mail (C8).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from psycopg import sql
from psycopg.types.json import Jsonb

from werda.core.audit import EventKind
from werda.core.code_popularity import cap
from werda.core.customer_code import CodeFormat, CustomerCode
from werda.core.method import Method
from werda.core.notice import NoticeKind
from werda.core.weak_code import OwnData, weakness
from werda.keys.custody import Custody, Kind
from werda.keys.verifier import Verifier
from werda.store import code_holders
from werda.store.queries.code import code_format, own_data
from werda.usecases.check_code import Connection
from werda.usecases.queue_code_letters import queue_code_letters

CHUNK: Final = 2_000
"""Customers in a transaction: enough to make statements cheap, few enough that nobody at the portal waits for long."""

_WITHOUT: Final = sql.SQL(
    "not exists (select from credential k"
    " where k.customer_id = c.id and k.person_id = 0 and k.method = {} and k.sim_id = 0)"
).format(Method.CUSTOMER_CODE)
_COUNT: Final = sql.SQL(
    "select count(*), count(*) filter (where email <> ''), count(*) filter (where email = '' and address),"
    " count(*) filter (where email = '' and not address)"
    " from (select c.email, c.street <> '' and c.postcode <> '' and c.city <> '' as address"
    " from customer c where c.brand_id = %s and {}) w"
).format(_WITHOUT)
_LOCK: Final = sql.SQL(
    "select c.id from customer c where c.brand_id = %s and c.id > %s and {}"
    " order by c.id limit %s for no key update of c"
).format(_WITHOUT)
_STILL: Final = sql.SQL("select c.id from unnest(%s::bigint[]) c(id) where {}").format(_WITHOUT)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who has no code yet, and how they can be told: by e-mail, by letter only, or in the portal alone."""

    customers: int
    by_mail: int
    by_letter: int
    portal_only: int


@dataclass(frozen=True, slots=True)
class Assigned:
    """What was done: codes given, letters queued."""

    codes: int = 0
    letters: int = 0


def waiting(connection: Connection, brand_id: int) -> Waiting:
    """Count a brand's customers without a code; changes nothing."""
    row = connection.execute(_COUNT, (brand_id,)).fetchone()
    assert row is not None
    return Waiting(*row)


def assign_codes(
    connection: Connection,
    verifier: Verifier,
    custody: Custody,
    brand_id: int,
    *,
    letters: bool,
    clock: Callable[[], datetime],
    progress: Callable[[int], None] = lambda _: None,
) -> Assigned:
    """Assign until nobody of the brand is without a code. `letters`: one for everybody with an address.

    The connection must not be in a transaction. `progress` hears how many codes this run has given so far.
    """
    connection.prepare_threshold = None  # a plan made for the first chunk must not be kept for the last
    done, after = Assigned(), 0
    while True:
        with connection.transaction():
            chunk = _lock_some(connection, brand_id, after)
            if not chunk:
                return done
            now = clock()
            owners = own_data(connection, _still_without(connection, chunk))
            given = _assign(connection, verifier, custody, brand_id, owners, now) if owners else set()
            queued = queue_code_letters(connection, given, everybody=letters, now=now)
        done = Assigned(done.codes + len(given), done.letters + queued)
        left = owners.keys() - given
        after = min(left) - 1 if left else chunk[-1]
        progress(done.codes)


def _lock_some(connection: Connection, brand_id: int, after: int) -> list[int]:
    """The next customers without a code, locked in the order of their ids, as an import locks them."""
    for way in ("hashjoin", "mergejoin", "sort"):  # each is looked up by its key; no table is ever read whole
        connection.execute(f"set local enable_{way} = off".encode())
    return [customer for (customer,) in connection.execute(_LOCK, (brand_id, after, CHUNK))]


def _still_without(connection: Connection, chunk: Collection[int]) -> list[int]:
    """Who of them has none now: somebody else may have given one while this transaction waited for the lock."""
    return [customer for (customer,) in connection.execute(_STILL, (list(chunk),))]


def _assign(
    connection: Connection,
    verifier: Verifier,
    custody: Custody,
    brand_id: int,
    owners: Mapping[int, OwnData],
    now: datetime,
) -> set[int]:
    """Draw a code for each of the customers; gives those who got theirs."""
    wanted = code_format(connection, brand_id, now)
    drawn: dict[bytes, list[tuple[int, CustomerCode]]] = defaultdict(list)
    for customer, own in owners.items():
        code = _draw(wanted, own)
        drawn[verifier.popularities(brand_id, code.secret)].append((customer, code))
    places = code_holders.take_places(
        connection,
        brand_id,
        primary=verifier.primary_id,
        key_ids=verifier.key_ids,
        wanted=Counter({value: len(those) for value, those in drawn.items()}),
        cap=cap(code_holders.customers_of(connection, brand_id, now), wanted),
    )
    given = dict(pair for value, those in drawn.items() for pair in those[: places[value]])
    _keep(connection, verifier, custody, brand_id, given, now)
    return set(given)


def _draw(wanted: CodeFormat, own: OwnData) -> CustomerCode:
    while weakness(code := CustomerCode.suggest(wanted), own) is not None:
        pass
    return code


def _keep(
    connection: Connection,
    verifier: Verifier,
    custody: Custody,
    brand_id: int,
    given: Mapping[int, CustomerCode],
    now: datetime,
) -> None:
    """Seal, accept, record and notice, in one statement for all of them."""
    connection.execute(
        "with given as (select * from unnest(%(customers)s::bigint[], %(sealed)b::bytea[], %(macs)b::bytea[])"
        " g(customer, sealed, mac)),"
        " s as (insert into sealed_secret (customer_id, sim_id, kind, key_id, ciphertext, as_of)"
        "  select customer, 0, %(kind)s, %(custody)s, sealed, %(now)s from given),"
        " c as (insert into credential (customer_id, person_id, method, sim_id, key_id, mac)"
        "  select customer, 0, %(method)s, 0, %(verifier)s, mac from given),"
        " e as (insert into event (at, kind, brand_id, customer_id, actor, detail)"
        "  select %(now)s, %(event)s, %(brand)s, customer, 'operator', %(detail)s from given)"
        " insert into notice (brand_id, customer_id, kind, created_at)"
        " select %(brand)s, customer, %(notice)s, %(now)s from given",
        {
            "customers": [*given],
            "sealed": [custody.seal(Kind.CUSTOMER_CODE, who, 0, code.secret) for who, code in given.items()],
            "macs": [verifier.credential(Method.CUSTOMER_CODE, who, code.secret) for who, code in given.items()],
            "kind": Kind.CUSTOMER_CODE,
            "method": Method.CUSTOMER_CODE,
            "custody": custody.key_id,
            "verifier": verifier.primary_id,
            "brand": brand_id,
            "event": EventKind.CREDENTIAL_ASSIGNED.value,
            "notice": NoticeKind.CODE_ASSIGNED.value,
            "detail": Jsonb({"method": Method.CUSTOMER_CODE.slug, "first": True}),
            "now": now,
        },
    )
