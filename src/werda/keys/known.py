"""What the database knows of a ring: for each key a canary and a state. A ring that does not fit is refused (B5).

A key is *added* (every process learns it, nobody writes under it), becomes *primary* (new values are made under it), is
*former* while values under it are made anew, and is *retired* when none is left. Only in this order, so that no process
ever meets a value under a key it has not got.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from werda.keys.ring import BadKeyRing, RingName


class KeyState(StrEnum):
    """Where a key is in its life. The words are stored."""

    ADDED = "added"
    PRIMARY = "primary"
    FORMER = "former"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key as the database knows it."""

    canary: bytes
    state: KeyState


Known = Mapping[int, KnownKey]


def check(name: RingName, primary: int, fits: Mapping[int, bool], known: Known) -> None:
    """Refuse a ring that lacks a key in use, has another under its number, or writes under one that is not in use.

    `fits` says of each key of the ring that the database knows whether it agrees with its canary.
    """
    if not known:
        raise BadKeyRing(f"the database knows no {name} key yet; run `werda setup`")
    for key_id, key in known.items():
        needed = key.state in (KeyState.PRIMARY, KeyState.FORMER)
        if not fits.get(key_id, not needed):
            raise BadKeyRing(
                f"the {name} key ring does not fit this database (key {key_id}); restore the ring that belongs to it"
            )
    if primary not in known or known[primary].state in (KeyState.ADDED, KeyState.RETIRED):
        state = known[primary].state if primary in known else "unknown"
        raise BadKeyRing(
            f"the {name} key ring writes under key {primary}, which is {state} in this database; copy here the ring"
            " that the other processes have, or run `werda keys rotate --step`"
        )
