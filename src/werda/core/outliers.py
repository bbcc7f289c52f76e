"""Agents whose success rate stands out from their colleagues' (D4), by an exact test, for a human to look at.

Computed only where the brand's policy switches it on, which in Germany needs the works council's consent (BetrVG
§ 87(1) No. 6). Each agent with enough attempts is compared with all others of the brand together, by the two-sided
exact binomial test, at a level that is shared among all agents compared (Bonferroni): of brands where all are alike,
one in a hundred gets anybody flagged. Whoever is found no longer counts among the others' colleagues, or ordinary
agents would stand out from somebody who does. A difference too small to matter is no reason, however sure it is. A flag
is no proof.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import exp, lgamma, log, sqrt
from typing import Final

PERIOD: Final = timedelta(days=28)
"""What is looked at, and how often an agent is flagged at most."""

FEWEST_ATTEMPTS: Final = 50
"""Of an agent, and of all colleagues together: below that chance says more than the person."""

_LEVEL: Final = 0.01
_SMALLEST_DIFFERENCE: Final = 0.1
_Z: Final = 2.576
"""Of the interval shown, 99 %."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Attempts that an agent typed and that were evaluated within the period, and how many of them were right."""

    agent_id: int
    attempts: int
    successes: int


@dataclass(frozen=True, slots=True)
class Outlier:
    """An agent who stands out: their rate with the Wilson interval (99 %), the colleagues' rate, and the p-value."""

    tally: Tally
    rate: float
    low: float
    high: float
    colleagues: float
    p: float


def outliers(tallies: Iterable[Tally]) -> list[Outlier]:
    """Those who stand out, the surest first."""
    rest = sorted(tallies, key=lambda tally: tally.agent_id)
    level = _LEVEL / max(1, len(_compared(rest)))
    found: list[Outlier] = []
    while each := _compared(rest):
        surest = min(each, key=lambda outlier: outlier.p)
        if surest.p >= level:
            break
        rest.remove(surest.tally)
        if abs(surest.rate - surest.colleagues) >= _SMALLEST_DIFFERENCE:
            found.append(surest)
    return found


def _compared(tallies: Sequence[Tally]) -> list[Outlier]:
    """Each agent with enough attempts, beside all the others."""
    attempts = sum(tally.attempts for tally in tallies)
    successes = sum(tally.successes for tally in tallies)
    compared = []
    for tally in tallies:
        if tally.attempts >= FEWEST_ATTEMPTS and attempts - tally.attempts >= FEWEST_ATTEMPTS:
            colleagues = (successes - tally.successes) / (attempts - tally.attempts)
            p = two_sided(tally.successes, tally.attempts, colleagues)
            interval = wilson(tally.successes, tally.attempts)
            compared.append(Outlier(tally, tally.successes / tally.attempts, *interval, colleagues, p))
    return compared


def two_sided(successes: int, attempts: int, rate: float) -> float:
    """The probability of a count at least as far out on its side, doubled, when each succeeds with `rate`."""
    if not 0 < rate < 1:
        return 1.0 if successes == attempts * rate else 0.0
    below = sum(_chance(k, attempts, rate) for k in range(successes + 1))
    above = sum(_chance(k, attempts, rate) for k in range(successes, attempts + 1))
    return min(1.0, 2 * min(below, above))


def wilson(successes: int, attempts: int) -> tuple[float, float]:
    """The interval in which the true rate lies with 99 % (Wilson, 1927)."""
    share, square = successes / attempts, _Z * _Z
    middle = share + square / (2 * attempts)
    half = _Z * sqrt(share * (1 - share) / attempts + square / (4 * attempts * attempts))
    whole = 1 + square / attempts
    return max(0.0, (middle - half) / whole), min(1.0, (middle + half) / whole)


def _chance(k: int, n: int, rate: float) -> float:
    """Of k successes among n, by logarithms: the factors themselves leave what a float can hold."""
    ways = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
    return exp(ways + k * log(rate) + (n - k) * log(1 - rate))
