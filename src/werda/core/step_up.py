"""What the proofs of one call are worth together: level 1 alone, level 2 with a second, independent one (A2, A3).

Customer code and PUK are never two: the portal shows both. Level 2 is a code or PUK and a *strong* one-time code, in
either order, of the same person, no more than an hour apart. store/sql/15_step_up.sql says the same in SQL; a test
holds the two together.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from werda.core.level import Level
from werda.core.method import Method
from werda.core.one_time_code import ONE_TIME

TOGETHER: Final = timedelta(hours=1)
"""How far apart two proofs of a call may lie. A switch that counts anew may use a call's id again."""

KNOWN: Final = frozenset({Method.CUSTOMER_CODE, Method.PUK})
"""What a customer knows or has at hand; one of them is the first proof."""

_STRONG: Final = 1


def methods_in(marks: int) -> frozenset[Method]:
    """The methods of which a set of marks tells."""
    return frozenset(method for method in Method if method and marks >> method & 1)


@dataclass(frozen=True, slots=True)
class AppSession:
    """A customer's session in portal or app, as whoever signed them in vouches for it.

    `strong`: signed in with a passkey, or with a password and TOTP; `enrolled_at` says since when that passkey or TOTP
    is theirs. `actor` is how the session is named in events.
    """

    customer_id: int
    actor: str
    person_id: int = 0
    strong: bool = False
    enrolled_at: datetime | None = None

    def proves_strongly(self, now: datetime, cooling: timedelta) -> bool:
        """Whether what it gives counts as a second proof: what was enrolled a moment ago does not yet (A3)."""
        return self.strong and self.enrolled_at is not None and self.enrolled_at <= now - cooling


@dataclass(frozen=True, slots=True)
class Proof:
    """One verified attempt. `line_id`: it proves that line only (B7). `strong` is said of one-time codes alone."""

    customer_id: int
    person_id: int
    method: Method
    at: datetime
    line_id: int | None = None
    strong: bool = False

    @property
    def mark(self) -> int:
        """The proof as a set of bits, as it is stored: its method's bit, and bit 0 for a strong one-time code."""
        if self.line_id is not None:
            return 0
        return 1 << self.method | (_STRONG if self.strong and self.method in ONE_TIME else 0)


@dataclass(frozen=True, slots=True)
class Proved:
    """What a call has proved: the `last` proof, and the marks of those `before` it that still count."""

    last: Proof
    before: int = 0

    def then(self, proof: Proof) -> "Proved":
        """After one more proof. Somebody else's, or one much later, begins anew.

        One of a line only adds nothing to what was proved of the whole account.
        """
        same = (proof.customer_id, proof.person_id) == (self.last.customer_id, self.last.person_id)
        if not same or proof.at > self.last.at + TOGETHER:
            return Proved(proof)
        if self.marks and proof.line_id is not None:
            return replace(self, last=replace(self.last, at=proof.at))
        return Proved(proof, self.before | self.last.mark)

    @property
    def marks(self) -> int:
        """Everything that was proved of the whole account."""
        return self.before | self.last.mark

    @property
    def methods(self) -> frozenset[Method]:
        """By which methods."""
        return methods_in(self.before) | {self.last.method}

    @property
    def line_id(self) -> int | None:
        """The line it is limited to; None for the whole account."""
        return self.last.line_id

    @property
    def legacy(self) -> bool:
        """Whether nothing but the old way was proved (A1)."""
        return self.methods == {Method.LEGACY}

    @property
    def level(self) -> Level:
        """What it is worth."""
        known = any(self.marks >> method & 1 for method in KNOWN)
        return Level.STRONG if known and self.marks & _STRONG else Level.VERIFIED
