"""When a message is tried again: soon at first, then ever later, and at some time no more (decision 10)."""

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

GROWTH: Final = 3.0
LONGEST: Final = timedelta(hours=4)
JITTER: Final = 0.2
"""Each delay is shortened or lengthened by up to this share, so that messages that failed together do not all come back
at the same moment."""


@dataclass(frozen=True, slots=True)
class Delays:
    """`tries` in all, the first delay of `first` seconds. The usual 20 tries from 2 seconds on take about two days."""

    tries: int
    first: float

    def after(self, tries: int, *, asked: float = 0.0, chance: float | None = None) -> timedelta | None:
        """How long to wait after so many tries; None: no more. `asked` is the receiver's own wish in seconds.

        `chance` between 0 and 1 decides the jitter.
        """
        if tries >= self.tries:
            return None
        longest = LONGEST.total_seconds()
        grown = min(self.first * GROWTH ** min(tries - 1, 30), longest)
        chance = random.random() if chance is None else chance  # noqa: S311 - no secret hangs on it
        return timedelta(seconds=max(grown * (1 + JITTER * (2 * chance - 1)), min(asked, longest)))
