"""Who calls: honest customers who sometimes err, and the attackers the requirements name (C1, C3, C5, C6).

A call is a first attempt and, after a refusal, perhaps a second. Times are seconds from the beginning of a day.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from werda.attack.town import ALL_CODES, ASSERTING, CARRIER, POPULAR, Town
from werda.core.call import Channel, Source
from werda.core.customer_code import neighbours
from werda.core.secret import Secret

DAY: Final = 86_400

OWN_LINE: Final = 0.7
"""The share of honest calls that come from the customer's own line, on which the network vouches for the number."""
ERRS: Final = 0.12
"""The share of honest attempts that are wrong; of these six of ten are a slip of the finger."""
SLIPS: Final = 0.6
BRUTE_GUESSES: Final = 20
"""Guesses at one account, one after the other; the account's own limit lets three pass at most."""
LOCKOUT_GUESSES: Final = 3


class Attack(StrEnum):
    """How somebody guesses."""

    BRUTE = "brute"  # one account after the other, guess by guess
    HORIZONTAL = "horizontal"  # what people choose most, once at every account, from few numbers
    DISTRIBUTED = "distributed"  # one guess at every account, from 50 000 numbers
    SLOW = "slow"  # the same over the whole day
    INSIDER = "insider"  # an agent who types
    LOCKOUT = "lockout"  # wrong on purpose, to lock customers out


@dataclass(slots=True)
class Call:
    """Somebody calls about an account; `codes` are what they say in this call, one after the other."""

    at: float
    account: int
    codes: list[str]
    source: Source
    honest: bool
    channel: Channel = Channel.KEYPAD
    said: int = field(default=0)
    asked: bool = field(default=False)  # for possession, though the code was right


def honest_calls(town: Town, number: int, chance: random.Random) -> list[Call]:
    """So many calls of customers over a day, most of them by daylight."""
    calls = []
    for _ in range(number):
        account = chance.randrange(len(town.codes))
        right = town.codes[account]
        codes = [_misremembered(right, chance) if chance.random() < ERRS else right]
        codes.append(right if chance.random() > ERRS else _misremembered(right, chance))
        own = chance.random() < OWN_LINE
        number_shown = town.line(account) if own else f"+4930{chance.randrange(10**8):08}"
        source = Source(number_shown, asserted=own, trunk=ASSERTING if own else CARRIER)
        calls.append(Call(_by_daylight(chance), account, codes, source, honest=True))
    return calls


def attack_calls(
    kind: Attack, town: Town, number: int, chance: random.Random, *, begins: float, lasts: float
) -> list[Call]:
    """So many guesses of an attacker, evenly over the time the attack lasts."""
    if kind is Attack.SLOW:
        begins, lasts = 0.0, float(DAY)
    guesses = _guesses(kind, town, number, chance)
    return [
        Call(begins + lasts * n / number, account, [code], source, honest=False, channel=channel)
        for n, (account, code, source, channel) in enumerate(guesses)
    ]


def _guesses(
    kind: Attack, town: Town, number: int, chance: random.Random
) -> Iterator[tuple[int, str, Source, Channel]]:
    accounts = len(town.codes)
    popular = list(POPULAR)
    order = chance.sample(range(accounts), accounts)
    for n in range(number):
        # Where people chose their codes whoever guesses knows what they choose.
        popular_one = popular[n // accounts % len(popular)]
        code = popular_one if town.chosen else f"{chance.randrange(ALL_CODES):04}"
        account = order[n % accounts]
        source, channel = Source(f"+4940{chance.randrange(50_000):07}", trunk=CARRIER), Channel.KEYPAD
        match kind:
            case Attack.BRUTE:
                account = order[n // BRUTE_GUESSES % accounts]
                code = popular[n % BRUTE_GUESSES] if town.chosen else code
            case Attack.HORIZONTAL:
                code, source = popular_one, Source(f"+4940{n % 50:04}00", trunk=CARRIER)
            case Attack.INSIDER:
                source, channel = Source(trunk=CARRIER, agent=4711), Channel.AGENT
            case Attack.LOCKOUT:
                account = order[n // LOCKOUT_GUESSES % accounts]
                code = f"{(int(town.codes[account]) + 1 + n % 3) % ALL_CODES:04}"
            case Attack.DISTRIBUTED | Attack.SLOW:
                pass
        yield account, code, source, channel


def _misremembered(right: str, chance: random.Random) -> str:
    if chance.random() < SLIPS:
        return chance.choice(neighbours(Secret(right))).reveal()
    wrong = f"{chance.randrange(ALL_CODES):04}"
    return wrong if wrong != right else _misremembered(right, chance)


def _by_daylight(chance: random.Random) -> float:
    """Between 8 and 20 o'clock for nine of ten."""
    return chance.uniform(8, 20) * 3_600 if chance.random() < 0.9 else chance.uniform(0, DAY)
