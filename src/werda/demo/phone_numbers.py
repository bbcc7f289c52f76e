"""Phone numbers that ring nowhere (issue: "only numbers that the Bundesnetzagentur reserves for media").

The reserved ones are those of the Bundesnetzagentur's notice 148/2021, "Rufnummern für Medienproduktionen". They are
5 000 landline and 210 mobile numbers. Beyond them the demo's mobile numbers are visibly invalid: (0)199 is a range for
traffic inside networks, no subscriber has a number in it, and no phone reaches one.
"""

from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import Final

LANDLINES: Final = ("+493023125", "+494066969", "+496990009", "+492214710", "+498999998")
"""Berlin, Hamburg, Frankfurt, Köln, München: each followed by 000 to 999."""

MOBILES: Final = ("+49176040690", "+4917139200")
"""Each followed by 00 to 99."""

SINGLE_MOBILES: Final = (
    *("+4915228817386", "+4915228895456", "+4915254599371", "+491729925904", "+491729968532"),
    *("+491729973185", "+491729973186", "+491729980752", "+491749091317", "+491749464308"),
)

INVALID_MOBILES: Final = "+491999"
"""Followed by six digits."""

_FIRST_NEW: Final = 900_000

HOTLINE: Final = "+493023125000"
"""Nordfunk's customer care, the first of the Berlin numbers."""


@cache
def media_mobiles() -> tuple[str, ...]:
    """All reserved mobile numbers, E.164."""
    ranges = (f"{MOBILES[0]}{n:02}" for n in range(100)), (f"{MOBILES[1]}{n:02}" for n in range(100))
    return (*chain(*ranges), *SINGLE_MOBILES)


def media_landlines() -> list[str]:
    """All reserved landline numbers, E.164, without the hotline's own."""
    every = (f"{area}{n:03}" for n in range(1000) for area in LANDLINES)
    return [number for number in every if number != HOTLINE]


def new_mobile(n: int) -> str:
    """The n-th mobile number, from 0, for a customer who came after the first thousand: none of theirs."""
    return f"{INVALID_MOBILES}{(_FIRST_NEW + n) % 1_000_000:06}"


def new_landline(n: int) -> str:
    """The same for a landline number: the last ones that are reserved."""
    every = media_landlines()
    return every[-1 - n % (len(every) // 2)]


def is_harmless(number: str) -> bool:
    """Whether a number is reserved for media or visibly invalid."""
    if number == HOTLINE or number in media_mobiles():
        return True
    rest = number.removeprefix(INVALID_MOBILES)
    if rest != number:
        return len(rest) == 6 and rest.isdecimal()
    return any(number.startswith(area) and len(number) == len(area) + 3 for area in LANDLINES)


def mobiles() -> Iterator[str]:
    """Mobile numbers without end: the reserved ones first."""
    yield from media_mobiles()
    for n in range(1_000_000):
        yield f"{INVALID_MOBILES}{n:06}"
