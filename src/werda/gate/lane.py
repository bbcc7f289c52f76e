"""One database connection that writes attempts: a *lane* with a hash chain of its own (design decisions 3 and 5).

A lane ends with its connection, and whenever a commit's outcome is unknown; what follows goes into a new one. An
answer is given only after the commit; a commit that PostgreSQL acknowledges without its synchronous standby is none.
"""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import asyncpg

from werda.core.audit import FIRST_LINK
from werda.core.call import Channel, Source
from werda.core.method import Method
from werda.core.one_time_code import ONE_TIME
from werda.core.secret import Secret
from werda.gate.rulebook import Ruling
from werda.keys.verifier import Verifier

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]
else:
    Connection = asyncpg.Connection
Connect = Callable[[], Awaitable[Connection]]


class Unavailable(RuntimeError):
    """The attempt could not be answered, and may or may not have been counted. Nobody is let in."""


DATABASE_TROUBLE: Final = (
    *(Unavailable, OSError, TimeoutError),
    *(asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError),
)
"""What ends a lane, or a statement: the database is gone, slow or broken. asyncpg calls it an internal error of its own
when a server dies in the middle of a message."""


@dataclass(frozen=True, slots=True)
class Request:
    """One offered secret, as an edge hands it to the engine.

    Either `line` (E.164) or `customer_number` says who is meant. `call_ref` is the switch's id of the call, unique
    within the brand; `api_key` is that of the integrator who asks, 0 for the keypad and the desk. `legacy` digits are
    those of `core.legacy_identity`; those of a `confirmation` were made when the customer answered in the portal.
    """

    brand_id: int
    line: str | None
    customer_number: str | None
    digits: Secret
    source: Source
    channel: Channel
    call_ref: str
    api_key: int = 0
    idempotency_key: str | None = None
    legacy: bool = False
    confirmation: bool = False


@dataclass(slots=True)
class Attempt:
    """A request on its way through a lane."""

    request: Request
    ruling: Ruling
    customer: int = 0
    own: bool = False
    person: int = 0  # a representative's id; 0 is the account holder (E2)
    stepped_up: bool = False  # a wide source of it is over its limit (C5)

    @property
    def call(self) -> tuple[int, str]:
        """The call, of which a batch holds one attempt at most."""
        return self.request.brand_id, self.request.call_ref

    @property
    def budget(self) -> tuple[int, int, bool]:
        """The budget, of which a batch holds one attempt at most; of one-time codes, one of a person at all."""
        return self.customer, self.person, self.own and not self.once

    @property
    def once(self) -> bool:
        """Whether what was offered is a one-time code."""
        return self.ruling.method in ONE_TIME


@dataclass(frozen=True, slots=True)
class Answer:
    """What verify.sql said of an attempt. `outcome` 100: the idempotency key came with other digits."""

    outcome: int
    attempt_id: int
    call_id: int
    tries: int
    level: int
    method: int
    line_id: int | None
    at: datetime


_VERIFY_ONCE = "select * from verify_once(" + ", ".join(f"${n}" for n in range(1, 30)) + ")"  # noqa: S608
_IDENTIFY = "select * from identify($1, $2, $3, $4, $5)"
_VERIFY = "select * from verify(" + ", ".join(f"${n}" for n in range(1, 34)) + ")"  # noqa: S608


@dataclass
class Lane:
    """The connection and the end of its chain."""

    connection: Connection
    identify_statement: Any
    verify_statement: Any
    verify_once_statement: Any
    id: int
    seq: int = 0
    link: bytes = FIRST_LINK
    unsynchronised: bool = field(default=False, init=False)

    @classmethod
    async def open(cls, connect: Connect) -> "Lane":
        """Connect and take a lane number of its own."""
        connection = await connect()
        lane = cls(
            connection,
            await connection.prepare(_IDENTIFY),
            await connection.prepare(_VERIFY),
            await connection.prepare(_VERIFY_ONCE),
            await connection.fetchval("select open_lane()"),
        )
        connection.add_log_listener(lane._hear)
        return lane

    def _hear(self, _: object, message: Any) -> None:
        if "synchronous replication" in str(message):
            self.unsynchronised = True

    async def identify(self, attempts: Sequence[Attempt], now: datetime | None) -> None:
        """Find out who is meant, for all at once; an unknown number becomes a decoy (C7)."""
        requests = [attempt.request for attempt in attempts]
        [(customers, persons, owns)] = await self.identify_statement.fetch(
            now,
            [r.brand_id for r in requests],
            [r.line for r in requests],
            [r.customer_number for r in requests],
            [r.source.calling_number if r.source.asserted else None for r in requests],
        )
        for attempt, customer, person, own in zip(attempts, customers, persons, owns, strict=True):
            # Whoever speaks for somebody has one budget, from whichever line (C1).
            attempt.customer, attempt.person, attempt.own = customer, person, own and not person

    async def verify(self, attempts: Sequence[Attempt], verifier: Verifier, now: datetime | None) -> list[Answer]:
        """Judge, count and append a batch; raises `Unavailable` when the outcome of the commit is unknown."""
        limits = [a.ruling.limits for a in attempts]
        return await self._judge(
            self.verify_statement,
            attempts,
            verifier,
            now,
            (
                [x.failures for x in limits],
                [x.first_delay.total_seconds() for x in limits],
                [float(x.factor) for x in limits],
            ),
            (*_source_rules(attempts), *_sketch(attempts, verifier, now)),
        )

    async def verify_once(self, attempts: Sequence[Attempt], verifier: Verifier, now: datetime | None) -> list[Answer]:
        """The same for a batch of one-time codes, under limits of their own (C2) and those of sources (C5)."""
        limits = [a.ruling.one_time for a in attempts]
        return await self._judge(
            self.verify_once_statement,
            attempts,
            verifier,
            now,
            ([x.failures for x in limits], [x.failures_a_day for x in limits]),
            _source_rules(attempts),
        )

    async def _judge(
        self,
        statement: Any,
        attempts: Sequence[Attempt],
        verifier: Verifier,
        now: datetime | None,
        limits: tuple[list[Any], ...],
        more: tuple[Any, ...],
    ) -> list[Answer]:
        requests = [a.request for a in attempts]
        rulings = [a.ruling for a in attempts]
        sources = [r.source for r in requests]
        [row] = await statement.fetch(
            self.id,
            self.seq,
            self.link,
            now,
            verifier.key_ids,
            [r.brand_id for r in requests],
            [a.customer for a in attempts],
            [a.person for a in attempts],
            [a.own for a in attempts],
            [r.channel.value for r in requests],
            [r.method.value for r in rulings],
            [r.level is not None for r in rulings],
            [verifier.candidates(a.ruling.method, a.customer, a.request.digits) for a in attempts],
            *limits,
            [r.level or 0 for r in rulings],
            [r.token_lifetime.total_seconds() for r in rulings],
            [r.api_key for r in requests],
            [r.call_ref for r in requests],
            [s.calling_number for s in sources],
            [s.asserted for s in sources],
            [s.trunk for s in sources],
            [s.agent for s in sources],
            [r.idempotency_key for r in requests],
            [verifier.request(r.idempotency_key, r.digits) if r.idempotency_key else None for r in requests],
            *more,
        )
        if self.unsynchronised:
            raise Unavailable("the commit is not on the synchronous standby")
        *columns, link = row
        if any(len(column) != len(attempts) for column in columns):
            raise Unavailable("the database answered for another number of attempts than it was asked")
        if link != self.link:
            self.seq += len(attempts)
            self.link = link
        return [Answer(*values) for values in zip(*columns, strict=True)]

    async def close(self) -> None:
        """Give the connection up without waiting for anybody."""
        self.connection.terminate()


def _source_rules(attempts: Sequence[Attempt]) -> tuple[Any, ...]:
    """What both functions take of sources: the policies' rules, whose is whose, who counts, who is stepped up."""
    numbers: dict[int, int] = {}
    rules: list[float] = []
    rule: list[int] = []
    for attempt in attempts:
        limits = attempt.ruling.sources
        if id(limits) not in numbers:
            numbers[id(limits)] = len(numbers) + 1
            rules += limits.narrow
        rule.append(numbers[id(limits)])
    counts = [attempt.request.source.calling_number not in attempt.ruling.sources.exempt for attempt in attempts]
    return rules, rule, counts, [attempt.stepped_up for attempt in attempts]


def _sketch(attempts: Sequence[Attempt], verifier: Verifier, now: datetime | None) -> tuple[Any, ...]:
    """For each attempt with a code its bucket; and of one of them, by chance, the values of its neighbours (C6).

    One for each batch: when little happens that is everybody, and under an attack enough to tell.
    """
    day = (now or datetime.now(UTC)).date()
    codes = [attempt.ruling.method is Method.CUSTOMER_CODE and attempt.ruling.level is not None for attempt in attempts]
    buckets = [
        verifier.bucket(attempt.request.brand_id, day, attempt.request.digits) if code else None
        for attempt, code in zip(attempts, codes, strict=True)
    ]
    places = [place for place, code in enumerate(codes) if code] or range(len(attempts))
    sampled = random.choice(places)  # noqa: S311 - which one is no secret
    attempt = attempts[sampled]
    near = (
        verifier.neighbours(Method.CUSTOMER_CODE, attempt.customer, attempt.request.digits) if codes[sampled] else b""
    )
    return buckets, sampled + 1, near
