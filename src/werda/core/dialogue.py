"""What a caller hears and what the keys do: a pure state machine (design decision 6; surfaces.md, "The phone").

An event goes in, a `Turn` comes out: what to say, and what to do then. FastAGI and the phone in the browser only
translate. One field takes every secret, `0` alone is a person, `*` repeats, silence leads to a person, two tries in a
call and then a person. What is said next depends on the tries in this call only: an unknown, locked or wrong number
sounds the same (C7).
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from werda.core.call import Arrival
from werda.core.level import Level
from werda.core.number import keyed
from werda.core.secret import Secret
from werda.core.sim import PUK_DIGITS
from werda.core.verdict import Next, Verdict, Verified

TRIES: Final = 2
"""Secrets offered in one call before a person takes over."""

REPEATS: Final = 4
"""How often a caller may ask to hear something again; then a person takes over, so every dialogue ends."""


class Prompt(StrEnum):
    """Everything that can be said. Text and sound stand in `gate.prompts`, one set for each catalogue."""

    WELCOME = "welcome"
    CLOSED = "closed"
    ANNOUNCE = "announce"
    NUMBER = "number"
    SECRET = "secret"  # noqa: S105 - the name of a prompt
    REFUSED = "refused"
    NUMBER_AGAIN = "number-again"
    SECRET_AGAIN = "secret-again"  # noqa: S105 - the name of a prompt
    VERIFIED = "verified"
    UNVERIFIED = "unverified"


class Result(StrEnum):
    """How a dialogue ended: what the switch learns, beside the level and the token."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    CLOSED = "closed"
    GONE = "gone"


# What comes in


@dataclass(frozen=True, slots=True)
class Entered:
    """An entry is finished: by ``#``, by its length, or by a pause after some keys. Digits only, perhaps none."""

    keys: Secret


@dataclass(frozen=True, slots=True)
class Star:
    """The caller pressed ``*``: what was typed is forgotten, and everything is said again."""


@dataclass(frozen=True, slots=True)
class Silence:
    """No key at all in the time for it."""


@dataclass(frozen=True, slots=True)
class HungUp:
    """The caller is gone."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The answer to `Verify`."""

    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Failed:
    """A part of the machine did not do its work, or the time for a dialogue is up."""


Event = Entered | Star | Silence | HungUp | Judged | Failed


# What goes out


@dataclass(frozen=True, slots=True)
class Collect:
    """Take keys until ``#``, `most` digits or a pause; see `Entry`. Times in seconds.

    `empty` says that ``#`` alone is an answer; otherwise it is read over, also during the prompt, because callers often
    press it after the eighth digit of a PUK, which ends the entry by itself.
    """

    most: int
    wait: float = 10.0
    pause: float = 4.0
    empty: bool = False

    @property
    def interrupting(self) -> str:
        """The keys that may break into the prompt before it."""
        return "0123456789*#" if self.empty else "0123456789*"


@dataclass(frozen=True, slots=True)
class Verify:
    """Offer `digits` for the caller's own line, or for the keyed-in `number`; the answer comes back as `Judged`."""

    number: str | None
    digits: Secret


@dataclass(frozen=True, slots=True)
class HandOver:
    """Give the caller to a person; `VERIFIED` comes from a `Verified` verdict only."""

    result: Result
    level: Level = Level.NONE


@dataclass(frozen=True, slots=True)
class End:
    """Nothing more to do: the hotline is closed, or the caller is gone."""

    result: Result


Then = Collect | Verify | HandOver | End


@dataclass(frozen=True, slots=True)
class Turn:
    """First `say` all this in order, a key may break in when `then` collects; `then` do that."""

    say: tuple[Prompt, ...]
    then: Then


SECRET_FIELD: Final = Collect(most=PUK_DIGITS)
NUMBER_FIELD: Final = Collect(most=20)
NUMBER_AGAIN_FIELD: Final = Collect(most=20, empty=True)

TO_A_PERSON: Final = Turn((Prompt.UNVERIFIED,), HandOver(Result.UNVERIFIED))
CALLER_GONE: Final = Turn((), End(Result.GONE))


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Where a call's dialogue stands. `begin` starts one; `hear` goes on; both give the turn to carry out next."""

    turn: Turn
    tries_left: int
    number: str | None = field(default=None, repr=False)
    ask_number: bool = False
    repeats_left: int = REPEATS
    secret_field: Collect = SECRET_FIELD

    @classmethod
    def begin(cls, arrival: Arrival) -> "Dialogue":
        """A call came in: opening hours and the announcement come before anything is asked."""
        if not arrival.open:
            return cls(Turn((Prompt.WELCOME, Prompt.CLOSED), End(Result.CLOSED)), 0)
        tries = min(arrival.tries_left, TRIES)
        if tries <= 0:
            return cls(TO_A_PERSON, 0)
        opening = (Prompt.WELCOME,) if arrival.announce is None else (Prompt.WELCOME, Prompt.ANNOUNCE)
        asks = replace(SECRET_FIELD, most=arrival.longest_secret)
        if arrival.identified:
            return cls(Turn((*opening, Prompt.SECRET), asks), tries, secret_field=asks)
        return cls(Turn((*opening, Prompt.NUMBER), NUMBER_FIELD), tries, ask_number=True, secret_field=asks)

    @property
    def finished(self) -> bool:
        """Whether the turn is the last one."""
        return isinstance(self.turn.then, HandOver | End)

    def hear(self, event: Event) -> "Dialogue":
        """The dialogue after `event`. What does not fit the turn at hand leads to a person; a finished one stays."""
        if self.finished:
            return self
        match event, self.turn.then:
            case HungUp(), _:
                return replace(self, turn=CALLER_GONE)
            case Star(), Collect():
                return self._again()
            case Entered(keys), Collect(empty=empty):
                return self._entered(keys, empty)
            case Judged(verdict), Verify():
                return self._judged(verdict)
            case _:
                return replace(self, turn=TO_A_PERSON)

    def _again(self) -> "Dialogue":
        if self.repeats_left == 0:
            return replace(self, turn=TO_A_PERSON)
        return replace(self, repeats_left=self.repeats_left - 1)

    def _entered(self, keys: Secret, empty: bool) -> "Dialogue":
        if keys == Secret("0"):
            return replace(self, turn=TO_A_PERSON)
        if not keys and not empty:
            return self._again()
        if self.ask_number:
            number = keyed(keys.reveal()) if keys else self.number
            first_time = self.number is None
            say = Prompt.SECRET if first_time else Prompt.SECRET_AGAIN
            return replace(self, turn=Turn((say,), self.secret_field), number=number, ask_number=False)
        return replace(self, turn=Turn((), Verify(self.number, keys)))

    def _judged(self, verdict: Verdict) -> "Dialogue":
        if isinstance(verdict, Verified):
            return replace(self, turn=Turn((Prompt.VERIFIED,), HandOver(Result.VERIFIED, verdict.level)))
        tries = self.tries_left - 1
        if tries <= 0 or verdict.next is not Next.RETRY:
            return replace(self, turn=TO_A_PERSON, tries_left=tries)
        if self.number is None:
            return replace(self, turn=Turn((Prompt.REFUSED, Prompt.SECRET_AGAIN), self.secret_field), tries_left=tries)
        # The number may have been mistyped, and nobody may be told so: it is asked again, `#` keeps it.
        turn = Turn((Prompt.REFUSED, Prompt.NUMBER_AGAIN), NUMBER_AGAIN_FIELD)
        return replace(self, turn=turn, tries_left=tries, ask_number=True)


class Entry:
    """Keys of one `Collect` as they come in, for front ends that get them one by one. Shows its keys to nobody (B9)."""

    __slots__ = ("_collect", "_keys")

    def __init__(self, collect: Collect) -> None:
        self._collect = collect
        self._keys = ""

    @property
    def patience(self) -> float:
        """Seconds to wait for the next key; then `silent` says what that means."""
        return self._collect.pause if self._keys else self._collect.wait

    def press(self, key: str) -> Event | None:
        """Take one key; gives the event when the entry is finished. A key that no telephone has is read over."""
        if key == "*":
            return Star()
        if key == "#":
            return Entered(Secret(self._keys)) if self._keys or self._collect.empty else None
        if len(key) == 1 and key in "0123456789":
            self._keys += key
        return Entered(Secret(self._keys)) if len(self._keys) >= self._collect.most else None

    def silent(self) -> Event:
        """No further key came: what was typed is the entry."""
        return Entered(Secret(self._keys)) if self._keys else Silence()
