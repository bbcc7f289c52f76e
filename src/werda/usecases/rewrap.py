"""Make anew what lies under a former key: seal it, or compute its keyed value, under the primary one (B5).

In chunks, each a transaction of its own, while everything goes on. What is written under the primary key is not found
again, so the same command goes on after a crash, and two at once do nothing twice. Rows that somebody else is changing
are left for the next round: what they write is under the primary key anyway.

A keyed value is made anew only from a secret that fits the old one: a ciphertext that somebody put back from an old
backup would otherwise become the customer's code. Who counts holders of codes (B3) sees each move with its code.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import psycopg

from werda.core.method import Method
from werda.core.secret import Secret
from werda.core.sim_secrets import SimSecrets
from werda.keys.custody import Custody, Kind
from werda.keys.known import KeyState
from werda.keys.ring import BadKeyRing, RingName
from werda.keys.verifier import Verifier
from werda.store import code_holders
from werda.store.queries.keys import FORMER_SECRET_KEY
from werda.usecases.connect_webhook import place_of
from werda.usecases.keep_representatives import place_of as place_of_representative
from werda.usecases.post_mail import place_of as place_of_mail
from werda.usecases.send_push import key_place_of
from werda.usecases.send_push import place_of as place_of_push
from werda.usecases.send_sms import place_of as place_of_sms
from werda.usecases.set_up import known_keys

Connection = psycopg.Connection[Any]
Row = tuple[Any, ...]
Progress = Callable[[int], None]

CHUNK: Final = 1_000
"""Rows in a transaction: whoever changes one of them waits for no longer than these take, some ten milliseconds."""


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """How many rows were made anew. `unlike`: so many do not open, or do not fit their keyed value, and stay."""

    rows: int = 0
    unlike: int = 0

    def plus(self, other: "Rewrapped") -> "Rewrapped":
        """Both together."""
        return Rewrapped(self.rows + other.rows, self.unlike + other.unlike)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """What a transaction did; `last` is the key of the last row it saw, None when there was none."""

    last: Row | None
    done: Rewrapped


@dataclass(frozen=True, slots=True)
class _Place:
    """A column of ciphertexts: its table, the columns that name a row, those of the ciphertext and of its key's id."""

    table: str
    row: tuple[str, ...]
    ciphertext: str
    key_id: str
    own_column: bool
    """Whether `key_id` is a column that must follow."""
    anew: Callable[[Custody, Row, bytes], bytes]


def _bound(kind: Kind | None) -> Callable[[Custody, Row, bytes], bytes]:
    """Sealed again for the row of that kind; None: the third of the row's columns says which."""

    def anew(custody: Custody, row: Row, ciphertext: bytes) -> bytes:
        what, sim = (Kind(row[2]), row[1]) if kind is None else (kind, 0)
        return custody.seal(what, row[0], sim, custody.open(what, row[0], sim, ciphertext))

    return anew


def _webhook(custody: Custody, row: Row, ciphertext: bytes) -> bytes:
    return custody.seal_for(place_of(row[0]), custody.open_for(place_of(row[0]), ciphertext))


def _mail(custody: Custody, row: Row, ciphertext: bytes) -> bytes:
    return custody.seal_for(place_of_mail(row[0]), custody.open_for(place_of_mail(row[0]), ciphertext))


def _sms(custody: Custody, row: Row, ciphertext: bytes) -> bytes:
    return custody.seal_for(place_of_sms(row[0]), custody.open_for(place_of_sms(row[0]), ciphertext))


def _push(custody: Custody, row: Row, ciphertext: bytes) -> bytes:
    return custody.seal_for(place_of_push(row[0]), custody.open_for(place_of_push(row[0]), ciphertext))


def _representative(custody: Custody, row: Row, ciphertext: bytes) -> bytes:
    place = place_of_representative(row[0])
    return custody.seal_for(place, custody.open_for(place, ciphertext))


def _push_key(custody: Custody, row: Row, ciphertext: bytes) -> bytes:
    return custody.seal_for(key_place_of(row[0]), custody.open_for(key_place_of(row[0]), ciphertext))


_PLACES: Final = (
    _Place("sealed_secret", ("customer_id", "sim_id", "kind"), "ciphertext", "key_id", True, _bound(None)),
    _Place(
        *("one_time_code", ("customer_id", "person_id", "kind"), "sealed", "sealed_key_id", True),
        _bound(Kind.LETTER_CODE),
    ),
    _Place("order_draft", ("id",), "code", "code_key_id", True, _bound(Kind.DRAFT_CODE)),
    _Place("ordered_code", ("order_id",), "ciphertext", "key_id", True, _bound(Kind.ORDERED_CODE)),
    _Place("webhook_endpoint", ("id",), "secret", "key_id", True, _webhook),
    _Place("webhook_endpoint", ("id",), "former_secret", FORMER_SECRET_KEY, False, _webhook),
    _Place("customer_login", ("id",), "totp", "totp_key_id", True, _bound(Kind.LOGIN_TOTP)),
    _Place("mail", ("id",), "sealed", "sealed_key_id", True, _mail),
    _Place("sms", ("id",), "sealed", "sealed_key_id", True, _sms),
    _Place("push_subscription", ("id",), "sealed", "sealed_key_id", True, _push),
    _Place("representative", ("id",), "sealed", "sealed_key_id", True, _representative),
    _Place("push_key", ("id",), "sealed", "sealed_key_id", True, _push_key),
)


def rewrap_custody(connection: Connection, custody: Custody, progress: Progress = lambda _: None) -> Rewrapped:
    """Seal anew what lies under former keys of the custody ring. `connection`: role custody, autocommit."""
    former = former_keys(connection, RingName.CUSTODY, custody.key_id)
    works: list[_Work] = [
        ((-1,) * len(place.row), partial(_seal_anew, connection, custody, place, former)) for place in _PLACES
    ]
    return _all_of(connection, works if former else [], progress)


def rewrap_verifier(
    connection: Connection, verifier: Verifier, custody: Custody, progress: Progress = lambda _: None,
    *, lost: Sequence[int] = (),
) -> Rewrapped:  # fmt: skip
    """Compute the keyed values under former keys anew: of codes and PUKs that lie sealed, and letter codes not printed.

    `lost` are keys that are gone: what lies under them is computed anew unseen, and counts of codes stay as they are.
    """
    former = list(lost) or former_keys(connection, RingName.VERIFIER, verifier.primary_id)
    brands = [brand for (brand,) in connection.execute("select id from brand order by id").fetchall()]
    rings = _Rings(connection, verifier, custody, former, bool(lost))
    works: list[_Work] = [((-1,), partial(_codes_anew, rings, brand)) for brand in brands]
    works += [
        ((-1, -1), partial(_puks_anew, rings)),
        ((-1,), partial(_representatives_anew, rings)),
        ((-1, -1, -1), partial(_letter_codes_anew, rings)),
    ]
    return _all_of(connection, works if former else [], progress)


def former_keys(connection: Connection, name: RingName, primary: int) -> list[int]:
    """The keys to move from; none while this process still writes under one of them."""
    known = known_keys(connection, name)
    if primary not in known or known[primary].state is not KeyState.PRIMARY:
        return []
    return [key_id for key_id, key in known.items() if key.state is KeyState.FORMER]


@dataclass(frozen=True, slots=True)
class _Rings:
    connection: Connection
    verifier: Verifier
    custody: Custody
    former: list[int]
    unseen: bool

    def fits(self, method: Method, customer: int, secret: Secret, key_id: int, mac: bytes) -> bool:
        """Whether the old keyed value is that of this secret."""
        if key_id not in self.verifier.key_ids:
            return self.unseen
        return Secret(self.verifier.credential(method, customer, secret, key_id).hex()) == Secret(bytes(mac).hex())


_Work = tuple[Row, Callable[[Row], _Chunk]]
"""What comes before the first row, and what does the chunk behind a row."""


def _all_of(connection: Connection, works: Sequence[_Work], progress: Progress) -> Rewrapped:
    """Rounds over all rows of each until one does nothing; what stays does not open, or somebody is changing it."""
    total = Rewrapped()
    for first, work in works:
        while True:
            after, round_ = first, Rewrapped()
            while True:
                with connection.transaction():
                    # By the key, never the whole table, whatever the planner believes of what an import just filled.
                    connection.execute("set local enable_sort = off")
                    connection.execute("set local enable_seqscan = off")
                    chunk = work(after)
                if chunk.last is None:
                    break
                after, round_ = chunk.last, round_.plus(chunk.done)
                progress(total.rows + round_.rows)
            total = Rewrapped(total.rows + round_.rows, total.unlike)
            if not round_.rows:
                total = total.plus(round_)
                break
    return total


def _seal_anew(connection: Connection, custody: Custody, place: _Place, former: list[int], after: Row) -> _Chunk:
    names = ", ".join(place.row)
    rows = connection.execute(
        f"select {names}, {place.ciphertext} from {place.table}"  # noqa: S608 - constants of this module
        f" where {place.ciphertext} is not null and {place.key_id} = any(%s) and ({names}) > ({_marks(after)})"
        f" order by {names} limit %s for update skip locked".encode(),
        (former, *after, CHUNK),
    ).fetchall()
    anew: dict[Row, bytes] = {}
    for *row, ciphertext in rows:
        try:
            anew[tuple(row)] = place.anew(custody, tuple(row), ciphertext)
        except BadKeyRing:
            continue
    columns = ", ".join(f"c{n}" for n in range(len(place.row)))
    key = f", {place.key_id} = {custody.key_id:d}" if place.own_column else ""
    connection.execute(
        f"update {place.table} t set {place.ciphertext} = u.anew{key}"  # noqa: S608
        f" from unnest({', '.join(['%s::bigint[]'] * len(place.row))}, %b::bytea[]) u({columns}, anew)"
        f" where ({', '.join('t.' + name for name in place.row)}) = ({columns})".encode(),
        (*([row[n] for row in anew] for n in range(len(place.row))), [*anew.values()]),
    )
    return _Chunk(tuple(rows[-1][:-1]) if rows else None, Rewrapped(len(anew), len(rows) - len(anew)))


def _marks(after: Row) -> str:
    return ", ".join(["%s"] * len(after))


def _codes_anew(rings: _Rings, brand: int, after: Row) -> _Chunk:
    """Customers first, as everybody locks them who changes a code; counts of holders last."""
    rows = rings.connection.execute(
        "select k.customer_id, k.key_id, k.mac, s.ciphertext from credential k"
        " join customer c on c.id = k.customer_id and c.brand_id = %s"
        " join sealed_secret s on s.customer_id = k.customer_id and s.sim_id = 0 and s.kind = %s"
        " where k.method = %s and k.person_id = 0 and k.sim_id = 0 and k.key_id = any(%s) and k.customer_id > %s"
        " order by k.customer_id limit %s for no key update of c skip locked",
        (brand, Kind.CUSTOMER_CODE, Method.CUSTOMER_CODE, rings.former, *after, CHUNK),
    ).fetchall()
    opened: dict[int, tuple[Secret, int]] = {}
    anew: list[Row] = []
    for customer, key_id, mac, ciphertext in rows:
        code = _opened(rings.custody, Kind.CUSTOMER_CODE, customer, 0, ciphertext)
        if code is not None and rings.fits(Method.CUSTOMER_CODE, customer, code, key_id, mac):
            opened[customer] = code, key_id
            anew.append((customer, 0, mac, rings.verifier.credential(Method.CUSTOMER_CODE, customer, code)))
    moved = _accept_anew(rings, Method.CUSTOMER_CODE, anew)
    counts: Counter[bytes] = Counter()
    for customer, _ in moved:
        code, key_id = opened[customer]
        if key_id in rings.verifier.key_ids:
            counts[rings.verifier.popularity(brand, code, key_id)] -= 1
            counts[rings.verifier.popularity(brand, code)] += 1
    code_holders.tally(rings.connection, brand, rings.verifier.primary_id, counts)
    return _Chunk((rows[-1][0],) if rows else None, Rewrapped(len(moved), len(rows) - len(anew)))


def _representatives_anew(rings: _Rings, after: Row) -> _Chunk:
    """Codes of representatives; nobody counts how many hold them, as they are random (B3)."""
    rows = rings.connection.execute(
        "select r.id, r.customer_id, k.key_id, k.mac, r.sealed from credential k"
        " join representative r on r.id = k.person_id and r.customer_id = k.customer_id and r.sealed is not null"
        " where k.person_id > 0 and k.method = %s and k.key_id = any(%s) and r.id > %s"
        " order by r.id limit %s for update of k skip locked",
        (Method.CUSTOMER_CODE, rings.former, *after, CHUNK),
    ).fetchall()
    done = 0
    for person, customer, key_id, mac, sealed in rows:
        try:
            code = rings.custody.open_for(place_of_representative(person), sealed)
        except BadKeyRing:
            continue
        if rings.fits(Method.CUSTOMER_CODE, customer, code, key_id, mac):
            rings.connection.execute(
                "update credential set key_id = %s, mac = %s where customer_id = %s and person_id = %s and method = %s",
                (
                    *(rings.verifier.primary_id, rings.verifier.credential(Method.CUSTOMER_CODE, customer, code)),
                    *(customer, person, Method.CUSTOMER_CODE),
                ),
            )
            done += 1
    return _Chunk((rows[-1][0],) if rows else None, Rewrapped(done, len(rows) - done))


def _puks_anew(rings: _Rings, after: Row) -> _Chunk:
    rows = rings.connection.execute(
        "select k.customer_id, k.sim_id, k.key_id, k.mac, s.ciphertext from credential k"
        " join sealed_secret s on s.customer_id = k.customer_id and s.sim_id = k.sim_id and s.kind = %s"
        " where k.method = %s and k.person_id = 0 and k.key_id = any(%s) and (k.customer_id, k.sim_id) > (%s, %s)"
        " order by k.customer_id, k.sim_id limit %s for update of k skip locked",
        (Kind.SIM_PROFILE, Method.PUK, rings.former, *after, CHUNK),
    ).fetchall()
    anew: list[Row] = []
    for customer, sim, key_id, mac, ciphertext in rows:
        text = _opened(rings.custody, Kind.SIM_PROFILE, customer, sim, ciphertext)
        puk = SimSecrets.read(text).puk if text is not None else None
        if puk is not None and rings.fits(Method.PUK, customer, puk, key_id, mac):
            anew.append((customer, sim, mac, rings.verifier.credential(Method.PUK, customer, puk)))
    moved = _accept_anew(rings, Method.PUK, anew)
    return _Chunk(tuple(rows[-1][:2]) if rows else None, Rewrapped(len(moved), len(rows) - len(anew)))


def _letter_codes_anew(rings: _Rings, after: Row) -> _Chunk:
    rows = rings.connection.execute(
        "select customer_id, person_id, kind, key_id, mac, sealed from one_time_code where sealed is not null"
        " and key_id = any(%s) and (customer_id, person_id, kind) > (%s, %s, %s)"
        " order by customer_id, person_id, kind limit %s for update skip locked",
        (rings.former, *after, CHUNK),
    ).fetchall()
    done = 0
    for customer, person, kind, key_id, mac, sealed in rows:
        code = _opened(rings.custody, Kind.LETTER_CODE, customer, 0, sealed)
        if code is not None and rings.fits(Method(kind), customer, code, key_id, mac):
            rings.connection.execute(
                "update one_time_code set key_id = %s, mac = %s"
                " where customer_id = %s and person_id = %s and kind = %s",
                (
                    *(rings.verifier.primary_id, rings.verifier.credential(Method(kind), customer, code)),
                    *(customer, person, kind),
                ),
            )
            done += 1
    return _Chunk(tuple(rows[-1][:3]) if rows else None, Rewrapped(done, len(rows) - done))


def _opened(custody: Custody, kind: Kind, customer: int, sim: int, ciphertext: bytes) -> Secret | None:
    try:
        return custody.open(kind, customer, sim, ciphertext)
    except BadKeyRing:
        return None


def _accept_anew(rings: _Rings, method: Method, anew: Sequence[Row]) -> list[Row]:
    """Put new keyed values in the place of old ones, where the old one still stands; gives which: customer and SIM."""
    customers, sims, olds, news = map(list, zip(*anew, strict=True)) if anew else ([], [], [], [])
    # The whole key is joined, constants too: a planner that takes 0 and the method for rare would read the whole table.
    return rings.connection.execute(
        "update credential k set mac = u.new, key_id = %s"
        " from unnest(%s::bigint[], %s::bigint[], %s::smallint[], %s::bigint[], %b::bytea[], %b::bytea[])"
        " u(customer, person, method, sim, old, new)"
        " where (k.customer_id, k.person_id, k.method, k.sim_id) = (u.customer, u.person, u.method, u.sim)"
        " and k.mac = u.old returning k.customer_id, k.sim_id",
        (
            *(rings.verifier.primary_id, customers, [0] * len(anew), [method] * len(anew), sims),
            *(olds, news),
        ),
    ).fetchall()


def to_do(rows: Mapping[int, Mapping[str, int]], former: Sequence[int]) -> int:
    """How many rows a rewrap has before it, of what `rows_under` tells."""
    stays = {"legacy", "one-time codes", "counts of codes"}
    return sum(n for key in former for what, n in rows.get(key, {}).items() if what not in stays)
