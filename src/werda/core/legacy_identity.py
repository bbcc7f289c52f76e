"""The *old way*: customer number, birth date and postcode together, one text that is compared like any secret (A1, S2).

Others can know all three, so it is a credential only until a stated end, asked by an agent only. Import and gate use
this one form, so that blanks, hyphens and capitals never decide who passes.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from werda.core.method import Method
from werda.core.policy import Policy
from werda.core.secret import Secret

_APART: Final = re.compile(r"[\s./-]+")


def normalise(customer_number: str, birth_date: date, postcode: str) -> Secret:
    """The text over which the keyed value goes: without blanks, dots, slashes and hyphens, in capitals.

    `|` keeps the three apart; it cannot stand in a number, a date or a postcode that any country uses.
    """
    return Secret(f"{_plain(customer_number)}|{birth_date.isoformat()}|{_plain(postcode)}")


def end_of(policies: Sequence[Policy]) -> datetime | None:
    """When the old way counts no longer by one brand's `policies`; None when none of them knows it.

    A version that knows it ends it at its `until`, or by being followed by the next version, whichever is first.
    """
    in_order = sorted(policies, key=lambda policy: policy.effective_from)
    followed: list[datetime | None] = [policy.effective_from for policy in in_order]
    ends: list[datetime] = []
    for policy, successor in zip(in_order, [*followed[1:], None], strict=False):
        if accepted := policy.methods.get(Method.LEGACY):
            ends += sorted(end for end in (accepted.until, successor) if end is not None)[:1]
    return max(ends, default=None)


def _plain(text: str) -> str:
    return text.upper() if text.isalnum() else _APART.sub("", text).upper()
