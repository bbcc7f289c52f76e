"""What the agent learns of a typed entry: match, no match, locked, and never why (D3)."""

from dataclasses import dataclass
from enum import Enum

from django.utils.translation import gettext_lazy as _

from werda.desk.words import Text
from werda.usecases.ask_gate import Entry


@dataclass(frozen=True, slots=True)
class _Shown:
    state: str
    icon: str
    word: Text


class Result(Enum):
    """The outcome of a typed entry, as shown. The value names it in a session, from one request to the next."""

    MATCH = "match"
    RETRY = "retry"
    NO_MATCH = "no_match"
    LOCKED = "locked"
    UNCHECKED = "unchecked"
    NO_SECOND_MATCH = "no_second_match"

    @classmethod
    def of(cls, entry: Entry, *, verified: bool = False) -> "Result":
        """What the gate said, as the agent sees it. `verified`: the caller had proved who they are before."""
        if entry.verified:
            return cls.MATCH
        if entry.locked:
            return cls.LOCKED
        if verified:
            return cls.NO_SECOND_MATCH
        return cls.RETRY if entry.try_again else cls.NO_MATCH

    @property
    def state(self) -> str:
        """The name of the state in style sheets."""
        return _SHOWN[self].state

    @property
    def icon(self) -> str:
        """The icon of the state."""
        return _SHOWN[self].icon

    @property
    def word(self) -> Text:
        """The sentence the agent reads."""
        return _SHOWN[self].word


_SHOWN = {
    Result.MATCH: _Shown("verified", "check", _("Match. The caller is verified.")),
    Result.RETRY: _Shown("refused", "cross", _("No match. The caller may try once more.")),
    Result.NO_MATCH: _Shown(
        "refused", "cross", _("No match. Go on without customer data; no further try counts in this call.")
    ),
    Result.NO_SECOND_MATCH: _Shown("refused", "cross", _("No match. What the caller proved before still counts.")),
    Result.LOCKED: _Shown(
        "legacy",
        "lock",
        _("Locked. Too many wrong tries: code and PUK are locked together, letter code and call code apart."),
    ),
    Result.UNCHECKED: _Shown(
        "legacy", "alert", _("The gate does not answer. Nothing was checked; go on without customer data.")
    ),
}
