"""The personal customer code, *persönliche Kundenkennzahl*: what a customer says or keys in at the hotline (S1, S15).

A code is text, never a number: leading zeros count. It is asked for whole (B4). A random code is offered first (B1).
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from werda.core.malformed import Malformed
from werda.core.method import Method
from werda.core.secret import Secret
from werda.core.sim import PUK_DIGITS

FEWEST_DIGITS: Final = 4
MOST_DIGITS: Final = PUK_DIGITS - 1
"""A keyed-in secret is told from a PUK by its length alone, so a code is always shorter."""


@dataclass(frozen=True, slots=True)
class CodeFormat:
    """How a brand's codes look: `digits` long, 4 to 7, else `ValueError` (S15)."""

    digits: int = FEWEST_DIGITS

    def __post_init__(self) -> None:
        if not FEWEST_DIGITS <= self.digits <= MOST_DIGITS:
            raise ValueError(f"a customer code has {FEWEST_DIGITS} to {MOST_DIGITS} digits")


@dataclass(frozen=True, slots=True)
class CustomerCode:
    """One code. `secret` holds exactly the digits."""

    secret: Secret

    @classmethod
    def parse(cls, offered: Secret, code_format: CodeFormat) -> Self | Malformed:
        """Read a code as a person types it; spaces are left out."""
        digits = re.sub(r"\s", "", offered.reveal())
        if not re.fullmatch(rf"[0-9]{{{code_format.digits}}}", digits):
            return Malformed(f"a customer code has exactly {code_format.digits} digits")
        return cls(Secret(digits))

    @classmethod
    def suggest(cls, code_format: CodeFormat) -> Self:
        """A random code from the operating system's generator, each one equally likely (B1)."""
        return cls(Secret(f"{secrets.randbelow(10**code_format.digits):0{code_format.digits}}"))


def neighbours(digits: Secret) -> list[Secret]:
    """What a slip of the finger makes of digits (C6): one of them another, or two neighbours in the wrong order."""
    entry = digits.reveal()
    near = {entry[:at] + str(digit) + entry[at + 1 :] for at in range(len(entry)) for digit in range(10)}
    near |= {entry[:at] + entry[at + 1] + entry[at] + entry[at + 2 :] for at in range(len(entry) - 1)}
    return [Secret(each) for each in sorted(near - {entry})]


def method_of(digits: Secret, lengths: Mapping[int, Method]) -> Method:
    """Which secret a caller keyed in, told by its length alone; `Method.NONE` when none is so long."""
    entry = digits.reveal()
    if not re.fullmatch(r"[0-9]+", entry):
        return Method.NONE
    return lengths.get(len(entry), Method.NONE)
