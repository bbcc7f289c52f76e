"""One-time codes: the call code for the call somebody is about to make, the letter code that comes by post (B6, E4).

Both are random digits, count once, and die of wrong tries under limits of their own (C2): they neither read nor change
the budget of the secrets that are used again and again, so that recovery works while that is spent.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from werda.core.customer_code import CodeFormat
from werda.core.method import Method
from werda.core.secret import Secret
from werda.core.sim import PUK_DIGITS

ONE_TIME: Final = frozenset({Method.CALL_CODE, Method.LETTER_CODE, Method.APP_CONFIRMATION})
"""The methods whose secrets count once. That of a confirmation is typed by nobody: the portal hands it to the gate."""

CALL_CODE_LIFETIME: Final = timedelta(minutes=10)
"""How long a call code counts (B6)."""

LETTER_CODE_LIFETIME: Final = timedelta(days=21)
"""How long a letter code counts after it was printed (E4)."""

CONFIRMATION_LIFETIME: Final = timedelta(minutes=2)
"""How long somebody may take to answer whether it is they who call."""

ADDRESS_UNCHANGED: Final = timedelta(days=30)
"""How long an address must have stayed the same before a letter code goes to it (A3, E4)."""

FEWEST_CALL_DIGITS: Final = 6
FEWEST_LETTER_DIGITS: Final = PUK_DIGITS + 1
MOST_DIGITS: Final = 12
"""How long a one-time code can be at most."""


@dataclass(frozen=True, slots=True)
class OneTimeLimits:
    """How long one-time codes are, in digits, and how many wrong tries they bear.

    A code dies after `failures` wrong tries; of one person no more than `failures_a_day` wrong tries are evaluated
    within 24 hours of the first. Both are counted apart for the person's own line (C3): a stranger cannot use them up.
    """

    call_digits: int = FEWEST_CALL_DIGITS
    letter_digits: int = 10
    failures: int = 5
    failures_a_day: int = 10

    def digits(self, method: Method) -> int:
        """How long a code of this method is. Raises `ValueError` for a method that is none of `ONE_TIME`."""
        if method not in ONE_TIME:
            raise ValueError(f"{method.slug} is no one-time code")
        lengths = {Method.CALL_CODE: self.call_digits, Method.LETTER_CODE: self.letter_digits}
        return lengths.get(method, MOST_DIGITS)

    def random(self, method: Method) -> Secret:
        """A fresh code from the operating system's generator, each one equally likely."""
        digits = self.digits(method)
        return Secret(f"{secrets.randbelow(10**digits):0{digits}}")


def lengths(code_format: CodeFormat, limits: OneTimeLimits) -> Mapping[int, Method]:
    """Which secret an entry of so many digits is: a keypad knows nothing else of it, so no two may be equally long."""
    return {
        code_format.digits: Method.CUSTOMER_CODE,
        PUK_DIGITS: Method.PUK,
        limits.call_digits: Method.CALL_CODE,
        limits.letter_digits: Method.LETTER_CODE,
    }


class LetterReason(StrEnum):
    """Why a letter code is ordered. Closed, because a text of somebody's own could hold a secret (B9)."""

    LOCKED = "locked"
    FORGOTTEN = "forgotten"
    SECOND_PROOF = "second_proof"
    NOT_RECEIVED = "not_received"


class NoLetterCode(StrEnum):
    """Why no letter code is ordered."""

    NO_CUSTOMER = "no_customer"
    NOT_ACCEPTED = "not_accepted"
    NO_ADDRESS = "no_address"
    ADDRESS_CHANGED = "address_changed"


def address_qualifies(since: datetime | None, now: datetime) -> bool:
    """Whether a letter code may go to an address that is `since` then; one of unknown age does not qualify (E4)."""
    return since is not None and since <= now - ADDRESS_UNCHANGED
