"""Give every customer who has no code a random one, in the background: prepaid, landline-only and companies, too (E3).

Chunk after chunk, each one transaction, in the order of the customers' ids. Who has a code is passed over, so the same
command goes on after a crash, and two at once give nobody two: a chunk's customers are locked first and looked at again
then. The cap holds (B3): whoever drew a value that is full stays without a code and draws again in the next chunk.
Everybody gets a notice, and a letter where there is no e-mail (C8).
"""

from collections import defaultdict
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
    "(select true from credential k"
    " where k.customer_id = c.id and k.person_id = 0 and k.method = {} and k.sim_id = 0) is null"
).format(Method.CUSTOMER_CODE)
"""As a value and not as a join: it is looked up by its key for each customer, whatever the planner believes of tables
that an import has just filled."""

_COUNT: Final = sql.SQL(
    "select count(*), count(*) filter (where email <> ''), count(*) filter (where email = '' and address),"
    " count(*) filter (where email = '' and not address)"
    " from (select c.email, c.street <> '' and c.postcode <> '' and c.city <> '' as address"
    " from customer c where c.brand_id = %s and c.ended_at is null and {}) w"
).format(_WITHOUT)
_LOCK: Final = sql.SQL(
    "select c.id from customer c where c.brand_id = %s and c.id > %s and c.ended_at is null and {}"
    " order by c.id limit %s for no key update of c"
).format(_WITHOUT)
_STILL: Final = sql.SQL("select c.id from unnest(%s::bigint[]) c(id) where {}").format(_WITHOUT)

_KEEP: Final = (
    "with given as (select * from unnest(%(customers)s::bigint[], %(sealed)b::bytea[], %(macs)b::bytea[])"
    " g(customer, sealed, mac)),"
    " s as (insert into sealed_secret (customer_id, sim_id, kind, key_id, ciphertext, as_of)"
    "  select customer, 0, %(kind)s, %(custody)s, sealed, %(now)s from given),"
    " c as (insert into credential (customer_id, person_id, method, sim_id, key_id, mac)"
    "  select customer, 0, %(method)s, 0, %(verifier)s, mac from given),"
    " e as (insert into event (at, kind, brand_id, customer_id, actor, detail)"
    "  select %(now)s, %(event)s, %(brand)s, customer, 'operator', %(detail)s from given)"
    " insert into notice (brand_id, customer_id, kind, created_at)"
    " select %(brand)s, customer, %(notice)s, %(now)s from given"
)
"""Seal, accept, record and notice, in one statement for all of a chunk."""


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
    connection.execute("set local enable_sort = off")  # in the order of the key, never the whole brand for each chunk
    return [customer for (customer,) in connection.execute(_LOCK, (brand_id, after, CHUNK))]


def _still_without(connection: Connection, chunk: Collection[int]) -> list[int]:
    """Who of them has none now: somebody else may have given one while this transaction waited for the lock."""
    return [customer for (customer,) in connection.execute(_STILL, (list(chunk),))]


@dataclass(frozen=True, slots=True)
class _Draw:
    """A code for one customer, ready to be kept: its popularity under every key, sealed, and as a keyed value."""

    customer: int
    value: bytes
    sealed: bytes
    mac: bytes


def _assign(
    connection: Connection,
    verifier: Verifier,
    custody: Custody,
    brand_id: int,
    owners: Mapping[int, OwnData],
    now: datetime,
) -> set[int]:
    """Draw a code for each of the customers; gives those who got theirs. Places are held as short as can be."""
    wanted = code_format(connection, brand_id, now)
    drawn: dict[bytes, list[_Draw]] = defaultdict(list)
    for customer, own in owners.items():
        draw = _draw(verifier, custody, brand_id, customer, wanted, own)
        drawn[draw.value].append(draw)
    places = code_holders.take_places(
        connection,
        brand_id,
        primary=verifier.primary_id,
        key_ids=verifier.key_ids,
        wanted={value: len(draws) for value, draws in drawn.items()},
        cap=cap(code_holders.customers_of(connection, brand_id, now), wanted),
    )
    given = [draw for value, draws in drawn.items() for draw in draws[: places[value]]]
    connection.execute(
        _KEEP,
        {
            "customers": [draw.customer for draw in given],
            "sealed": [draw.sealed for draw in given],
            "macs": [draw.mac for draw in given],
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
    return {draw.customer for draw in given}


def _draw(
    verifier: Verifier, custody: Custody, brand_id: int, customer: int, wanted: CodeFormat, own: OwnData
) -> _Draw:
    while weakness(code := CustomerCode.suggest(wanted), own) is not None:
        pass
    return _Draw(
        customer,
        verifier.popularities(brand_id, code.secret),
        custody.seal(Kind.CUSTOMER_CODE, customer, 0, code.secret),
        verifier.credential(Method.CUSTOMER_CODE, customer, code.secret),
    )
