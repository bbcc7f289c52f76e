"""How many wrong secrets a person may offer (C1, C2, C4, C9).

One budget for all of a person's reusable hotline secrets; calls from the customer's own line with an asserted number
have one of their own (C3). The same rules stand once more in store/sql/verify.sql, where attempts are counted; a
stateful property test holds the two together (tests/store/test_verify_agrees_with_core.py).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from werda.core.verdict import Outcome

MAX_FAILURES: Final = 3
"""No policy may allow more consecutive failures than this (C1)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the brand's policy says about guessing.

    `failures` is how many consecutive failures lock, 1 to 3. After the second failure in a row the next attempt is
    evaluated no earlier than `first_delay` later; each further failure multiplies the delay by `factor` (C4).
    """

    failures: int = MAX_FAILURES
    first_delay: timedelta = timedelta(seconds=30)
    factor: int = 4

    def delay_after(self, failures: int) -> timedelta:
        """The waiting time after so many consecutive failures; none before the second."""
        return timedelta() if failures < 2 else self.first_delay * self.factor ** (failures - 2)


@dataclass(frozen=True, slots=True)
class Budget:
    """What is left of a person's tries: consecutive `failures` so far, and when the next one counts at the earliest.

    `closed`: the customer keeps the hotline closed for themselves, and nothing is evaluated until they open it (E5).
    """

    failures: int = 0
    not_before: datetime | None = None
    closed: bool = False

    def attempt(self, *, matches: bool, now: datetime, limits: Limits) -> tuple[Outcome, "Budget"]:
        """Judge one attempt at `now` and give the budget after it.

        A spent or closed budget and an attempt that comes too early leave it as it was: nothing is evaluated, nothing
        counted, and a lock is not prolonged (C4, C9). A success resets the budget it was counted in.
        """
        if self.closed or self.failures >= limits.failures:
            return Outcome.LOCKED, self
        if self.not_before is not None and now < self.not_before:
            return Outcome.TOO_EARLY, self
        if matches:
            return Outcome.VERIFIED, Budget()
        failures = self.failures + 1
        delay = limits.delay_after(failures)
        return Outcome.WRONG, replace(self, failures=failures, not_before=now + delay if delay else None)
