"""The engine: an attempt is counted where it is compared, and what arrives during a commit goes into the next batch.

Everything that offers a secret - keypad, agent, API - comes through `Engine.verify`, and nothing else writes attempts
(design decision 3). A batch holds each budget and each call at most once; the next ones wait for the next batch.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg

from werda.core.level import Level
from werda.core.method import Method
from werda.core.verdict import Next, Outcome, Refused, Verdict, Verified
from werda.gate.lane import DATABASE_TROUBLE, Answer, Attempt, Connect, Lane, Request, Unavailable
from werda.gate.rulebook import Rulebook
from werda.keys.verifier import Verifier

log = logging.getLogger(__name__)

LARGEST_BATCH: Final = 128
_DIFFERENT: Final = 100  # verify.sql: the idempotency key came with other digits
_BEGUN_AGAIN: Final = 3  # how often an attempt is tried alone after its batch was rolled back
_RECONNECT_SECONDS: Final = 0.25


@dataclass(frozen=True, slots=True)
class Conflict:
    """The idempotency key was used in this call for other digits or somebody else; nothing was counted (HTTP 422)."""


@dataclass(slots=True, eq=False)
class _Waiting:
    attempt: Attempt
    answer: "asyncio.Future[Verdict | Conflict]"
    identified: bool = False

    def fail(self, reason: str) -> None:
        if not self.answer.done():
            self.answer.set_exception(Unavailable(reason))


def utc_now() -> datetime:
    """The wall clock, for asking which policy is in force; attempts take their time from the database."""
    return datetime.now(UTC)


class Engine:
    """Verifies over `lanes` database connections; `observe` hears of every verdict.

    `rulebook` and `verifier` may be replaced at any time: the next batch takes the new one.

    One lane serves a gate best: while its commit is under way the next batch grows, and a large batch costs less for
    each attempt than two small ones.

    `clock` is for tests: it then also sets the time of attempts. `stepped_up` says whether a wide source of a request
    is over its limit (C5).
    """

    def __init__(
        self,
        connect: Connect,
        verifier: Verifier,
        rulebook: Rulebook,
        *,
        lanes: int = 1,
        clock: Callable[[], datetime] | None = None,
        observe: Callable[[Request, Verdict], None] | None = None,
        stepped_up: Callable[[Request], bool] = lambda _: False,
    ) -> None:
        self._connect = connect
        self.verifier = verifier
        self.rulebook = rulebook
        self._clock = clock
        self._observe = observe
        self._stepped_up = stepped_up
        self._waiting: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._number_of_lanes = lanes
        self._tasks: list[asyncio.Task[None]] = []
        self._open_lanes = 0

    @property
    def alive(self) -> bool:
        """Whether any lane is open."""
        return self._open_lanes > 0

    async def start(self) -> None:
        """Open the lanes; raises what the first connection raises."""
        lanes = [await Lane.open(self._connect) for _ in range(self._number_of_lanes)]
        self._open_lanes = len(lanes)
        self._tasks = [asyncio.create_task(self._work(lane)) for lane in lanes]

    async def stop(self) -> None:
        """Close the lanes; what still waits is answered with `Unavailable`."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._fail_all("the gate is stopping")

    @property
    def now(self) -> datetime:
        """The time at which policies are asked."""
        return self._clock() if self._clock else utc_now()

    async def verify(self, request: Request) -> Verdict | Conflict:
        """Judge one offered secret and count it. Raises `Unavailable`; then nobody is let in."""
        ruling = self.rulebook.rule(
            request.brand_id,
            request.channel,
            request.digits,
            now=self.now,
            legacy=request.legacy,
            confirmation=request.confirmation,
        )
        attempt = Attempt(request, ruling, stepped_up=self._stepped_up(request))
        waiting = _Waiting(attempt, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._arrived.set()
        return await waiting.answer

    async def _work(self, lane: Lane) -> None:
        try:
            while True:
                while not self._waiting:
                    self._arrived.clear()
                    await self._arrived.wait()
                batch = self._take()
                try:
                    await self._serve(lane, batch)
                except Exception as problem:
                    # Whatever it is: a lane that ended in silence would leave everybody behind it without an answer.
                    # No text of the exception: a database error may quote the statement's values (B9).
                    log.error("a lane ended: %s", type(problem).__name__)
                    for waiting in batch:
                        waiting.fail("the database did not answer")
                    await lane.close()
                    lane = await self._reopen()
        finally:
            await lane.close()

    def _take(self) -> list[_Waiting]:
        """The next batch: what waits, but of each call one attempt only."""
        batch: list[_Waiting] = []
        later: list[_Waiting] = []
        calls: set[tuple[int, str]] = set()
        while self._waiting and len(batch) < LARGEST_BATCH:
            waiting = self._waiting.popleft()
            if waiting.attempt.call in calls:
                later.append(waiting)
            else:
                calls.add(waiting.attempt.call)
                batch.append(waiting)
        self._put_back(later)
        return batch

    def _put_back(self, waiting: Iterable[_Waiting]) -> None:
        self._waiting.extendleft(reversed(list(waiting)))

    async def _serve(self, lane: Lane, batch: list[_Waiting]) -> None:
        """Identify, keep one attempt for each budget, verify, answer. Takes out of `batch` what it puts back."""
        fresh = [waiting for waiting in batch if not waiting.identified]
        if fresh:
            await lane.identify([waiting.attempt for waiting in fresh], self._clock() if self._clock else None)
            for waiting in fresh:
                waiting.identified = True
        first: dict[tuple[int, int, bool], _Waiting] = {}
        for waiting in batch:
            first.setdefault(waiting.attempt.budget, waiting)
        chosen = list(first.values())
        if len(chosen) < len(batch):
            taken = set(map(id, chosen))
            self._put_back([waiting for waiting in batch if id(waiting) not in taken])
            batch[:] = chosen
        for once in (False, True):
            if part := [waiting for waiting in chosen if waiting.attempt.once is once]:
                await self._judge(lane, part)

    async def _judge(self, lane: Lane, batch: list[_Waiting], begun_again: int = 0) -> None:
        """Verify a batch of one kind, one-time codes or not, and answer."""
        judge = lane.verify_once if batch[0].attempt.once else lane.verify
        try:
            answers = await judge(
                [waiting.attempt for waiting in batch], self.verifier, self._clock() if self._clock else None
            )
        except (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError):
            # Two gates took the same idempotency key at once. The batch was rolled back: nothing is counted yet.
            if begun_again == _BEGUN_AGAIN:
                raise
            for waiting in batch:
                await self._judge(lane, [waiting], begun_again + 1)
            return
        for waiting, answer in zip(batch, answers, strict=True):
            verdict = self._verdict(waiting.attempt, answer)
            if not waiting.answer.done():
                waiting.answer.set_result(verdict)
            if self._observe and not isinstance(verdict, Conflict):
                self._observe(waiting.attempt.request, verdict)

    def _verdict(self, attempt: Attempt, answer: Answer) -> Verdict | Conflict:
        if answer.outcome == _DIFFERENT:
            return Conflict()
        if answer.outcome != Outcome.VERIFIED:
            more = answer.tries < attempt.ruling.tries_per_call
            return Refused(
                answer.attempt_id, answer.call_id, Outcome(answer.outcome), Next.RETRY if more else Next.AGENT
            )
        return Verified(
            attempt_id=answer.attempt_id,
            call_id=answer.call_id,
            customer_id=attempt.customer,
            person_id=attempt.person,
            line_id=answer.line_id,
            level=Level(answer.level),
            method=Method(answer.method),
            legacy=answer.method == Method.LEGACY,
            token=self.verifier.token(answer.call_id, answer.attempt_id),
            expires_at=answer.at + timedelta(seconds=attempt.ruling.token_lifetime.total_seconds()),
        )

    async def _reopen(self) -> Lane:
        self._open_lanes -= 1
        while True:
            with contextlib.suppress(*DATABASE_TROUBLE):
                lane = await Lane.open(self._connect)
                self._open_lanes += 1
                return lane
            self._fail_all("the database cannot be reached")
            await asyncio.sleep(_RECONNECT_SECONDS)

    def _fail_all(self, reason: str) -> None:
        while self._waiting:
            self._waiting.popleft().fail(reason)
