"""How far a caller is legitimated, in the words, the icon and the colour that stand for it everywhere on the desk.

The legacy method is named wherever its result is shown (A1). No digit and no hint ever gets here (D3).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext_lazy as _

from werda.core.call import Channel
from werda.core.level import Level
from werda.core.method import Method
from werda.core.policy import Operation, Policy
from werda.desk.words import CHANNELS, METHODS, OPERATIONS, Text


@dataclass(frozen=True, slots=True)
class Standing:
    """A caller's level, and how and when they reached it. `channel` is None while nothing was offered."""

    level: Level
    method: Method
    channel: Channel | None
    legacy: bool
    verified_at: datetime | None
    proved: frozenset[Method] = frozenset()

    @classmethod
    def stored(
        cls, *, level: int, method: int, channel: int, legacy: bool, verified_at: datetime | None,
        proved: frozenset[Method] = frozenset(),
    ) -> "Standing":  # fmt: skip
        """From the numbers of a stored call or grant."""
        return cls(Level(level), Method(method), Channel(channel) if channel else None, legacy, verified_at, proved)

    @property
    def state(self) -> str:
        """The name of the state in style sheets."""
        if self.level is Level.NONE:
            return "none"
        if self.legacy:
            return "legacy"
        return "verified" if self.level is Level.VERIFIED else "strong"

    @property
    def icon(self) -> str:
        """The icon of the state."""
        return {"none": "shield-none", "legacy": "shield-old", "verified": "shield-check", "strong": "shield-strong"}[
            self.state
        ]

    @property
    def word(self) -> Text:
        """The state in words."""
        return {
            "none": _("not verified"),
            "legacy": _("verified the old way, level 1"),
            "verified": _("verified, level 1"),
            "strong": _("strongly verified, level 2"),
        }[self.state]

    @property
    def method_word(self) -> Text:
        """By which method, or by which ones; a dash while there is none."""
        if self.level is Level.NONE:
            return METHODS[Method.NONE]
        return ", ".join(str(METHODS[method]) for method in sorted(self.proved | {self.method}))

    @property
    def may_unlock(self) -> bool:
        """Whether hotline authentication may be unlocked in this call: by a letter code and nothing less (C2)."""
        return self.level is not Level.NONE and Method.LETTER_CODE in self.proved

    @property
    def channel_word(self) -> Text:
        """Who took the digits; a dash while nobody did."""
        return "–" if self.channel is None or self.level is Level.NONE else CHANNELS[self.channel]


@dataclass(frozen=True, slots=True)
class OperationGroup:
    """Operations that need the same level: whether this caller may have them and, if not, what unlocks them."""

    allowed: bool
    heading: Text
    words: tuple[Text, ...]


def operations(policy: Policy | None, level: Level, scope: frozenset[Operation] | None = None) -> list[OperationGroup]:
    """What the policy in force allows at `level`, then what it keeps locked (A2). No policy, no operations.

    `scope` is what a representative may ask for (E2); None for the account holder.
    """
    if policy is None:
        return []
    theirs = frozenset(Operation) if scope is None else scope | {Operation.PUBLIC_INFORMATION}
    needed = {required: [o for o in Operation if policy.required_level(o) is required] for required in Level}
    reached = [o for required in Level if required <= level for o in needed[required]]
    groups = [OperationGroup(True, _("Allowed now"), tuple(OPERATIONS[o] for o in reached if o in theirs))]
    if beyond := tuple(OPERATIONS[o] for o in reached if o not in theirs):
        groups.append(OperationGroup(False, _("The account holder has not allowed this representative"), beyond))
    groups += [
        OperationGroup(False, _UNLOCKED_BY[required], tuple(OPERATIONS[o] for o in needed[required]))
        for required in Level
        if required > level and needed[required]
    ]
    return groups


_UNLOCKED_BY: Final[Mapping[Level, Text]] = {
    Level.VERIFIED: _("Level 1: with customer code or PUK, a call code, a letter code or an app confirmation"),
    Level.STRONG: _("Level 2: with customer code or PUK and a call code, a letter code or an app confirmation"),
}
